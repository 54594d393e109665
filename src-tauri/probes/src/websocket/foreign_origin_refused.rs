//! A page of a foreign origin gets no socket. CORS does not hold here: browsers open sockets
//! to anybody and leave it to the server to look at `Origin`.

use std::time::Duration;

use countersign_domain::finding::{Note, Outcome, Reason};
use url::Url;

use super::admission::{Admission, Refusal};
use super::door::{Caller, Door};
use super::knock::{Knocked, knock};
use super::reproduce;
use super::setup::Params;
use crate::context::Context;
use crate::cors::origins::{self, Trick};
use crate::http::target;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// `websocket.foreign-origin-refused`
pub struct ForeignOriginRefused;

/// What one origin got.
#[derive(Debug, Clone)]
pub struct Try {
    /// The origin, and the mistake that its success would show.
    pub trick: Trick,
    /// How far it got.
    pub got: Got,
}

/// How far a connection got.
#[derive(Debug, Clone)]
pub struct Got {
    /// Whether the handshake was answered with 101.
    pub upgraded: bool,
    /// Whether the caller was let in.
    pub admission: Admission,
}

/// Whether the look bore a valid token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearing {
    /// It did: a refusal is about the origin.
    Token,
    /// It did not: only the handshake itself can tell.
    Nothing,
}

/// What every origin got.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The declared front end.
    pub own: Got,
    /// Foreign origins.
    pub tries: Vec<Try>,
    /// Whether they bore a token.
    pub bearing: Bearing,
    /// Why the certificate was not trusted, when it was not.
    pub certificate: Option<Note>,
}

impl Probe for ForeignOriginRefused {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "websocket.foreign-origin-refused",
        rules: 1,
        claim: "A socket is refused to pages of foreign origins.",
        why: "CORS does not apply to WebSocket: a foreign page can open a socket with its visitor's \
              cookies, and read what comes. Where a token that the page itself must hold is the only \
              proof, that is out of its reach, until somebody adds a cookie; ASVS 4.4.2 asks for the \
              check of `Origin` in any case.",
        how: "Opens the socket as a page of the declared front end (`targets.frontend`), which must \
              work, first and last, and in between with about a dozen foreign origins derived from it, each with the valid token \
              (secret `AUTH_TOKEN`) where there is one. Stops when the first is let in, which stands \
              for anybody. Facts: as `websocket.token-required`.",
        blind: "Clients that are no browsers send any `Origin` that they like; socket.io's polling \
                transport is a question of CORS.",
        remedy: "socket.io: `allowRequest: (req, done) => done(null, allowed.has(req.headers.origin))`, \
                 because the `cors` option holds for polling alone; `ws`: look at `origin` before \
                 `handleUpgrade`. Minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "the front end's origin is let in, every foreign one is refused by the handshake".to_owned()
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let set = || Ok::<_, Doubt>((Door::of(cx, params)?, target::frontend(cx)?));
        let (door, frontend) = match set() {
            Ok(set) => set,
            Err(doubt) => return Observation::new("websocket", Err(doubt)),
        };
        let mut transcript = Vec::new();
        let facts = look(cx, &door, &frontend, &mut transcript).await;
        let foreign = Some(origins::ANYBODY);
        let reproduce = Some(reproduce::handshake(cx, &door, foreign, &door.params.token));
        let target = target::shown(&door.url);
        Observation { target, facts: Ok(facts), transcript, reproduce }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let seen = format!("front end: {}{}", facts.own.admission.words(), listed(&facts.tries));
        let verdict = |outcome, summary: String| {
            Judgement::new(outcome, summary, expected.clone(), seen.clone())
                .notes(facts.certificate.clone())
        };
        let doubt = |reason, why: String| {
            verdict(Outcome::Inconclusive(reason), format!("Could not tell: {why}"))
        };
        let let_in =
            |one: &&Try| matches!(one.got.admission, Admission::Admitted | Admission::Leaked(_));
        if let Some(open) = facts.tries.iter().find(let_in) {
            let Trick { origin, mistake } = &open.trick;
            let text = "It does harm where a cookie shows who asks; a token that the page itself \
                        must hold is out of a foreign page's reach. ASVS 4.4.2 asks for the check \
                        in any case.";
            return verdict(Outcome::Fail, format!("A page of {origin} gets a socket: {mistake}"))
                .note("harm-depends-on-cookies", text);
        }
        if let Admission::Unclear(why) = &facts.own.admission {
            return doubt(why.reason, format!("the front end's own origin: {}", why.seen));
        }
        if !facts.own.upgraded {
            let why = "the front end's own origin is refused too, so refusals show nothing";
            return doubt(Reason::Refused, why.to_owned());
        }
        let unclear = facts.tries.iter().find_map(|one| match &one.got.admission {
            Admission::Unclear(why) => Some((&one.trick.origin, why)),
            _ => None,
        });
        if let Some((origin, why)) = unclear {
            return doubt(why.reason, format!("{origin}: {}", why.seen));
        }
        let late = facts.tries.iter().any(|one| !is_handshake(&one.got));
        if facts.tries.is_empty() {
            return doubt(Reason::Internal, "no foreign origin was tried".to_owned());
        }
        if !late {
            return verdict(
                Outcome::Pass,
                "Foreign origins are refused by the handshake".to_owned(),
            );
        }
        if facts.bearing == Bearing::Nothing {
            let name = &params.token;
            let why = format!(
                "the handshake is answered for a foreign origin; whether it is refused later needs \
                 the secret `{name}`"
            );
            return doubt(Reason::NeedsCredentials, why);
        }
        if facts.own.admission != Admission::Admitted {
            let why = "the valid token is refused from the front end too: refusals are not about \
                       the origin";
            return doubt(Reason::Refused, why.to_owned());
        }
        let text = "A foreign origin is refused only after the handshake, which ASVS 4.4.2 asks to \
                    be the place";
        verdict(Outcome::Pass, "Foreign origins are refused".to_owned())
            .note("refused-after-handshake", text)
    }

    fn check(params: &Params) -> Result<(), String> {
        params.check()
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(60)
    }
}

