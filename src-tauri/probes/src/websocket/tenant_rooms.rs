//! What is said in one tenant's room reaches nobody of another tenant.

use std::time::Duration;

use countersign_domain::finding::{Note, Outcome, Reason};
use serde_json::Value;
use tokio::time::Instant;

use super::door::Door;
use super::member::{Over, acknowledged, grants};
use super::reproduce;
use super::rooms::{Slots, arguments, room};
use super::setup::Params;
use super::tenants::{Meeting, Pair, QUIET, Tenant};
use crate::context::Context;
use crate::http::target;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// `websocket.tenant-rooms`
pub struct TenantRooms;

/// Who heard whom.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The room of tenant B, as it was asked for.
    pub room: String,
    /// What A's request to join it was acknowledged with.
    pub ack: Option<Value>,
    /// What B's own request was answered with, in words.
    pub joined: String,
    /// A's listener hears A's speaker in A's room.
    pub a_hears_a: bool,
    /// B's listener hears B's speaker in B's room.
    pub b_hears_b: bool,
    /// A's listener, which asked for B's room, hears B.
    pub a_hears_b: bool,
    /// A's speaker, which did not ask, hears B.
    pub bystander_hears_b: bool,
    /// B hears A.
    pub b_hears_a: bool,
    /// Why A's listener heard nothing more, if so.
    pub over: Option<Over>,
    /// Why the certificate was not trusted, when it was not.
    pub certificate: Option<Note>,
}

impl Probe for TenantRooms {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "websocket.tenant-rooms",
        rules: 1,
        claim: "What is said in a room of one tenant does not reach another tenant.",
        why: "A server that lets anybody join any room gives every tenant's live messages to whoever \
              knows or guesses a name.",
        how: "Opens two sockets each for two test tenants (secrets `AUTH_TOKEN` and \
              `OTHER_TENANT_TOKEN`, facts `tenant_a` and `tenant_b`), joins their own rooms on one \
              fresh random topic, then asks with A's token for B's room. B says a random text in its \
              room: B's second socket must hear it and A must not, for a second. The \
              acknowledgement is shown and counts for nothing. Facts: `websocket_join_event`, \
              `websocket_join_payload` (JSON with ${ROOM}, ${TENANT}, ${TOPIC}), \
              `websocket_emit_event`, `websocket_emit_payload` (with ${CANARY}), `websocket_room` \
              (tenant:${TENANT}:${TOPIC}), `websocket_topic`.",
        blind: "Messages that the server sends by itself, other events that join rooms, whether A may \
                speak into B's room, rooms of topics that were not asked for, and several instances \
                that do not tell each other what is said.",
        remedy: "Build the room's name on the server from the tenant in the token, never from what \
                 the client sends. An hour.",
        active: true,
    };

    fn expected(_: &Params) -> String {
        "tenant B's socket hears the text in B's room, tenant A's does not".to_owned()
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let Meeting { door, a, b, topic } = match Meeting::of(cx, params) {
            Ok(meeting) => meeting,
            Err((target, doubt)) => return Observation::new(target, Err(doubt)),
        };
        let mut transcript = Vec::new();
        let facts = look(cx, &door, &a, &b, &topic, &mut transcript).await;
        let reproduce = Some(commands(cx, &door, &b, &topic));
        Observation { target: target::shown(&door.url), facts, transcript, reproduce }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let ack = acknowledged(facts.ack.as_ref());
        let hears = |yes: bool| if yes { "hears" } else { "does not hear" };
        let seen = format!(
            "{}: A's request to join {ack}; A {} B, B {} itself, A {} itself in its own room",
            facts.room,
            hears(facts.a_hears_b),
            hears(facts.b_hears_b),
            hears(facts.a_hears_a),
        );
        let verdict = |outcome, summary: String| {
            Judgement::new(outcome, summary, expected.clone(), seen.clone())
                .notes(facts.certificate.clone())
        };
        let doubt = |why: String| {
            verdict(Outcome::Inconclusive(Reason::Unexpected), format!("Could not tell: {why}"))
        };
        if facts.a_hears_b {
            let forbidden = facts.ack.as_ref().is_some_and(|ack| !grants(ack));
            let but = if forbidden { ", though the request was not granted" } else { "" };
            let summary = format!("Tenant A hears what is said in {} of tenant B{but}", facts.room);
            return verdict(Outcome::Fail, summary);
        }
        if facts.bystander_hears_b || facts.b_hears_a {
            let summary = "What is said in a room reaches sockets of another tenant that did not \
                           even ask for it";
            return verdict(Outcome::Fail, summary.to_owned());
        }
        if let Some(Over::Blind(why)) = &facts.over {
            return doubt(format!("tenant A could not be listened to any more ({why})"));
        }
        if !facts.b_hears_b {
            let joined = &facts.joined;
            return doubt(format!(
                "tenant B does not hear itself either (its request to join was {joined}): do \
                 `websocket_join_event`, `websocket_join_payload`, `websocket_emit_event`, \
                 `websocket_emit_payload` and `websocket_room` fit?"
            ));
        }
        if !facts.a_hears_a {
            return doubt("tenant A hears nothing in its own room either".to_owned());
        }
        let summary = "Tenant A hears nothing of tenant B's room".to_owned();
        let judgement = verdict(Outcome::Pass, summary);
        if facts.ack.as_ref().is_some_and(grants) {
            let text = "The request to join the foreign room was acknowledged as granted, and \
                        nothing came";
            return judgement.note("foreign-join-acknowledged", text);
        }
        judgement
    }

    fn check(params: &Params) -> Result<(), String> {
        params.check()
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(60)
    }
}

