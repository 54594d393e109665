//! Keys that are replaced by their owners, lost or stolen: what they signed before stays,
//! and they sign nothing more.

use chrono::Duration;
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey};

use super::Story;
use super::people::member;
use super::story::{project_id, release_id};
use crate::event::Tick::Done;
use crate::event::{Body, Decision, ROTATION_NAMESPACE, rotation_statement};
use crate::gate::SignoffStanding::{Signed, Stale};
use crate::gate::Verdict::{Go, NoGo};
use crate::id::{Fingerprint, ProjectId};
use crate::member::Role::{self, Admin, Devops, Management, Security};
use crate::sshsig;

/// A key whose private half is at hand.
pub(super) struct New {
    key: PrivateKey,
    pub(super) print: Fingerprint,
    line: String,
}

pub(super) fn new(seed: u8) -> New {
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]));
    let line = key.public_key().to_openssh().expect("a line");
    New { key, print: sshsig::fingerprint(&line).expect("a fingerprint"), line }
}

pub(super) fn print_of(who: &str) -> Fingerprint {
    member(who, &[]).fingerprint
}

impl New {
    /// Takes the place of `old`, as it would be said in `project`.
    fn replaces_in(&self, project: &ProjectId, old: &Fingerprint) -> Body {
        let statement = rotation_statement(project, old, &self.print).expect("canonical");
        let proof = self.key.sign(ROTATION_NAMESPACE, HashAlg::Sha512, &statement).expect("sign");
        Body::KeyRotated {
            key: self.print.clone(),
            public_key: self.line.clone(),
            proof: proof.to_pem(LineEnding::LF).expect("armor"),
        }
    }

    fn replaces(&self, who: &str) -> Body {
        self.replaces_in(&project_id(), &print_of(who))
    }
}

impl Story {
    pub(super) fn rotates(self, who: &str, to: &New) -> Self {
        self.act(who, to.replaces(who))
    }

    /// Done with a key that is not among the cast.
    pub(super) fn act_with(self, key: &New, body: Body) -> Self {
        let mut envelope = self.envelope("dan", body);
        envelope.author = key.print.clone();
        self.take(envelope)
    }

    pub(super) fn revokes(self, by: &str, key: &Fingerprint, since: Option<Duration>) -> Self {
        let since = since.map(|ago| self.at - ago);
        let (member, reason) = (key.clone(), "The laptop was stolen".to_owned());
        self.act(by, Body::KeyRevoked { member, reason, since })
    }

    fn holds(&self, key: &Fingerprint, role: Role) -> bool {
        self.project().members.get(key).is_some_and(|known| known.holds(role))
    }
}

pub(super) fn ticks(note: &str) -> Body {
    let (release, item) = (release_id(), super::steps::item("backup"));
    Body::ItemAttested { release, item, tick: Done, note: note.into() }
}

#[test]
fn whoever_replaces_a_key_keeps_name_roles_and_signatures() {
    let key = new(1);
    let story = Story::signed().rotates("dan", &key).expect_gate(Go).expect_signoff(Devops, Signed);
    assert!(story.holds(&key.print, Devops) && !story.holds(&print_of("dan"), Devops));
    let known = &story.project().members[&key.print];
    assert_eq!((known.name.as_str(), known.email.as_str()), ("Dan DevOps", "dan@example.com"));
    let story = story.tick("docs", "dan").expect_refused("key-replaced");
    let story = story.act_with(&key, ticks("With the new key")).expect_gate(NoGo);
    let body = story.statement(Devops, Decision::Approve, "");
    let story = story.act_with(&key, body).expect_signoff(Devops, Signed);
    // A person stays one person, whatever the key.
    let body = story.statement(Security, Decision::Approve, "");
    story.act_with(&key, body).expect_refused("not-authorised");
}

