//! Template files made to break the reader: whatever stands in them, they are read or
//! refused with a place inside the file, and never end the program.

use countersign_domain::template::{BUILT_IN, Loaded, place_of};
use countersign_probes::registry;
use proptest::prelude::*;

/// Reads a template as a team's file is read: its shape, then each probe's parameters.
fn load(text: &str) {
    let lines = text.lines().count() + 1;
    match Loaded::parse(text) {
        Err(bad) => {
            assert!((1..=lines).contains(&bad.line), "{bad} in {lines} lines");
            assert!(bad.column >= 1 && !bad.message.is_empty(), "{bad}");
        }
        Ok(loaded) => {
            let items = loaded.template.items().map(|(_, item)| item);
            let uses: Vec<_> = items.filter(|item| !item.probes.is_empty()).collect();
            for probe in uses.iter().flat_map(|item| &item.probes) {
                let _ = registry::check_use(probe);
            }
            if let Some(last) = uses.last() {
                let at = place_of(text, &last.id, last.probes.len() - 1);
                assert!(at.is_some_and(|(line, _)| line <= lines), "{at:?} in {lines} lines");
            }
        }
    }
}

/// A template whose one item uses `probe` with these parameters.
fn with(probe: &str) -> String {
    format!(
        "format = 1\nid = \"own\"\ntitle = \"Own\"\nversion = \"1\"\n\n[[section]]\nid = \"own\"\n\
         title = \"Own\"\nseverity = \"high\"\nphase = \"before\"\n\n[[section.item]]\nid = \"own.one\"\n\
         title = \"One\"\nverify = \"probe\"\nfreshness_hours = 24\nprobes = [{probe}]\n"
    )
}

/// Pieces that a template is made of, and some that it is not.
const PIECES: &[&str] = &[
    "[[section]]\n",
    "[[section.item]]\n",
    "[section.item]\n",
    "[watch]\n",
    "[[watch.signal]]\n",
    "format = 1\n",
    "format = 99999999999999999999\n",
    "id = \"a.b\"\n",
    "id = \"\"\n",
    "title = \"T\"\n",
    "title = '''\n",
    "verify = \"probe\"\n",
    "verify = \"computed\"\n",
    "probes = [{ use = \"http.expect\", expect = [\"status == 200\"] }]\n",
    "probes = [{}]\n",
    "probes = [[]]\n",
    "computed = { sections = [\"a\"] }\n",
    "severity = \"high\"\n",
    "phase = \"watch\"\n",
    "minutes = [1, 2]\n",
    "controls = [\"soc2:CC6.1\"]\n",
    "= = =\n",
    "\"\\u0000\" = 1\n",
    "a.b.c.d = { e = [1, 2.5, 1979-05-27] }\n",
    "\u{feff}",
    "\r\n",
    "é𝄞\u{202e}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        load(&text);
    }

    #[test]
    fn any_order_of_pieces_is_read_or_refused(
        order in prop::collection::vec(0..PIECES.len(), 0..40)
    ) {
        load(&order.into_iter().map(|piece| PIECES[piece]).collect::<String>());
    }

    #[test]
    fn a_broken_copy_of_the_built_in_one_is_read_or_refused(
        from in 0_usize..60_000, length in 0_usize..400, put in "[a-z\\[\\]{}=\"'\\n é]{0,12}"
    ) {
        let whole = BUILT_IN[0].1;
        let cut = |at: usize| {
            let at = at.min(whole.len());
            (0..=at).rev().find(|at| whole.is_char_boundary(*at)).expect("0 is a boundary")
        };
        let (start, end) = (cut(from), cut(from + length));
        load(&format!("{}{put}{}", &whole[..start], &whole[end..]));
    }

    #[test]
    fn any_condition_and_any_parameter_is_read_or_refused(
        family in 0_usize..6, condition in "[a-z0-9 ().<>=!&|'\\[\\],+*-]{0,80}", name in "[a-z_]{1,12}",
        number in any::<i64>()
    ) {
        let families =
            ["http.expect", "dns.expect", "file.expect", "promql.expect", "tls.expect", "tcp.closed"];
        let condition = condition.replace('\\', "");
        let probe = format!(
            "{{ use = \"{}\", {name} = {number}, expect = [\"{condition}\"] }}", families[family]
        );
        load(&with(&probe));
    }
}

#[test]
fn deep_and_large_files_are_refused_in_time() {
    let started = std::time::Instant::now();
    for text in [
        "[".repeat(200_000),
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}", "{ a = ".repeat(50_000)),
        "a.".repeat(100_000),
        format!("format = 1\n{}", "# x\n".repeat(300_000)),
        with(&format!("{{ use = \"http.expect\", expect = [{}] }}", "\"true\",".repeat(5_000))),
        with(&format!("{{ use = \"http.expect\", expect = [\"{}\"] }}", "(".repeat(900))),
    ] {
        load(&text);
    }
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
}
