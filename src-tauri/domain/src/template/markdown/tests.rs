//! Stories about checklists in Markdown.

use super::*;
use crate::id::ItemId;
use crate::template::{Loaded, MAX_BYTES, Phase, Severity, Template, Verify, built_in};

/// A condensed checklist with everything that people put into one.
const CHECKLIST: &str = r#"# ✅ Release checklist

**Before every release**

---

## 🚨 CRITICAL - Blockers

Nothing goes out without these.

### 1. Make the keys ⏱️ 2 minutes

```bash
# - [ ] not a box: code
openssl rand -hex 64
```

**Verification**:
- [ ] TOKEN_KEY has 128 characters (64 bytes)
- [x] `.keys` is in `.gitignore`

**Risk if skipped**: 🔴 **HIGH** - Anyone can forge a session

### 2. Guards (15 min)

**Files to check**:
- [ ] [orders.controller.ts](../src/orders.controller.ts)
  - Has `@UseGuards(TenantGuard)`
  - checks the owner
- [ ] [users.controller.ts](../src/users.controller.ts)
  ```ts
  @UseGuards(TenantGuard)
  ```

## ⚠️ HIGH PRIORITY - Strongly recommended

### 3. Cache ⏱️ 30-60 minutes
* [ ] Dangerous commands are off
  * [ ] FLUSHALL
  * [ ] CONFIG
* [ ] Bound to **one** address,
  and to no other

## 📋 RECOMMENDED

### 4. Transport
Estimated time: 1 hour

1. [ ] TLS 1.2 or higher
2. [ ] TLS 1.2 or higher

## 🧪 Testing
- [ ] Unit: all pass

## Way back
Ask the person on call.

## ✅ Final sign-off
**Authorised by**:
- [ ] Security

**Before it goes out**:
- [ ] The way back was tried

## 📈 Post-deployment monitoring
- [ ] Error rates
"#;

fn imported(text: &str) -> Imported {
    import(text, "release").unwrap_or_else(|error| panic!("{error}"))
}

fn open(_: &ItemId) -> BoxState {
    BoxState::Open
}

/// Section, severity, phase, minutes and titles.
fn shape(template: &Template) -> Vec<String> {
    let section = |s: &crate::template::Section| {
        let titles: Vec<_> = s.items.iter().map(|item| item.title.as_str()).collect();
        let phase = format!("{:?}", s.phase);
        format!(
            "{} / {} / {phase} / {:?} / {}",
            s.title,
            s.severity.code(),
            s.minutes,
            titles.join(" | ")
        )
    };
    template.sections.iter().map(section).collect()
}

#[test]
fn every_box_becomes_an_item_of_the_section_above_it() {
    let template = imported(CHECKLIST).template;
    assert_eq!(template.title, "Release checklist");
    assert_eq!(template.description, "**Before every release**");
    assert_eq!(
        shape(&template),
        [
            "Make the keys / critical / Before / Some((2, 2)) / TOKEN_KEY has 128 characters (64 bytes) | `.keys` is in `.gitignore`",
            "Guards / critical / Before / Some((15, 15)) / orders.controller.ts | users.controller.ts",
            "Cache / high / Before / Some((30, 60)) / Dangerous commands are off | FLUSHALL | CONFIG | Bound to one address, and to no other",
            "Transport / recommended / Before / Some((60, 60)) / TLS 1.2 or higher | TLS 1.2 or higher",
            "Testing / recommended / Tests / None / Unit: all pass",
            "Way back / recommended / Before / None / ",
            "Final sign-off / recommended / SignOff / None / Security | The way back was tried",
            "Post-deployment monitoring / recommended / Watch / None / Error rates",
        ]
    );
    assert!(template.items().all(|(_, item)| item.verify == Verify::Person));
}

#[test]
fn ids_are_made_of_the_titles_and_used_once() {
    let template = imported(CHECKLIST).template;
    let ids: Vec<_> = template.items().map(|(_, item)| item.id.as_str()).collect();
    assert_eq!(ids[0], "make-the-keys.token-key-has-128-characters-64-bytes");
    assert_eq!(ids[8..10], ["transport.tls-1-2-or-higher", "transport.tls-1-2-or-higher-2"]);
    let once: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(once.len(), ids.len());
}

#[test]
fn a_title_without_latin_letters_gets_a_number() {
    let template = imported("## Безопасность\n- [ ] Ключ\n- [ ] Пароль\n").template;
    let ids: Vec<_> = template.items().map(|(_, item)| item.id.as_str()).collect();
    assert_eq!(ids, ["section-1.item-1", "section-1.item-2"]);
}

