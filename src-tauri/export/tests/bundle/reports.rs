//! What people read: complete, escaped, the same each time.

use countersign_domain::template::markdown::import;

use crate::support::{HOSTILE_NAME, Story, good_bundle, journey, people, unpack};

fn text(name: &str) -> String {
    String::from_utf8(unpack(good_bundle())[name].clone()).expect("UTF-8")
}

/// What a browser would run or load, or a reader could not see.
const NEVER: [&str; 9] = [
    "<script",
    "<img",
    "onerror=alert",
    "javascript:",
    "\u{202e}",
    "\u{1b}",
    "<b>does",
    "http-equiv=\"refresh",
    "src=",
];

#[test]
fn hostile_text_is_shown_as_text_in_every_report() {
    let html = text("report.html");
    for never in
        NEVER.iter().filter(|never| !["onerror=alert", "javascript:", "src="].contains(never))
    {
        assert!(!html.contains(never), "{never:?} in report.html");
    }
    for shown in [
        "Eve &lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; ⟨U+202E⟩gnp",
        "&lt;/td&gt;&lt;img src=x onerror=alert(1)&gt; ⟨U+001B⟩[31mred",
        "&lt;b&gt;does not hold&lt;/b&gt;",
    ] {
        assert!(html.contains(shown), "{shown}");
    }
    for name in ["report.md", "checklist.md", "items.csv"] {
        let report = text(name);
        assert!(!report.contains(['\u{202e}', '\u{1b}']), "{name}");
    }
    let report = text("report.md");
    for never in ["<script", "<img", "](javascript:", "<b>"] {
        assert!(!report.contains(never), "{never:?} in report.md");
    }
}

/// Outside the texts of people the page has no address at all, so it can load nothing.
#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    let html = text("report.html");
    for never in ["<link", "<iframe", "@import", "url(", " href=", " src=\"", "<form", "<object"] {
        assert!(!html.contains(never), "{never}");
    }
    assert!(html.contains("default-src 'none'"));
    assert_eq!(html.matches("<article").count(), html.matches("</article>").count());
    assert_eq!(html.matches("<section").count(), html.matches("</section>").count());
    assert_eq!(html.matches("<table").count(), html.matches("</table>").count());
}

#[test]
fn each_signature_stands_in_full_on_the_page() {
    let html = text("report.html");
    let report = text("report.md");
    for (person, role) in
        [(&people().sam, "Security"), (&people().dev, "DevOps"), (&people().max, "Management")]
    {
        let meaning = format!("I reviewed what is shown and speak for {role} on this release.");
        let member = &person.member;
        for shown in
            [member.name.as_str(), member.email.as_str(), member.fingerprint.as_str(), &meaning]
        {
            assert!(html.contains(shown), "{shown} in report.html");
        }
        let email = member.email.replace('@', "&#64;");
        for shown in [member.name.as_str(), &email, member.fingerprint.as_str(), &meaning] {
            assert!(report.contains(shown), "{shown} in report.md");
        }
    }
    // The story's people sign five and a half hours behind UTC.
    let opened = "opened with its passphrase for this act";
    for page in [&html, &report] {
        assert!(page.matches("-05:30").count() >= 3 && page.matches(opened).count() >= 3, "{page}");
    }
    for shown in ["Digest signed", "Signature bytes", "Exceptions acknowledged", "UTC"] {
        assert!(html.contains(shown), "{shown}");
    }
    for head in journey().fold.heads() {
        assert!(html.contains(head.as_str()) && report.contains(head.as_str()));
    }
}

#[test]
fn every_item_is_one_row_of_the_csv_and_no_cell_is_a_formula() {
    let csv = text("items.csv");
    let ids = ["secrets.signing-key", "transport.tunnel", "watch.logins"];
    assert!(ids.iter().all(|id| csv.contains(id)));
    assert!(csv.contains("\"'=HYPERLINK(\"\"http://evil\"\")"), "{csv}");
    let rows = csv.matches("\r\n").count();
    assert_eq!(rows, 1 + 10, "a header and ten items");
    assert!(csv.starts_with("section,item,title,severity,"));
}

#[test]
fn the_checklist_has_its_boxes_ticked() {
    let checklist = text("checklist.md");
    let back = import(&checklist, "back").expect("a checklist");
    assert_eq!(back.template.items().count(), 10);
    for line in [
        "- [x] The database is reached through a tunnel",
        "- [x] HSTS for a year",
        "- [x] The signing key holds 64 random bytes",
        "covered by an approved exception",
    ] {
        assert!(checklist.contains(line), "{line} in\n{checklist}");
    }
    let mut open = Story::new();
    open.create();
    open.open();
    let checklist =
        String::from_utf8(unpack(&open.bundle())["checklist.md"].clone()).expect("text");
    assert!(checklist.contains("- [ ] The signing key holds 64 random bytes"), "{checklist}");
    assert!(checklist.contains("never checked"), "{checklist}");
    assert!(!checklist.contains("[x]"), "{checklist}");
}

#[test]
fn an_email_that_would_be_a_pattern_is_no_principal() {
    let signers = text("allowed_signers");
    assert!(HOSTILE_NAME.starts_with("Eve") && !signers.contains("eve*"));
    let eve = people().eve.member.fingerprint.as_str();
    assert!(signers.lines().any(|line| line.starts_with(eve)), "{signers}");
    assert_eq!(signers.lines().count(), 5, "the stranger is not among them");
}
