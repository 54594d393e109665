//! A socket is for the bearer of a valid token and nobody else.

use std::time::Duration;

use chrono::{DateTime, Utc};
use countersign_domain::finding::{Note, Outcome, Reason};
use zeroize::Zeroizing;

use super::admission::{Admission, Refusal};
use super::door::{self, Door};
use super::knock::knock;
use super::packet::ROOT;
use super::reproduce;
use super::setup::{Params, Protocol};
use crate::auth::forged::{self, Kind};
use crate::auth::tokens::{self, Jwt};
use crate::context::Context;
use crate::http::target;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// `websocket.token-required`
pub struct TokenRequired;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Without a token.
    Nobody,
    /// With something that is no token.
    Garbage,
    /// With a forged token.
    Forged(Kind),
    /// With the old token of the environment.
    Given,
    /// With the valid token.
    Bearer,
}

impl Caller {
    fn words(self) -> &'static str {
        match self {
            Self::Nobody => "without a token",
            Self::Garbage => "with garbage",
            Self::Forged(kind) => kind.words(),
            Self::Given => "with the old token",
            Self::Bearer => "with the valid token",
        }
    }
}

/// What one caller got.
#[derive(Debug, Clone)]
pub struct Try {
    /// Who asked.
    pub caller: Caller,
    /// Whether that was let in.
    pub admission: Admission,
}

/// What every caller got.
#[derive(Debug, Clone)]
pub struct Facts {
    /// In the order of asking.
    pub tries: Vec<Try>,
    /// What is known of the valid token, if there is one.
    pub token: Option<Token>,
    /// Whether the root namespace, which is not the one asked about, is open to nobody's
    /// token.
    pub root_is_open: bool,
    /// When it was looked at.
    pub at: DateTime<Utc>,
    /// Why the certificate was not trusted, when it was not.
    pub certificate: Option<Note>,
}

impl Facts {
    fn tried(&self, caller: Caller) -> bool {
        self.tries.iter().any(|one| one.caller == caller)
    }
}

/// What the valid token shows of itself.
#[derive(Debug, Clone, Copy)]
pub struct Token {
    /// Whether it is a JWT, so that `alg: none` and another key mean something.
    pub is_jwt: bool,
    /// When it ends, if it says so.
    pub ends: Option<DateTime<Utc>>,
}