#[test]
fn code_prose_and_nested_lines_are_kept_as_guidance() {
    let template = imported(CHECKLIST).template;
    let [keys, guards, cache, ..] = template.sections.as_slice() else { panic!("sections") };
    assert_eq!(
        keys.guidance,
        "Nothing goes out without these.\n\n```bash\n# - [ ] not a box: code\nopenssl rand -hex 64\n```"
    );
    assert_eq!(keys.risk, "HIGH - Anyone can forge a session");
    assert_eq!(guards.items[0].guidance, "- Has `@UseGuards(TenantGuard)`\n- checks the owner");
    assert_eq!(guards.items[1].guidance, "```ts\n@UseGuards(TenantGuard)\n```");
    assert_eq!(cache.items[0].guidance, "", "nested boxes are items, not guidance");
    let signoff = &template.sections[6];
    assert_eq!(signoff.items[0].guidance, "Authorised by");
    assert_eq!(signoff.items[1].guidance, "Before it goes out");
    assert_eq!(signoff.guidance, "");
    assert_eq!(template.sections[5].guidance, "Ask the person on call.");
}

#[test]
fn what_is_not_kept_is_said() {
    assert_eq!(
        imported(CHECKLIST).warnings,
        [
            "ticked boxes: 1, and a template keeps no ticks",
            "\"Way back\" has no boxes: its text is kept, without items",
        ]
    );
    let long = format!("- [ ] {}\n- [ ]\n", "word ".repeat(100));
    let long = imported(&long);
    assert_eq!(long.warnings.len(), 2, "{:?}", long.warnings);
    let titles: Vec<_> = long.template.items().map(|(_, item)| item.title.clone()).collect();
    assert_eq!((titles[0].chars().count(), titles[1].as_str()), (300, "Untitled"));
}

#[test]
fn a_risk_tells_the_severity_only_where_no_heading_does() {
    let text = "### Keys\n- [ ] a\n\nRisk if skipped: 🔴 **CRITICAL** - All is lost\n\n\
                ## High priority\n### Cache\n- [ ] b\n\nRisk if skipped: CRITICAL - Some is lost\n";
    let severities: Vec<_> =
        imported(text).template.sections.iter().map(|section| section.severity).collect();
    assert_eq!(severities, [Severity::Critical, Severity::High]);
}

#[test]
fn boxes_need_no_heading_and_underlined_headings_count() {
    let template = imported("+ [ ] first\n\n> - [ ] quoted\n").template;
    assert_eq!(template.title, "release");
    assert_eq!(shape(&template), ["Checklist / recommended / Before / None / first | quoted"]);
    let template = imported("Security of the API\n===\n- [ ] a\n").template;
    assert_eq!(template.title, "Security of the API");
    assert_eq!(template.sections[0].title, "Security of the API");
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    let windows = format!("\u{feff}{}", CHECKLIST.replace('\n', "\r\n"));
    assert_eq!(imported(&windows).template, imported(CHECKLIST).template);
}

#[test]
fn a_garbled_checklist_is_the_checklist_that_it_was() {
    let garbled = [
        ("✅", "âœ…"),
        ("🚨", "ðŸš¨"),
        ("⏱️", "â±ï¸"),
        ("🔴", "ðŸ”´"),
        ("⚠️", "âš\u{a0}ï¸"),
        ("📋", "ðŸ“‹"),
        ("🧪", "ðŸ§ª"),
        ("📈", "ðŸ“ˆ"),
    ]
    .iter()
    .fold(CHECKLIST.to_owned(), |text, (good, bad)| text.replace(good, bad));
    assert_ne!(garbled, CHECKLIST);
    let (good, bad) = (imported(CHECKLIST), imported(&garbled));
    assert_eq!((good.repaired, bad.repaired), (false, true));
    assert_eq!(bad.template, good.template);
}

#[test]
fn what_is_no_checklist_is_refused_with_the_cure() {
    let refusal = |text: &str, id: &str| import(text, id).expect_err("refused").to_string();
    assert!(refusal("# Title\n\n```\n- [ ] in code\n```\n", "a").contains("write each line"));
    assert!(refusal("", "a").contains("no boxes"));
    assert!(refusal("- [ ] a\n", "Not An Id").contains("\"Not An Id\" is not a item id"));
    let large = format!("- [ ] {}\n", "x".repeat(MAX_BYTES));
    assert_eq!(import(&large, "a"), Err(BadMarkdown::TooLarge(large.len())));
}

#[test]
fn an_imported_template_is_a_good_template_file() {
    let template = imported(CHECKLIST).template;
    let toml = template.to_toml().expect("it can be written");
    assert_eq!(Loaded::parse(&toml).expect("good").template, template);
}

#[test]
fn an_exported_checklist_reads_back_the_same() {
    let template = imported(CHECKLIST).template;
    let text = export(&template, &open);
    assert_eq!(imported(&text).template, template, "{text}");
}

