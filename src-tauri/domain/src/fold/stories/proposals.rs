//! Proposed changes: who decides, when they take effect, and how they end.

use super::Story;
use super::people::member;
use super::steps::policy;
use crate::consent::standing;
use crate::event::Verdict::{self as Says, Approve, Reject};
use crate::event::{Body, ProposedChange};
use crate::gate::SignoffStanding::{Signed, Stale};
use crate::gate::Verdict::{Go, Ready};
use crate::id::EventId;
use crate::member::ChangeRule::Roles;
use crate::member::Role::{self, Admin, Auditor, Devops, Management, Security};
use crate::state::Ending::{self, Made, Rejected, Withdrawn};

impl Story {
    pub(super) fn proposes(self, who: &str, change: ProposedChange) -> Self {
        self.act(who, Body::ChangeProposed { change, note: "A new colleague".into() })
    }

    pub(super) fn proposes_entry(self, by: &str, who: &str, roles: &[Role]) -> Self {
        self.proposes(by, ProposedChange::EnrollMember { member: member(who, roles) })
    }

    fn proposes_removal(self, by: &str, who: &str) -> Self {
        self.proposes(by, ProposedChange::RemoveMember { member: member(who, &[]).fingerprint })
    }

    /// Consents to what was proposed last.
    pub(super) fn consents(self, who: &str, role: Role) -> Self {
        self.rules(who, role, Approve)
    }

    fn rules(self, who: &str, role: Role, verdict: Says) -> Self {
        let proposal = self.proposal();
        let note = "Talked about it".to_owned();
        self.act(who, Body::ChangeDecided { proposal, role, verdict, note })
    }

    /// What was proposed last.
    fn proposal(&self) -> EventId {
        let proposed = |kind: &str| kind == "change-proposed";
        let mut last = self.events.iter().rev();
        let found = last.find(|event| proposed(event.envelope().body.kind()));
        found.expect("a proposal").id().clone()
    }

    pub(super) fn revoke_key(self, by: &str, who: &str) -> Self {
        let member = member(who, &[]).fingerprint;
        self.act(by, Body::KeyRevoked { member, reason: "Lost".into(), since: None })
    }

    #[track_caller]
    pub(super) fn expect_holders(self, role: Role, people: &[&str]) -> Self {
        let members = self.project().members.values();
        let found: Vec<_> =
            members.filter(|known| known.holds(role)).map(|known| known.name.clone()).collect();
        let mut expected: Vec<_> = people.iter().map(|who| member(who, &[])).collect();
        expected.sort_by(|one, other| one.fingerprint.cmp(&other.fingerprint));
        let expected: Vec<_> = expected.into_iter().map(|one| one.name).collect();
        assert_eq!(found, expected);
        self
    }

    /// What was proposed last waits for exactly these.
    #[track_caller]
    fn expect_waiting(self, roles: &[Role]) -> Self {
        let proposal = &self.project().proposals[&self.proposal()];
        assert_eq!(proposal.ended, None);
        let open = standing(self.project(), proposal);
        let open: Vec<_> =
            open.iter().filter(|(_, by)| by.is_none()).map(|(role, _)| *role).collect();
        assert_eq!(open, roles);
        self
    }

    #[track_caller]
    fn expect_ended(self, how: Ending) -> Self {
        let proposal = &self.project().proposals[&self.proposal()];
        assert_eq!(proposal.ended.as_ref().map(|ended| ended.how), Some(how));
        self
    }
}

#[test]
fn a_change_is_made_the_moment_every_role_has_consented() {
    Story::guarded()
        .proposes_entry("ada", "bob", &[Security, Devops])
        .expect_waiting(&[Security, Devops])
        .expect_holders(Security, &["ana"])
        .consents("ana", Security)
        .expect_waiting(&[Devops])
        .expect_holders(Security, &["ana"])
        .consents("dan", Devops)
        .expect_ended(Made)
        .expect_holders(Security, &["ana", "bob"])
        .expect_holders(Devops, &["bob", "dan"]);
}

#[test]
fn what_needs_nobody_else_is_made_when_it_is_proposed() {
    let story = Story::guarded().proposes_entry("ada", "otto", &[Auditor]).expect_ended(Made);
    story.expect_holders(Auditor, &["otto"]);
    Story::team().proposes_entry("ada", "finn", &[Security]).expect_ended(Made);
}

#[test]
fn only_holders_of_a_needed_role_decide_and_each_role_once() {
    Story::guarded()
        .proposes_entry("ada", "bob", &[Security, Management])
        .consents("dan", Devops)
        .expect_refused("role-not-concerned")
        .consents("dan", Security)
        .expect_refused("not-authorised")
        .consents("ada", Admin)
        .expect_refused("role-not-concerned")
        .consents("bob", Security)
        .expect_refused("not-a-member")
        .consents("ana", Security)
        .consents("ana", Security)
        .expect_refused("consent-given")
        .expect_waiting(&[Management]);
}

#[test]
fn the_proposers_signature_counts_for_the_roles_that_they_hold_and_no_others() {
    let founder = Story::new()
        .found_with("ada", &[Admin, Security], policy(&[Security, Devops], &[Security], Roles))
        .enroll("ada", "dan", &[Devops]);
    founder
        .proposes_entry("ada", "bob", &[Security, Devops])
        .expect_waiting(&[Devops])
        .consents("ada", Security)
        .expect_refused("consent-given")
        .consents("ada", Devops)
        .expect_refused("not-authorised")
        .consents("dan", Devops)
        .expect_ended(Made);
}

