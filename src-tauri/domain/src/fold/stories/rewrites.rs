//! Changes of the roster that come from behind: an admin who builds on an old event and dates
//! the new one early, and honest people who worked apart.

use chrono::Duration;

use super::Story;
use super::people::member;
use crate::event::Body;
use crate::fold::Fold;
use crate::member::Policy;
use crate::member::Role::{Admin, Auditor, Devops, Management, Security};
use crate::rewrite::{Rewrite, apart, rewrite};

/// What it would mean for `here` to take in `there`.
fn from(here: &Story, there: &Story) -> Option<&'static str> {
    let merged: &Fold = &here.merged(there).fold;
    rewrite(&here.fold, merged).map(|found| match found {
        Rewrite::Undone(_) => "undone",
        Rewrite::Unaware(_) => "unaware",
    })
}

/// Ada founded the project, half a minute before she enrolled the others.
fn early() -> Story {
    let founded = Story::new().found_with("ada", &[Admin], Policy::of_new_project());
    founded.wait(Duration::seconds(-50))
}

#[test]
fn a_puppet_who_is_dated_before_the_holder_undoes_the_holder() {
    let here = Story::guarded();
    let there = early().enroll("ada", "eve", &[Security]);
    let merged = here.merged(&there).expect_holders(Security, &["eve"]);
    assert_eq!(merged.refusals(), [("member-enrolled", "consent-missing")]);
    assert_eq!(from(&here, &there), Some("undone"));
    // Whoever let it in, or found it in the file, sees what was changed apart.
    let told = apart(&merged.fold);
    assert_eq!(told.len(), 4, "Eve, the refused Ana, Dan and Mia");
    assert_eq!(apart(&here.fold), []);
}

#[test]
fn a_puppet_who_undoes_nobody_is_seen_too() {
    let here = Story::guarded();
    let there = early()
        .enroll("ada", "ada", &[Admin, Security])
        .wait(Duration::seconds(-55))
        .enroll("ada", "eve", &[Security]);
    let merged = here.merged(&there).expect_holders(Security, &["ada", "ana", "eve"]);
    assert_eq!(merged.refusals(), []);
    assert_eq!(from(&here, &there), Some("unaware"));
}

#[test]
fn a_consent_from_behind_counts_no_more_than_a_decree() {
    // Bob was a second holder of security, and lost the role.
    let two = Story::guarded()
        .proposes_entry("ada", "bob", &[Security])
        .consents("ana", Security)
        .proposes_entry("ada", "eve", &[Security, Devops]);
    let behind = two.clone().consents("bob", Security);
    let here = two.wait(Duration::minutes(5)).consents("dan", Devops);
    assert_eq!(from(&here, &behind), None, "nothing was changed meanwhile");
    let proposal = here.project().proposals.keys().next().cloned();
    assert!(proposal.is_some());
    let gone = here.clone().enroll("ada", "otto", &[Auditor]);
    assert_eq!(from(&gone, &behind), Some("unaware"));
}

#[test]
fn whoever_knows_what_stands_here_changes_it() {
    let here = Story::guarded();
    let there = here.clone().enroll("ada", "otto", &[Auditor]).tick_nothing();
    assert_eq!(from(&here, &there), None);
    assert_eq!(from(&there, &here), None, "nothing new");
    let refused = here.clone().enroll("ada", "eve", &[Security]).expect_wanting("security");
    assert_eq!(from(&here, &refused), None, "what is refused changes nothing");
}

#[test]
fn two_who_consent_apart_are_no_rewriting() {
    let base = Story::guarded().proposes_entry("ada", "bob", &[Security, Management]);
    let ana = base.clone().consents("ana", Security);
    let mia = base.clone().wait(Duration::minutes(5)).consents("mia", Management);
    assert_eq!((from(&ana, &mia), from(&mia, &ana)), (None, None));
    ana.merged(&mia).expect_holders(Security, &["ana", "bob"]);
}

#[test]
fn two_admins_who_change_the_roster_apart_must_talk() {
    let base = Story::guarded().enroll("ada", "finn", &[Admin]);
    let ada = base.clone().enroll("ada", "otto", &[Auditor]);
    let finn = base.clone().wait(Duration::minutes(5)).enroll("finn", "eve", &[Auditor]);
    assert_eq!((from(&ada, &finn), from(&finn, &ada)), (Some("unaware"), Some("unaware")));
    // Once both are known, what builds on both is no news.
    let both = ada.merged(&finn);
    let next = both.clone().remove("ada", "otto");
    assert_eq!(from(&both, &next), None);
    assert_eq!((apart(&both.fold).len(), apart(&next.fold).len()), (2, 2));
    let ticked = ada.merged(&base.tick_nothing());
    assert_eq!(apart(&ticked.fold), [], "a fork, but not of the roster");
}

#[test]
fn a_lost_key_does_not_wait() {
    let base = Story::guarded();
    let changed = base.clone().enroll("ada", "otto", &[Auditor]);
    let lost = base.clone().wait(Duration::minutes(5)).revoke_key("ada", "ana");
    assert_eq!((from(&changed, &lost), from(&lost, &changed)), (None, None));
}

#[test]
fn where_an_admin_decides_alone_there_is_nothing_to_get_round() {
    let base = Story::team();
    let here = base.clone().enroll("ada", "finn", &[Security]);
    let there = base.wait(Duration::minutes(5)).enroll("ada", "eve", &[Security]);
    assert_eq!(from(&here, &there), None);
}

impl Story {
    /// An event that changes neither roster nor policy.
    fn tick_nothing(self) -> Self {
        let body = Body::AttemptRefused {
            release: None,
            action: "sign".into(),
            code: "none".into(),
            reason: format!("None by {}", member("dan", &[Management]).name),
        };
        self.act("dan", body)
    }
}