impl Probe for TokenRequired {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "websocket.token-required",
        rules: 2,
        claim: "A socket is given to the bearer of a valid token and to nobody else.",
        why: "Live messages go to whoever holds a socket. A server that looks at the token only \
              later, or does not check its signature or its end, gives them to anybody.",
        how: "Opens the socket without a token, with garbage, with the valid token's content changed, \
              with `alg: none` (and `nOnE`), without its signature, signed by another key, expired, and with the valid token (secret \
              `AUTH_TOKEN`), one connection each, as a page of the declared front end would. A caller \
              that is let in is watched for a moment (`settle_ms`): put out again with nothing \
              delivered counts as refused. Nothing is said after asking to be let in. The expired \
              token is made with the secret `JWT_SECRET` when that signed the valid one, or is the \
              secret `EXPIRED_TOKEN`. Facts: `websocket_protocol` (socket.io, plain), \
              `websocket_namespace`, `websocket_token_in` (auth, query, header, message), \
              `websocket_token_name`; for plain sockets also `websocket_send`, \
              `websocket_accepted_when`, `websocket_refused_when`.",
        blind: "Other namespaces, socket.io's polling transport, a token that is revoked or ends while \
                the socket is open, and a check that comes later than `settle_ms`.",
        remedy: "Check the token in a middleware of the namespace (`io.use`), before anything is \
                 delivered: signature, algorithm and end; call `next(new Error('unauthorized'))`. \
                 An hour.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "refused: no token, garbage, expired, alg none, another key, changed content; let in: the \
         valid token"
            .to_owned()
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let door = match Door::of(cx, params) {
            Ok(door) => door,
            Err(doubt) => return Observation::new("websocket", Err(doubt)),
        };
        let valid = cx.secret(&door.params.token);
        let token =
            valid.map(|token| Token { is_jwt: Jwt::read(token).is_some(), ends: expiry(token) });
        let at = cx.now();
        let mut look =
            Look { door: &door, tries: Vec::new(), lines: Vec::new(), certificate: None };
        // Nobody goes first and alone: where nothing answers, nobody else need try.
        look.ask(cx, vec![(Caller::Nobody, None)]).await;
        if !matches!(look.tries.as_slice(), [Try { admission: Admission::Unclear(_), .. }]) {
            look.ask(cx, strangers(cx, &door.params, at)).await;
            // The bearer goes last: a server that locks us out for what came before shows it.
            let bearer = valid.map(|token| (Caller::Bearer, Some(token.clone())));
            look.ask(cx, bearer.into_iter().collect()).await;
        }
        let root_is_open = look.root(cx).await;
        let Look { tries, lines, certificate, .. } = look;
        let facts = Facts { tries, token, root_is_open, at, certificate };
        Observation {
            target: target::shown(&door.url),
            facts: Ok(facts),
            transcript: lines,
            reproduce: Some(reproduce::talk(cx, &door, &door.params.token, &[], 3)),
        }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let shown = |one: &Try| format!("{}: {}", one.caller.words(), one.admission.words());
        let seen = facts.tries.iter().map(shown).collect::<Vec<_>>().join("; ");
        let verdict = |outcome, summary: String| {
            Judgement::new(outcome, summary, expected.clone(), seen.clone()).notes(notes(facts))
        };
        let doubt = |reason, why: String| {
            verdict(Outcome::Inconclusive(reason), format!("Could not tell: {why}"))
        };
        let wrong: Vec<_> = facts.tries.iter().filter_map(wrong).collect();
        if !wrong.is_empty() {
            return verdict(Outcome::Fail, wrong.join("; "));
        }
        if let Some((who, unclear)) = facts.tries.iter().find_map(unclear) {
            return doubt(unclear.reason, format!("{}: {}", who.words(), unclear.seen));
        }
        let Some(token) = facts.token else {
            let name = &params.token;
            let why = format!("whether a valid token is let in needs the secret `{name}`");
            return doubt(Reason::NeedsCredentials, why);
        };
        let bearer = facts.tries.iter().find(|one| one.caller == Caller::Bearer);
        if !bearer.is_some_and(|one| one.admission == Admission::Admitted) {
            let over = token.ends.is_some_and(|ends| ends <= facts.at);
            let why = if over { " (it has expired)" } else { "" };
            let text = format!("the valid token is refused too{why}, so refusals show nothing");
            return doubt(Reason::Refused, text);
        }
        if !facts.tried(Caller::Forged(Kind::Expired)) && !facts.tried(Caller::Given) {
            let why = format!(
                "an expired token was not tried: it needs the secret `{}` that signs tokens, or a \
                 token whose time is over as the secret `{}`",
                params.signing_secret, params.expired_token
            );
            return doubt(Reason::NeedsCredentials, why);
        }
        verdict(Outcome::Pass, "Refused without a valid token, and let in with one".to_owned())
    }

    fn check(params: &Params) -> Result<(), String> {
        params.check()
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(60)
    }
}

struct Look<'a> {
    door: &'a Door,
    tries: Vec<Try>,
    lines: Vec<String>,
    certificate: Option<Note>,
}

impl Look<'_> {
    async fn ask(&mut self, cx: &Context, callers: Vec<(Caller, Option<Zeroizing<String>>)>) {
        let looks = callers.iter().map(|(caller, token)| {
            let secret = !matches!(caller, Caller::Nobody | Caller::Garbage);
            let token = token.as_ref().map(|token| token.as_str());
            let one = door::Caller { token, origin: self.door.origin.as_deref(), secret };
            knock(cx, self.door, one, caller.words())
        });
        let knocked = futures::future::join_all(looks).await;
        for ((caller, _), knocked) in callers.into_iter().zip(knocked) {
            self.tries.push(Try { caller, admission: knocked.admission });
            self.lines.extend(knocked.lines);
            self.certificate = self.certificate.take().or(knocked.certificate);
        }
    }

    /// Whether the root namespace lets nobody's token in, where another one is guarded.
    async fn root(&mut self, cx: &Context) -> bool {
        let params = &self.door.params;
        if params.protocol == Protocol::Plain || params.namespace == ROOT {
            return false;
        }
        let params = Params { namespace: ROOT.to_owned(), ..params.clone() };
        let door = Door { url: self.door.url.clone(), params, origin: self.door.origin.clone() };
        let nobody = door::Caller { token: None, origin: door.origin.as_deref(), secret: false };
        let knocked = knock(cx, &door, nobody, "the root namespace, without a token").await;
        self.lines.extend(knocked.lines);
        matches!(knocked.admission, Admission::Admitted | Admission::Leaked(_))
    }
}

