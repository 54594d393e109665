//! Rooms belong to a tenant by their name, and the server holds to it however the name is
//! spelt.

use std::time::Duration;

use countersign_domain::finding::{Note, Outcome, Reason};
use serde_json::Value;
use tokio::time::Instant;

use super::door::Door;
use super::member::{Member, Over, acknowledged};
use super::reproduce;
use super::rooms::{self, Slots, Trick, arguments, names_rooms};
use super::setup::Params;
use super::tenants::{Meeting, Pair, QUIET, Tenant};
use crate::context::Context;
use crate::http::target;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// Tricks tried at a time: with the other tenant's two sockets, as many as one host sees of
/// us.
const AT_ONCE: usize = 2;

/// `websocket.room-names`
pub struct RoomNames;

/// One way of asking, and what came of it.
#[derive(Debug, Clone)]
pub struct Try {
    /// The way.
    pub trick: Trick,
    /// What it was acknowledged with, in words.
    pub ack: String,
    /// Whether tenant B was heard.
    pub heard: bool,
    /// Whether B's own listener heard the same text.
    pub control: bool,
    /// Why nothing more was heard, if so.
    pub over: Option<Over>,
}

/// What every way came to.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What the rooms are about.
    pub topic: String,
    /// The ways, in order.
    pub tries: Vec<Try>,
    /// Both tenants asked for the same bare topic: whether A heard what B said there.
    /// Nothing where the names are the server's anyway, or nobody hears even itself.
    pub met: Option<bool>,
    /// Whether A hears itself in its own room.
    pub a_hears_a: bool,
    /// What B's request for its own room was answered with, in words.
    pub joined: String,
    /// Whether the names of rooms on the wire hold the tenant's id.
    pub names_show_tenant: bool,
    /// Why the certificate was not trusted, when it was not.
    pub certificate: Option<Note>,
}

impl Probe for RoomNames {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "websocket.room-names",
        rules: 1,
        claim: "Rooms carry the tenant in their name, and no spelling of a name leads into another \
                tenant's room.",
        why: "A name without the tenant is shared by all of them; a check of the beginning, of the \
              case or of a text that may be a list is passed by a name made for it.",
        how: "With tenant A's token, asks for tenant B's room in about nine spellings (B's name, the \
              topic alone, `../`, B's name behind A's, a comma, a list, capital letters, blanks, a \
              star), one socket each, two at a time. Each time B says a random text in its room: B's \
              second socket must hear it and A's must not, for a second. Then both ask for the same \
              bare topic, and must not meet there. Needs what `websocket.tenant-rooms` needs.",
        blind: "Spellings that were not tried, other events that join rooms, names that the server gives \
                by itself, and several instances that do not tell each other what is said.",
        remedy: "Take a topic from the client, check it against a pattern (`^[a-z0-9-]{1,40}$`, and \
                 that it is a text), and put the tenant of the token in front of it on the server. \
                 An hour.",
        active: true,
    };

    fn expected(_: &Params) -> String {
        "tenant B hears itself, tenant A never hears B, whatever name A asks for".to_owned()
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let Meeting { door, a, b, topic } = match Meeting::of(cx, params) {
            Ok(meeting) => meeting,
            Err((target, doubt)) => return Observation::new(target, Err(doubt)),
        };
        let mut look = Look { cx, door: &door, topic: &topic, lines: Vec::new() };
        let facts = look.all(&a, &b).await;
        let reproduce = Some(command(cx, &door, &a, &b, &topic));
        Observation { target: target::shown(&door.url), facts, transcript: look.lines, reproduce }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let seen =
            facts.tries.iter().map(|one| shown(one, &facts.topic)).chain(facts.met.map(|met| {
                format!("both on the bare topic: {}", if met { "A hears B" } else { "apart" })
            }));
        let seen = seen.collect::<Vec<_>>().join("; ");
        let seen = format!("on the topic {} (T): {seen}", facts.topic);
        let verdict = |outcome, summary: String| {
            Judgement::new(outcome, summary, expected.clone(), seen.clone())
                .notes(facts.certificate.clone())
        };
        let doubt = |why: String| {
            verdict(Outcome::Inconclusive(Reason::Unexpected), format!("Could not tell: {why}"))
        };
        let heard: Vec<_> =
            facts.tries.iter().filter(|one| one.heard).map(|one| one.trick.what).collect();
        if !heard.is_empty() {
            let summary = format!("Tenant A gets into tenant B's room by {}", heard.join("; "));
            return verdict(Outcome::Fail, summary);
        }
        if facts.met == Some(true) {
            let summary = "Two tenants that ask for the same topic meet in one room: its name does \
                           not carry the tenant";
            return verdict(Outcome::Fail, summary.to_owned());
        }
        let blind = facts.tries.iter().find_map(|one| match &one.over {
            Some(Over::Blind(why)) => Some((one.trick.what, why)),
            _ => None,
        });
        if let Some((what, why)) = blind {
            return doubt(format!("after {what}, A could not be listened to any more ({why})"));
        }
        if !facts.a_hears_a {
            return doubt("tenant A hears nothing in its own room either".to_owned());
        }
        if facts.tries.is_empty() || facts.tries.iter().any(|one| !one.control) {
            let joined = &facts.joined;
            return doubt(format!(
                "tenant B does not hear itself either (its request to join was {joined}): do the \
                 `websocket_…` facts about joining and speaking fit?"
            ));
        }
        let count = facts.tries.len();
        let summary = format!("{count} spellings tried, and none leads to tenant B");
        let judgement = verdict(Outcome::Pass, summary);
        if facts.names_show_tenant {
            return judgement;
        }
        let text = "The server builds the names, which do not show on the wire; tenants with the \
                    same topic stay apart";
        judgement.note("room-names-not-shown", text)
    }

    fn check(params: &Params) -> Result<(), String> {
        params.check()
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(90)
    }
}