#[test]
fn a_replaced_key_is_never_a_key_again() {
    let (one, two) = (new(1), new(2));
    let story = Story::team().rotates("dan", &one);
    let story = story.enroll("ada", "dan", &[Devops]).expect_refused("key-replaced");
    let old = member("dan", &[]);
    let back = Body::KeyRotated {
        key: old.fingerprint,
        public_key: old.public_key,
        proof: "no proof is looked at".into(),
    };
    let story = story.act_with(&one, back).expect_refused("key-replaced");
    let story = story.act_with(&one, two.replaces_in(&project_id(), &one.print));
    assert_eq!(story.project().first_key(&two.print), &print_of("dan"));
    assert_eq!(story.project().last_key(&print_of("dan")), &two.print);
    let story = story.act_with(&one, ticks("")).expect_refused("key-replaced");
    story.rotates("cleo", &two).expect_refused("key-taken");
}

#[test]
fn a_new_key_must_show_that_it_is_held_and_takes_this_place_in_this_project() {
    let (key, other) = (new(1), new(2));
    let elsewhere = ProjectId::parse("p2").expect("a project id");
    let Body::KeyRotated { proof: foreign, .. } = other.replaces("dan") else { panic!("rotated") };
    let claims = |public_key: &str, proof: &str| Body::KeyRotated {
        key: key.print.clone(),
        public_key: public_key.into(),
        proof: proof.into(),
    };
    for (body, code) in [
        (key.replaces_in(&elsewhere, &print_of("dan")), "key-proof"),
        (key.replaces("cleo"), "key-proof"),
        (claims(&key.line, &foreign), "key-proof"),
        (claims(&key.line, ""), "key-proof"),
        (claims(&other.line, &foreign), "key-mismatch"),
        (claims("ssh-ed25519 nonsense", ""), "key-mismatch"),
    ] {
        let story = Story::team().act("dan", body).expect_refused(code);
        assert!(story.holds(&print_of("dan"), Devops), "{code}");
    }
    let cleo = member("cleo", &[]);
    let taken = Body::KeyRotated {
        key: cleo.fingerprint,
        public_key: cleo.public_key,
        proof: String::new(),
    };
    Story::team().act("dan", taken).expect_refused("key-taken");
    Story::team().rotates("eve", &key).expect_refused("not-a-member");
}

#[test]
fn what_an_old_key_does_elsewhere_counts_until_it_is_replaced() {
    let base = Story::opened();
    let rotated = base.clone().wait(Duration::minutes(5)).rotates("dan", &new(1));
    let before = base.clone().tick("backup", "dan");
    let after = base.clone().wait(Duration::minutes(10)).tick("backup", "dan");
    assert_eq!(rotated.merged(&before).refusals(), []);
    assert_eq!(rotated.merged(&after).refusals(), [("item-attested", "key-replaced")]);
    let again = base.wait(Duration::minutes(10)).rotates("dan", &new(2));
    let merged = rotated.merged(&again);
    assert_eq!(merged.refusals(), [("key-rotated", "key-replaced")]);
    assert!(merged.holds(&new(1).print, Devops) && !merged.holds(&new(2).print, Devops));
}

#[test]
fn whoever_replaces_a_key_does_not_escape_what_an_admin_does_meanwhile() {
    let base = Story::team();
    let key = new(1);
    let rotated = base.clone().rotates("dan", &key);
    let later = base.wait(Duration::minutes(5));
    let removed = rotated.merged(&later.clone().remove("ada", "dan"));
    assert!(!removed.project().members.contains_key(&key.print), "removed by the old key");
    let fewer = rotated.merged(&later.clone().enroll("ada", "dan", &[Management]));
    assert!(fewer.holds(&key.print, Management) && !fewer.holds(&key.print, Devops));
    let revoked = rotated.merged(&later.revokes("ada", &print_of("dan"), None));
    assert!(!revoked.project().members.contains_key(&key.print), "nor a thief a revocation");
    revoked.act_with(&key, ticks("")).expect_refused("key-revoked");
}

#[test]
fn a_lost_key_signs_nothing_more_and_what_it_signed_stays() {
    let story = Story::signed().revokes("ada", &print_of("dan"), None);
    let story = story.expect_gate(Go).expect_signoff(Devops, Signed);
    let story = story.tick("docs", "dan").expect_refused("key-revoked");
    let story = story.enroll("ada", "dan", &[Devops]).expect_refused("key-revoked");
    story.rotates("dan", &new(1)).expect_refused("key-revoked");
}