#[test]
fn awkward_lines_read_back_the_same_after_an_export() {
    let text = "### 1. *Odd* `title` #1 <b> ⏱️ 5-10 minutes\n\
        - [ ] \\*stars\\* and \\_bars\\_ and &lt;tags&gt;\n\
        - [ ] `code` with [link](x) and ![picture](y) and <https://z.example>\n\
        - [ ] \\[x\\] not ticked\n\
        - [ ] 1\\. not a list\n\
        - [ ] ends with # hash #\n\
        - [ ] 5 * 3 and snake_case and `` two `ticks` ``\n\
        - [ ] # not a heading\n\n\
        ### 5 minutes\n- [ ] a\n\n    - indented\n\n\
        ### Unclosed\n- [ ] b\n\n```sh\necho - [ ] c\n";
    let template = imported(text).template;
    let items = |template: &Template| -> Vec<_> {
        template.items().map(|(_, item)| (item.id.clone(), item.title.clone())).collect()
    };
    assert_eq!(items(&template).len(), 9);
    assert_eq!(items(&template)[0].1, "*stars* and _bars_ and <tags>");
    let text = export(&template, &open);
    let again = imported(&text).template;
    assert_eq!(items(&again), items(&template), "{text}");
    assert_eq!(shape(&again), shape(&template), "{text}");
}

#[test]
fn boxes_are_drawn_in_their_state_with_their_note() {
    let template = imported("## Keys\n- [ ] a\n- [ ] b\n- [ ] c\n- [ ] d\n").template;
    let text = export(&template, &|id| match id.as_str() {
        "keys.a" => BoxState::Ticked,
        "keys.b" => BoxState::TickedWith("Ann\n- [ ] saw *it*".to_owned()),
        "keys.c" => BoxState::OpenWith("nothing answered".to_owned()),
        _ => BoxState::Open,
    });
    assert!(text.contains("- [x] a\n- [x] b\n\n  > Ann "), "{text}");
    assert!(text.contains("- [ ] c\n\n  > nothing answered\n- [ ] d\n"), "{text}");
    let again = imported(&text).template;
    assert_eq!(again.items().count(), 4, "a note is no box: {text}");
}

#[test]
fn the_built_in_checklist_exports_all_that_it_knows() {
    let text = built_in("production-security").expect("it is built in");
    let template = Loaded::parse(text).expect("good").template;
    let text = export(&template, &open);
    let lines = text.lines().filter(|line| line.starts_with("- [ ] ")).count();
    assert_eq!(lines, 65);
    for part in [
        "# Production security\n",
        "## 🚨 CRITICAL - before the release goes out\n",
        "### Secret store ⏱️ 30-60 minutes\n",
        "### Strong secrets ⏱️ 2 minutes\n",
        "**Risk if skipped**: A signed-in user of one tenant",
        "- Within 1 week: Finish a security audit",
        "kubectl rollout undo deployment/app-api",
        "- Security lead: security@example.com",
        "- Severity 2 (High): E-mail",
        "- Failed logins from one address: above 50 an hour from one address",
        "Next review 3 months after the deployment.",
    ] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
    let again = imported(&text).template;
    assert_eq!(again.items().count(), 65);
    let kept = |template: &Template| -> Vec<_> {
        let gating = template.sections.iter().filter(|section| !section.items.is_empty());
        gating.map(|s| (s.title.clone(), s.severity, s.minutes, s.items.len())).collect()
    };
    assert_eq!(kept(&again), kept(&template));
    let phases = again.sections.iter().filter(|s| s.phase == Phase::After).map(|s| s.items.len());
    assert_eq!(phases.sum::<usize>(), 5);
}

#[test]
fn guidance_cannot_add_boxes_or_headings_to_an_export() {
    let mut template = imported("## Keys\n- [ ] a\n").template;
    for hostile in
        ["- [ ] more", "# Top\n- [x] more", "```\nnever closed", "<!-- never closed", "````\n```"]
    {
        template.sections[0].guidance = hostile.to_owned();
        template.sections[0].items[0].guidance = hostile.to_owned();
        template.description = hostile.to_owned();
        let text = export(&template, &open);
        let again = imported(&text).template;
        assert_eq!(shape(&again), shape(&template), "{hostile:?} gave\n{text}");
    }
}

#[test]
fn documents_of_hostile_shapes_are_read_to_the_end() {
    let size = 1 << 17;
    let deep: String = (0..300).map(|depth| format!("{}- [ ] x\n", "  ".repeat(depth))).collect();
    for (body, boxes) in [
        ("- [ ] x\n".repeat(size / 8), 1 + size / 8),
        (deep, 301),
        ("- ".repeat(size / 2), 1),
        ("> ".repeat(size / 2), 1),
        ("[".repeat(size), 1),
        ("*a_".repeat(size / 3), 1),
        ("`".repeat(size), 1),
        ("# \n".repeat(size / 3), 1),
    ] {
        let template = imported(&format!("- [ ] x\n\n{body}")).template;
        assert_eq!(template.items().count(), boxes, "{}…", &body[..8]);
    }
}