fn shown(one: &Try, topic: &str) -> String {
    let heard = if one.heard { "B is heard" } else { "silent" };
    let text = format!("{} {}: {heard}, {}", one.trick.what, one.trick.asked, one.ack);
    // The topic is long, and in every name.
    text.replace(topic, "T").replace(&topic.to_uppercase(), "T")
}

struct Look<'a> {
    cx: &'a Context,
    door: &'a Door,
    topic: &'a str,
    lines: Vec<String>,
}

impl<'a> Look<'a> {
    async fn all(&mut self, a: &Tenant, b: &Tenant) -> Result<Facts, Doubt> {
        let (door, params) = (self.door, &self.door.params);
        let (mut a_hears_a, certificate) = self.control(a).await?;
        let theirs = Pair::enter(self.cx, door, b, self.topic).await;
        let mut theirs = self.entered(theirs)?;
        let mut tries: Vec<Try> = Vec::new();
        let tricks = rooms::tricks(params, &a.id, &b.id, self.topic);
        // Where nobody hears even the own room, silence shows nothing, and more of it neither.
        let deaf = |tries: &[Try]| !a_hears_a || tries.iter().any(|one| !one.control);
        for tricks in tricks.chunks(AT_ONCE) {
            if !deaf(&tries) {
                tries.extend(self.together(tricks, a, b, &mut theirs).await?);
            }
        }
        let meets = names_rooms(params) && !deaf(&tries);
        let met = if meets { Some(self.meet(a, &mut theirs).await?) } else { None };
        let joined = theirs.joined.clone();
        self.lines.extend(theirs.leave().await);
        // Put out for a spelling, or for so many connections: A's own room tells.
        if tries.iter().any(|one| one.over.is_some()) {
            a_hears_a &= self.control(a).await?.0;
        }
        let names_show_tenant = names_rooms(params) && params.room.contains("${TENANT}");
        let topic = self.topic.to_owned();
        Ok(Facts { topic, tries, met, a_hears_a, joined, names_show_tenant, certificate })
    }

    /// Whether A hears itself in its own room.
    async fn control(&mut self, a: &Tenant) -> Result<(bool, Option<Note>), Doubt> {
        let ours = Pair::enter(self.cx, self.door, a, self.topic).await;
        let mut ours = self.entered(ours)?;
        let (_, heard) = ours.speak().await;
        let certificate = ours.certificate();
        self.lines.extend(ours.leave().await);
        Ok((heard, certificate))
    }

    fn entered<T>(&mut self, result: Result<T, (Doubt, Vec<String>)>) -> Result<T, Doubt> {
        result.map_err(|(doubt, lines)| {
            self.lines.extend(lines);
            doubt
        })
    }

    /// Some tricks at a time, each on a socket of its own, because a server may put out
    /// whoever tries one.
    async fn together(
        &mut self,
        tricks: &[Trick],
        a: &Tenant,
        b: &Tenant,
        theirs: &mut Pair<'_>,
    ) -> Result<Vec<Try>, Doubt> {
        let (door, topic) = (self.door, self.topic);
        let params = &door.params;
        let entering = tricks.iter().map(|_| Member::enter(self.cx, door, &a.token, a.name));
        let mut members = Vec::new();
        for entered in futures::future::join_all(entering).await {
            members.push(self.entered(entered)?);
        }
        let asking = members.iter_mut().zip(tricks).map(|(member, trick)| {
            let slots = Slots::asking(params, &b.id, topic, &trick.asked);
            member.ask(&params.join_event, arguments(&params.join_payload, &slots))
        });
        let acks = futures::future::join_all(asking).await;
        let (canary, control) = theirs.speak().await;
        let until = Instant::now() + QUIET;
        let listening =
            members.iter_mut().map(|member| member.listen(until, |own| own.has(&canary)));
        futures::future::join_all(listening).await;
        let mut tries = Vec::new();
        for ((member, trick), ack) in members.into_iter().zip(tricks).zip(acks) {
            tries.push(Try {
                trick: trick.clone(),
                ack: acknowledged(ack.as_ref()),
                heard: member.has(&canary),
                control,
                over: member.over(),
            });
            self.lines.extend(member.leave().await);
        }
        Ok(tries)
    }