#[test]
fn what_a_stolen_key_signed_since_must_be_renewed_and_nothing_else() {
    let words =
        |story: &Story| (story.at - Duration::minutes(2)).format("%Y-%m-%d %H:%M UTC").to_string();
    // Dan signed two minutes ago, Mia one, Ana three.
    let story = Story::signed();
    let since = words(&story);
    let story = story.revokes("ada", &print_of("dan"), Some(Duration::minutes(2)));
    let story = story.expect_signoff(Devops, Stale).expect_signoff(Security, Signed);
    let story = story.expect_signoff(Management, Signed).expect_change(
        Devops,
        "trust in the key",
        "",
        "its owner's alone",
        &format!("revoked, in doubt since {since}"),
    );
    story.expect_blockers(&[("devops", "signoff-stale")]).sign(Devops, "cleo").expect_gate(Go);
    let later = Story::signed().revokes("ada", &print_of("dan"), Some(Duration::zero()));
    later.expect_gate(Go).expect_signoff(Devops, Signed);
}

#[test]
fn the_doubt_reaches_back_to_the_keys_that_a_stolen_one_took_the_place_of() {
    let (one, two) = (new(1), new(2));
    let story = Story::signed().rotates("dan", &one);
    let story = story.act_with(&one, two.replaces_in(&project_id(), &one.print)).expect_gate(Go);
    let thief = story.clone().revokes("ada", &two.print, Some(Duration::hours(1)));
    thief.expect_signoff(Devops, Stale).expect_signoff(Management, Signed);
    // The owner was quicker than the thief: what the new key signs is the owner's.
    let story = story.clone().revokes("ada", &print_of("dan"), Some(Duration::hours(1)));
    let story = story.expect_signoff(Devops, Stale);
    assert!(story.holds(&two.print, Devops));
    let body = story.statement(Devops, Decision::Approve, "");
    story.act_with(&two, body).expect_gate(Go);
}

#[test]
fn a_signature_that_the_admin_did_not_know_of_is_in_doubt_whatever_its_date() {
    let base = Story::ready().sign(Security, "ana").sign(Management, "mia");
    let thief = base.clone().sign(Devops, "dan").expect_gate(Go);
    let later = base.wait(Duration::minutes(30));
    let since = Some(Duration::minutes(5));
    let merged = thief.merged(&later.clone().revokes("ada", &print_of("dan"), since));
    let merged = merged.expect_gate(NoGo).expect_signoff(Devops, Stale);
    merged.expect_signoff(Management, Signed);
    // Without a doubt, the date that it states counts.
    let lost = thief.merged(&later.revokes("ada", &print_of("dan"), None));
    lost.expect_gate(Go);
}

#[test]
fn what_went_out_stays_a_record_when_a_key_is_revoked_later() {
    let story = Story::signed().deploy("dan", "dan", "cleo");
    let story = story.revokes("ada", &print_of("dan"), Some(Duration::hours(1)));
    story.expect_signoff(Devops, Signed);
}

#[test]
fn only_an_admin_revokes_with_a_reason_and_never_the_last_one() {
    let (dan, ada) = (print_of("dan"), print_of("ada"));
    let empty = Body::KeyRevoked { member: dan.clone(), reason: " ".into(), since: None };
    Story::team()
        .revokes("mia", &dan, None)
        .expect_refused("not-authorised")
        .act("ada", empty)
        .expect_refused("text")
        .revokes("ada", &dan, Some(Duration::minutes(-9)))
        .expect_refused("doubt-ahead")
        .revokes("ada", &print_of("eve"), None)
        .expect_refused("unknown-member")
        .revokes("ada", &ada, None)
        .expect_refused("last-admin")
        .enroll("ada", "finn", &[Admin])
        .revokes("finn", &ada, None)
        .tick("docs", "ada")
        .expect_refused("key-revoked");
}

#[test]
fn of_two_doubts_the_earlier_holds() {
    let dan = print_of("dan");
    let story = Story::signed().revokes("ada", &dan, None).expect_gate(Go);
    let story = story.revokes("ada", &dan, Some(Duration::hours(1))).expect_gate(NoGo);
    let story = story.revokes("ada", &dan, Some(Duration::zero()));
    let revoked = story.project().retired[&dan].revoked.clone().expect("revoked");
    assert!(revoked.since.is_some_and(|since| since < story.at - Duration::minutes(30)));
}