async fn look(
    cx: &Context,
    door: &Door,
    a: &Tenant,
    b: &Tenant,
    topic: &str,
    lines: &mut Vec<String>,
) -> Result<Facts, Doubt> {
    let entered = tokio::join!(Pair::enter(cx, door, a, topic), Pair::enter(cx, door, b, topic));
    let (mut ours, mut theirs) = match entered {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (Err((doubt, why)), _) | (_, Err((doubt, why))) => {
            lines.extend(why);
            return Err(doubt);
        }
    };
    let params = &door.params;
    // A's own room first: a server may put A out for what comes next.
    let (said_by_a, a_hears_a) = ours.speak().await;
    let foreign = Slots::own(params, &b.id, topic, "");
    let ack =
        ours.listener.ask(&params.join_event, arguments(&params.join_payload, &foreign)).await;
    let (said_by_b, b_hears_b) = theirs.speak().await;
    let until = Instant::now() + QUIET;
    tokio::join!(
        ours.listener.listen(until, |member| member.has(&said_by_b)),
        ours.speaker.listen(until, |member| member.has(&said_by_b)),
        theirs.listener.listen(until, |member| member.has(&said_by_a)),
        theirs.speaker.listen(until, |member| member.has(&said_by_a))
    );
    let facts = Facts {
        room: room(params, &b.id, topic),
        ack,
        joined: theirs.joined.clone(),
        a_hears_a,
        b_hears_b,
        a_hears_b: ours.listener.has(&said_by_b),
        bystander_hears_b: ours.speaker.has(&said_by_b),
        b_hears_a: theirs.listener.has(&said_by_a) || theirs.speaker.has(&said_by_a),
        over: ours.listener.over(),
        certificate: ours.certificate(),
    };
    let (more, rest) = tokio::join!(ours.leave(), theirs.leave());
    lines.extend(more);
    lines.extend(rest);
    Ok(facts)
}

/// A in the background, asking for B's room; then B, which joins it and speaks.
fn commands(cx: &Context, door: &Door, b: &Tenant, topic: &str) -> String {
    let params = &door.params;
    let slots = Slots::own(params, &b.id, topic, "hello");
    let join = reproduce::event(door, &params.join_event, &arguments(&params.join_payload, &slots));
    let emit = reproduce::event(door, &params.emit_event, &arguments(&params.emit_payload, &slots));
    let listen = reproduce::talk(cx, door, &params.token, std::slice::from_ref(&join), 6);
    let speak = reproduce::talk(cx, door, &params.other_token, &[join, emit], 2);
    format!("{listen} & {speak}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn facts() -> Facts {
        Facts {
            room: "tenant:b:t".to_owned(),
            ack: Some(json!({ "ok": false })),
            joined: "acknowledged with {\"ok\":true}".to_owned(),
            a_hears_a: true,
            b_hears_b: true,
            a_hears_b: false,
            bystander_hears_b: false,
            b_hears_a: false,
            over: None,
            certificate: None,
        }
    }

    #[test]
    fn what_was_heard_decides_and_acknowledgements_do_not() {
        let unexpected = Outcome::Inconclusive(Reason::Unexpected);
        let put_out = || Some(Over::Ended("put out".to_owned()));
        for (case, facts, outcome, word) in [
            ("forbidden and silent", facts(), Outcome::Pass, "hears nothing"),
            ("never answered and silent", Facts { ack: None, ..facts() }, Outcome::Pass, "nothing"),
            ("put out for asking", Facts { over: put_out(), ..facts() }, Outcome::Pass, "nothing"),
            (
                "forbidden and heard all the same",
                Facts { a_hears_b: true, ..facts() },
                Outcome::Fail,
                "not granted",
            ),
            (
                "joined without a word",
                Facts { ack: None, a_hears_b: true, ..facts() },
                Outcome::Fail,
                "hears what is said",
            ),
            (
                "everybody hears everything",
                Facts { bystander_hears_b: true, ..facts() },
                Outcome::Fail,
                "did not even ask",
            ),
            ("B hears A", Facts { b_hears_a: true, ..facts() }, Outcome::Fail, "did not even ask"),
            ("nobody hears B", Facts { b_hears_b: false, ..facts() }, unexpected, "hear itself"),
            (
                "A hears nothing at all",
                Facts { a_hears_a: false, ..facts() },
                unexpected,
                "own room",
            ),
            (
                "A was flooded",
                Facts { over: Some(Over::Blind("flood".to_owned())), ..facts() },
                unexpected,
                "flood",
            ),
            (
                "a leak counts without a control",
                Facts { a_hears_b: true, b_hears_b: false, a_hears_a: false, ..facts() },
                Outcome::Fail,
                "hears what is said",
            ),
        ] {
            let judgement = TenantRooms::judge(&facts, &Params::default());
            assert_eq!(judgement.outcome, outcome, "{case}: {}", judgement.summary);
            assert!(judgement.summary.contains(word), "{case}: {}", judgement.summary);
            assert!(judgement.notes.is_empty(), "{case}");
        }
        let granted = Facts { ack: Some(json!({ "ok": true })), ..facts() };
        let judgement = TenantRooms::judge(&granted, &Params::default());
        assert_eq!(judgement.outcome, Outcome::Pass);
        assert_eq!(judgement.notes[0].code, "foreign-join-acknowledged");
    }
}