/// Everybody who must be refused, but for nobody.
fn strangers(
    cx: &Context,
    params: &Params,
    now: DateTime<Utc>,
) -> Vec<(Caller, Option<Zeroizing<String>>)> {
    let mut all = vec![(Caller::Garbage, Some(Zeroizing::new(tokens::GARBAGE.to_owned())))];
    let Some(valid) = cx.secret(&params.token) else { return all };
    let signing = cx.secret(&params.signing_secret).map(|secret| secret.as_str());
    for forged in forged::forge(valid, signing, now) {
        all.push((Caller::Forged(forged.kind), Some(forged.token)));
    }
    let made = all.iter().any(|(caller, _)| *caller == Caller::Forged(Kind::Expired));
    let given = cx.secret(&params.expired_token).filter(|old| !made && has_ended(valid, old, now));
    all.extend(given.map(|old| (Caller::Given, Some(old.clone()))));
    all
}

/// Whether a given token can pass for an expired one: beside a JWT only a JWT whose end is
/// over.
fn has_ended(valid: &str, old: &str, now: DateTime<Utc>) -> bool {
    valid != old && (Jwt::read(valid).is_none() || expiry(old).is_some_and(|ends| ends <= now))
}

fn expiry(token: &str) -> Option<DateTime<Utc>> {
    Jwt::read(token)?.expiry()
}

/// What is wrong with what a caller got, if that can be said.
fn wrong(one: &Try) -> Option<String> {
    let who = one.caller.words();
    match (&one.admission, one.caller) {
        (_, Caller::Bearer) => None,
        (Admission::Admitted, _) => Some(format!("Let in {who}")),
        (Admission::Leaked(what), _) => {
            Some(format!("Put out {who}, but only after {what} was delivered"))
        }
        (Admission::Refused(_) | Admission::Unclear(_), _) => None,
    }
}

fn unclear(one: &Try) -> Option<(Caller, &Doubt)> {
    match &one.admission {
        Admission::Unclear(doubt) => Some((one.caller, doubt)),
        _ => None,
    }
}

fn notes(facts: &Facts) -> Vec<Note> {
    let note = |code: &str, text: &str| Note { code: code.to_owned(), text: text.to_owned() };
    let refused = |wanted: fn(&Refusal) -> bool| {
        facts.tries.iter().any(|one| match &one.admission {
            Admission::Refused(how) => wanted(how),
            _ => false,
        })
    };
    let mut notes: Vec<Note> = facts.certificate.iter().cloned().collect();
    if facts.root_is_open {
        let text = "The root namespace lets anybody in; see that nothing is delivered there";
        notes.push(note("root-namespace-open", text));
    }
    if refused(|how| matches!(how, Refusal::PutOut(_))) {
        let text = "Callers are let in and put out again: whatever is sent to everybody in between \
                    reaches them";
        notes.push(note("refused-late", text));
    }
    if refused(|how| *how == Refusal::Dropped) {
        let text = "Refused by ending the connection without a word, which a fault looks like too";
        notes.push(note("refused-without-a-word", text));
    }
    if facts.tried(Caller::Given) {
        let text = "An old token was tried in the place of an expired one: that its end is the \
                    reason for the refusal (not a key that has changed since) is not shown";
        notes.push(note("expired-token-given", text));
    }
    if facts.token.is_some_and(|token| !token.is_jwt) {
        let text = "The token is no JWT: `alg: none` and another key were not tried";
        notes.push(note("token-not-jwt", text));
    }
    notes
}

#[cfg(test)]
mod tests;