#[test]
fn nobody_decides_on_their_own_entry() {
    let two = Story::guarded()
        .proposes_entry("ada", "bob", &[Security])
        .consents("ana", Security)
        .proposes_removal("ada", "bob")
        .consents("bob", Security)
        .expect_refused("own-change")
        .rules("bob", Security, Reject)
        .expect_refused("own-change")
        .expect_waiting(&[Security]);
    two.consents("ana", Security).expect_ended(Made).expect_holders(Security, &["ana"]);
    // An admin who proposes it for themselves needs the others all the same.
    Story::guarded()
        .proposes_entry("ada", "ada", &[Admin, Security])
        .expect_waiting(&[Security])
        .consents("ana", Security)
        .expect_holders(Security, &["ada", "ana"]);
}

#[test]
fn one_refusal_ends_it() {
    Story::guarded()
        .proposes_entry("ada", "bob", &[Security, Devops])
        .consents("ana", Security)
        .rules("mia", Management, Reject)
        .expect_refused("role-not-concerned")
        .rules("dan", Devops, Reject)
        .expect_ended(Rejected)
        .consents("dan", Devops)
        .expect_refused("proposal-ended")
        .expect_holders(Security, &["ana"]);
}

#[test]
fn an_admin_takes_it_back() {
    let proposed = || Story::guarded().proposes_entry("ada", "bob", &[Security]);
    proposed()
        .rules("ada", Admin, Reject)
        .expect_ended(Withdrawn)
        .consents("ana", Security)
        .expect_refused("proposal-ended");
    proposed().enroll("ada", "finn", &[Admin]).rules("finn", Admin, Reject).expect_ended(Withdrawn);
    // Also where it is about themselves.
    let own = Story::guarded().proposes_entry("ada", "ada", &[Admin, Security]);
    own.rules("ada", Admin, Reject).expect_ended(Withdrawn);
}

#[test]
fn the_consent_of_somebody_who_left_the_role_does_not_count() {
    let two = Story::guarded().proposes_entry("ada", "bob", &[Security]).consents("ana", Security);
    let story = two.proposes_entry("ada", "finn", &[Security, Devops]).consents("bob", Security);
    let story = story.expect_waiting(&[Devops]).revoke_key("ada", "bob");
    story
        .expect_waiting(&[Security, Devops])
        .consents("dan", Devops)
        .expect_waiting(&[Security])
        .consents("ana", Security)
        .expect_ended(Made);
}

#[test]
fn a_proposal_of_somebody_who_is_no_admin_any_more_needs_one_who_is() {
    Story::guarded()
        .enroll("ada", "finn", &[Admin])
        .proposes_entry("finn", "bob", &[Security])
        .revoke_key("ada", "finn")
        .consents("ana", Security)
        .expect_waiting(&[Admin])
        .consents("ada", Admin)
        .expect_ended(Made);
}

#[test]
fn a_change_that_became_impossible_is_refused_at_the_last_consent_and_stays() {
    let story = Story::guarded()
        .proposes_entry("ada", "bob", &[Security])
        .consents("ana", Security)
        .proposes_removal("ada", "bob")
        .revoke_key("ada", "bob")
        .consents("ana", Security);
    let story = story.whatever_came();
    assert_eq!(story.refusals().last().map(|(_, code)| *code), Some("role-not-concerned"));
    let story = story.rules("ada", Admin, Reject).expect_ended(Withdrawn);
    // Finn's key is revoked between proposal and consent.
    let story = story.enroll("ada", "finn", &[Auditor]).proposes_entry("ada", "finn", &[Devops]);
    let story = story.revoke_key("ada", "finn").consents("dan", Devops);
    story.expect_refused("key-revoked").expect_waiting(&[Devops]);
}

#[test]
fn what_cannot_be_made_is_not_proposed() {
    let story = Story::guarded().proposes_removal("ada", "eve").expect_refused("unknown-member");
    let story = story.proposes_removal("ada", "ada").expect_refused("last-admin");
    let policy = policy(&[], &[Security], Roles);
    story.proposes("ada", ProposedChange::SetPolicy { policy }).expect_refused("policy");
    let unknown = Body::ChangeDecided {
        proposal: EventId::of(b"none"),
        role: Security,
        verdict: Approve,
        note: String::new(),
    };
    Story::guarded().act("ana", unknown).expect_refused("unknown-proposal");
}

#[test]
fn what_waits_changes_nothing_that_was_signed_and_what_is_made_does() {
    let story = Story::signed_by_three();
    let story = story.proposes_entry("ada", "bob", &[Security]).expect_gate(Go);
    let story = story.expect_signoff(Security, Signed).consents("ana", Security);
    story.expect_signoff(Security, Stale).expect_signoff(Management, Stale);
    Story::signed_by_three()
        .proposes_entry("ada", "bob", &[Security])
        .rules("ana", Security, Reject)
        .expect_gate(Go);
}

impl Story {
    /// A guarded project whose release each of the three has signed.
    fn signed_by_three() -> Self {
        let people = ["backup", "keys", "training", "audit-trail", "docs", "reviewed"];
        let probed = ["tls", "headers", "keys", "logs", "cache", "suite"];
        let story = Self::guarded().open("dan");
        let story = people.into_iter().fold(story, |story, item| story.tick(item, "dan"));
        story
            .pass(&probed)
            .expect_gate(Ready)
            .sign(Security, "ana")
            .sign(Devops, "dan")
            .sign(Management, "mia")
            .expect_gate(Go)
    }
}
