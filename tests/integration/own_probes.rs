//! The team's own probes: what the page about them shows can be used as it stands, what is
//! wrong in a template is told with its place, and Prometheus is the real one.
#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use countersign_domain::environment::{Environment, Targets};
use countersign_domain::finding::{Outcome, Reason};
use countersign_probes::context::Context;
use countersign_probes::registry;
use countersign_tests::{Prometheus, PrometheusOptions};
use countersign_workflow::{ProjectFile, template};
use serde_json::json;

/// A template without items, to which a sample of an item is added.
const HEAD: &str = "format = 1\nid = \"own\"\ntitle = \"Own\"\nversion = \"1\"\n[[section]]\n\
                    id = \"own\"\ntitle = \"Own\"\nseverity = \"high\"\nphase = \"before\"\n";

/// The families that a template's own probes come from.
const FAMILIES: &[&str] = &[
    "http.expect",
    "tcp.open",
    "tcp.closed",
    "dns.expect",
    "tls.expect",
    "file.expect",
    "promql.expect",
    "command.exit-zero",
];

#[test]
fn every_sample_of_the_page_about_own_probes_can_be_used() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/your-own-probes.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let samples: Vec<_> = page
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split_once("```").expect("the end of a sample").0)
        .collect();
    let mut used = Vec::new();
    for sample in &samples {
        if sample.starts_with("[project]") {
            let file = ProjectFile::parse(sample, Path::new("/srv"));
            file.unwrap_or_else(|error| panic!("{sample}\n{error}"));
            continue;
        }
        let whole = if sample.starts_with("format") {
            (*sample).to_owned()
        } else {
            format!("{HEAD}\n{sample}")
        };
        let loaded = template::load("the page", &whole)
            .unwrap_or_else(|failure| panic!("{sample}\n{failure}"));
        let items = loaded.template.items();
        used.extend(items.flat_map(|(_, item)| item.probes.iter().map(|probe| probe.name.clone())));
    }
    for family in FAMILIES {
        assert!(used.iter().any(|name| name == family), "{family} has no sample");
    }
}

#[test]
fn a_mistake_in_an_own_probe_is_told_with_its_line_and_column() {
    let sound = [
        ("http.expect", "path = \"/health\""),
        ("dns.expect", "type = \"A\""),
        ("tls.expect", "target = \"redis\""),
        ("file.expect", "path = \"Dockerfile\""),
        ("promql.expect", "query = \"up\""),
    ];
    let mut cases: Vec<(String, &str)> = Vec::new();
    for (probe, params) in sound {
        let with = |more: &str| format!("{{ use = \"{probe}\", {params}, {more} }}");
        cases.push((with("expect = [\"true\", \"1 ==\"]"), "`1 ==`"));
        cases.push((with("expect = [\"answer == 42\"]"), "`answer`"));
        cases.push((with("expect = []"), "`expect` holds 0"));
        cases.push((with("expect = \"true\""), "expected a sequence"));
        cases.push((with("expect = [\"true\"], colour = 1"), "`colour`"));
    }
    for (bad, word) in [
        ("{ use = \"tcp.open\", port = 70000 }", "70000"),
        ("{ use = \"tcp.open\", port = 0 }", "`port`"),
        ("{ use = \"tcp.open\", port = 1, host = \"a\", target = \"api\" }", "`target`"),
        ("{ use = \"tcp.open\" }", "`port`"),
        ("{ use = \"tcp.closed\", port = 1, filtered_is_closed = true }", "`control_port`"),
        ("{ use = \"tcp.closed\", port = 1, target = \"cache\" }", "cache"),
        ("{ use = \"tcp.closed\", port = 1, colour = 1 }", "`colour`"),
        ("{ use = \"dns.expect\", type = \"ANY\", expect = [\"true\"] }", "ANY"),
        ("{ use = \"dns.expect\", type = \"A\", name = \"a b\", expect = [\"true\"] }", "`name`"),
        ("{ use = \"file.expect\", path = \"../.env\", expect = [\"exists\"] }", "`path`"),
        ("{ use = \"file.expect\", path = \"/etc/passwd\", expect = [\"exists\"] }", "`path`"),
        ("{ use = \"promql.expect\", query = \" \", expect = [\"true\"] }", "`query`"),
        ("{ use = \"file.expects\", path = \"a\", expect = [\"true\"] }", "`file.expects`"),
    ] {
        cases.push((bad.to_owned(), word));
    }
    for (bad, word) in cases {
        let text = format!(
            "{HEAD}[[section.item]]\nid = \"own.a\"\ntitle = \"A\"\nverify = \"probe\"\n\
             probes = [\n    {{ use = \"git.env-ignored\" }},\n    {bad},\n]\n"
        );
        let failure = template::load("own.toml", &text).expect_err(&bad).to_string();
        assert!(failure.contains("line 16, column 5"), "{bad}: {failure}");
        assert!(failure.contains("\"own.a\"") && failure.contains(word), "{bad}: {failure}");
    }
}

#[tokio::test]
async fn the_real_prometheus_is_asked() -> Result<()> {
    let prometheus =
        tokio::task::spawn_blocking(|| Prometheus::start(&PrometheusOptions::default()))
            .await?
            .context("Prometheus")?;
    let environment = Environment {
        name: "test".to_owned(),
        production: false,
        demo: false,
        targets: Targets { metrics: Some(prometheus.url()), ..Targets::default() },
        secrets: BTreeMap::new(),
        facts: BTreeMap::new(),
    };
    let clock = Arc::new(|| std::time::SystemTime::now().into());
    let ask = async |query: &str, expect: &str| {
        let cx = Context::new(environment.clone(), BTreeMap::new(), clock.clone(), PathBuf::new());
        let params = json!({"query": query, "expect": [expect]});
        let probe = registry::find("promql.expect").expect("a known probe");
        probe.run(&cx, params.as_object().expect("a map")).await
    };
    let unexpected = Outcome::Inconclusive(Reason::Unexpected);
    for (case, query, expect, outcome) in [
        ("itself", "up", "value == 1 && count == 1", Outcome::Pass),
        ("a label", "up", "series[0].labels.job == 'itself'", Outcome::Pass),
        ("a number that is not so", "up", "value == 0", Outcome::Fail),
        ("a sum", "sum(prometheus_build_info)", "value > 0.5 && value < 1.5", Outcome::Pass),
        ("a scalar", "scalar(up)", "value == 1", Outcome::Pass),
        ("a series that is not there", "up{job='other'}", "value == 0", unexpected),
        ("counted", "up{job='other'}", "count == 0", Outcome::Pass),
        ("what 0 means, said", "sum(up{job='other'}) or vector(0)", "value == 0", Outcome::Pass),
        ("nothing by nothing", "vector(0) / vector(0)", "value < 1", unexpected),
        ("something by nothing", "vector(1) / vector(0)", "value < 1", Outcome::Fail),
        ("a range", "up[1m]", "count > 0", unexpected),
        ("a text", "'up'", "count > 0", unexpected),
        ("no query", "sum(", "count == 0", unexpected),
    ] {
        let finding = ask(query, expect).await;
        assert_eq!(finding.outcome, outcome, "{case}: {finding:?}");
    }
    drop(prometheus);
    let gone = ask("up", "count == 0").await;
    assert_eq!(gone.outcome, Outcome::Inconclusive(Reason::Unreachable), "{gone:?}");
    Ok(())
}