    /// Both tenants ask for the same bare topic, and B speaks there.
    async fn meet(&mut self, a: &Tenant, theirs: &mut Pair<'_>) -> Result<bool, Doubt> {
        let params = &self.door.params;
        let entered = Member::enter(self.cx, self.door, &a.token, a.name).await;
        let mut member = self.entered(entered)?;
        let bare = Value::from(self.topic);
        let slots = Slots::asking(params, &a.id, self.topic, &bare);
        member.ask(&params.join_event, arguments(&params.join_payload, &slots)).await;
        let canary = theirs.speak_in(&bare).await;
        member.listen(Instant::now() + QUIET, |own| own.has(&canary)).await;
        let (met, over) = (member.has(&canary), member.over());
        self.lines.extend(member.leave().await);
        match over {
            Some(Over::Blind(why)) if !met => Err(Doubt::new(Reason::Unexpected, why)),
            _ => Ok(met),
        }
    }
}

/// Tenant A, asking for every spelling on one socket.
fn command(cx: &Context, door: &Door, a: &Tenant, b: &Tenant, topic: &str) -> String {
    let params = &door.params;
    let lines: Vec<_> = rooms::tricks(params, &a.id, &b.id, topic)
        .iter()
        .map(|trick| {
            let slots = Slots::asking(params, &b.id, topic, &trick.asked);
            let arguments = arguments(&params.join_payload, &slots);
            reproduce::event(door, &params.join_event, &arguments)
        })
        .collect();
    reproduce::talk(cx, door, &params.token, &lines, 30)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(what: &'static str) -> Try {
        let trick = Trick { what, asked: json!(what) };
        let ack = "not acknowledged".to_owned();
        Try { trick, ack, heard: false, control: true, over: None }
    }

    fn facts(tries: Vec<Try>) -> Facts {
        Facts {
            topic: "countersign-1".to_owned(),
            tries,
            met: Some(false),
            a_hears_a: true,
            joined: "not acknowledged".to_owned(),
            names_show_tenant: true,
            certificate: None,
        }
    }

    #[test]
    fn one_spelling_that_works_is_enough_and_silence_needs_its_control() {
        let unexpected = Outcome::Inconclusive(Reason::Unexpected);
        let blind = Some(Over::Blind("a flood".to_owned()));
        let put_out = Some(Over::Ended("put out".to_owned()));
        let two = || vec![one("a list"), one("capital letters")];
        for (case, facts, outcome, word) in [
            ("none works", facts(two()), Outcome::Pass, "2 spellings"),
            (
                "one works",
                facts(vec![Try { heard: true, ..one("a list") }, one("capitals")]),
                Outcome::Fail,
                "by a list",
            ),
            (
                "one works although nobody else heard",
                facts(vec![Try { heard: true, control: false, ..one("a list") }]),
                Outcome::Fail,
                "by a list",
            ),
            ("they meet", Facts { met: Some(true), ..facts(two()) }, Outcome::Fail, "meet"),
            (
                "put out for asking",
                facts(vec![Try { over: put_out, ..one("a list") }]),
                Outcome::Pass,
                "1 spellings",
            ),
            ("flooded", facts(vec![Try { over: blind, ..one("a list") }]), unexpected, "a flood"),
            (
                "the control failed once",
                facts(vec![one("a list"), Try { control: false, ..one("capitals") }]),
                unexpected,
                "hear itself",
            ),
            ("nothing tried", facts(vec![]), unexpected, "hear itself"),
            ("A is deaf", Facts { a_hears_a: false, ..facts(two()) }, unexpected, "own room"),
        ] {
            let judgement = RoomNames::judge(&facts, &Params::default());
            assert_eq!(judgement.outcome, outcome, "{case}: {}", judgement.summary);
            assert!(judgement.summary.contains(word), "{case}: {}", judgement.summary);
        }
        let hidden = Facts { names_show_tenant: false, met: None, ..facts(two()) };
        let judgement = RoomNames::judge(&hidden, &Params::default());
        assert_eq!(judgement.notes[0].code, "room-names-not-shown");
    }
}