/// What the foreign origins got, the same only once.
fn listed(tries: &[Try]) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for one in tries {
        let (words, origin) = (one.got.admission.words(), one.trick.origin.as_str());
        match groups.iter_mut().find(|(known, _)| *known == words) {
            Some((_, origins)) => origins.push(origin),
            None => groups.push((words, vec![origin])),
        }
    }
    groups.iter().map(|(words, origins)| format!("; {words}: {}", origins.join(", "))).collect()
}

/// Refused before a socket stood: by a status, or by ending the connection.
fn is_handshake(got: &Got) -> bool {
    !got.upgraded
        && matches!(&got.admission, Admission::Refused(Refusal::Status(_) | Refusal::Dropped))
}

async fn look(cx: &Context, door: &Door, frontend: &Url, lines: &mut Vec<String>) -> Facts {
    let token = cx.secret(&door.params.token).map(|token| token.as_str());
    let bearing = if token.is_some() { Bearing::Token } else { Bearing::Nothing };
    let from = |origin: String| async move {
        let caller = Caller { token, origin: Some(&origin), secret: token.is_some() };
        knock(cx, door, caller, "as a browser would").await
    };
    let mut certificate = None;
    let mut got = |knocked: Knocked, lines: &mut Vec<String>| {
        lines.extend(knocked.lines);
        certificate = certificate.take().or(knocked.certificate);
        Got { upgraded: knocked.upgraded, admission: knocked.admission }
    };
    let mut own = got(from(origins::own(frontend)).await, lines);
    let mut tries: Vec<Try> = Vec::new();
    let mut tricks = origins::tricks(frontend).into_iter();
    // Where nothing answers the front end itself, nobody else need try.
    if !matches!(own.admission, Admission::Unclear(_)) {
        if let Some(trick) = tricks.next() {
            let first = got(from(trick.origin.clone()).await, lines);
            tries.push(Try { trick, got: first });
        }
        if !tries.iter().any(|one| one.got.admission == Admission::Admitted) {
            let rest: Vec<Trick> = tricks.collect();
            let looks = rest.iter().map(|trick| from(trick.origin.clone()));
            let all = futures::future::join_all(looks).await;
            for (trick, knocked) in rest.into_iter().zip(all) {
                tries.push(Try { trick, got: got(knocked, lines) });
            }
            // Once more, last: a server that locks us out for what came before shows it.
            own = got(from(origins::own(frontend)).await, lines);
        }
    }
    Facts { own, tries, bearing, certificate }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> Got {
        Got { upgraded: false, admission: Admission::Refused(Refusal::Status(403)) }
    }

    fn later() -> Got {
        let admission = Admission::Refused(Refusal::ConnectError("no".to_owned()));
        Got { upgraded: true, admission }
    }

    fn admitted() -> Got {
        Got { upgraded: true, admission: Admission::Admitted }
    }

    fn unclear() -> Got {
        let doubt = Doubt::new(Reason::TimedOut, "silence");
        Got { upgraded: false, admission: Admission::Unclear(doubt) }
    }

    #[test]
    fn a_foreign_refusal_counts_only_beside_the_front_end_s_own_success() {
        use Bearing::{Nothing, Token};
        let refused = Outcome::Inconclusive(Reason::Refused);
        let late = Outcome::Inconclusive(Reason::TimedOut);
        let needs = Outcome::Inconclusive(Reason::NeedsCredentials);
        for (case, own, foreign, bearing, outcome, code) in [
            ("by the handshake", admitted(), vec![status()], Token, Outcome::Pass, ""),
            ("by the handshake, no token", later(), vec![status()], Nothing, Outcome::Pass, ""),
            (
                "after the handshake",
                admitted(),
                vec![status(), later()],
                Token,
                Outcome::Pass,
                "refused-after-handshake",
            ),
            (
                "one is let in",
                admitted(),
                vec![status(), admitted()],
                Token,
                Outcome::Fail,
                "harm-depends-on-cookies",
            ),
            ("after it, no token", later(), vec![later()], Nothing, needs, ""),
            ("after it, token refused", later(), vec![later()], Token, refused, ""),
            ("everybody is refused", status(), vec![status()], Token, refused, ""),
            ("nobody answers", unclear(), vec![], Token, late, ""),
            ("one is met with silence", admitted(), vec![status(), unclear()], Token, late, ""),
            (
                "nothing tried",
                admitted(),
                vec![],
                Token,
                Outcome::Inconclusive(Reason::Internal),
                "",
            ),
        ] {
            let trick = |got| Try {
                trick: Trick { origin: "https://foreign.example".to_owned(), mistake: "any" },
                got,
            };
            let tries = foreign.into_iter().map(trick).collect();
            let facts = Facts { own, tries, bearing, certificate: None };
            let judgement = ForeignOriginRefused::judge(&facts, &Params::default());
            assert_eq!(judgement.outcome, outcome, "{case}: {}", judgement.summary);
            let codes: Vec<_> = judgement.notes.iter().map(|note| note.code.as_str()).collect();
            let expected: &[&str] = if code.is_empty() { &[] } else { &[code] };
            assert_eq!(codes, expected, "{case}");
        }
    }
}
