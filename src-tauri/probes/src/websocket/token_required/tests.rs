//! What each set of callers' fates comes to.

use super::*;

const FORGED: [Kind; 4] = [Kind::Tampered, Kind::Unsigned, Kind::WrongKey, Kind::Expired];

fn no() -> Admission {
    Admission::Refused(Refusal::ConnectError("unauthorized".to_owned()))
}

fn dropped() -> Admission {
    Admission::Refused(Refusal::Dropped)
}

fn silent() -> Admission {
    Admission::Unclear(Doubt::new(Reason::TimedOut, "no answer"))
}

/// Everybody is refused but the bearer, except as `but` says.
fn judge(but: &[(Caller, Admission)], token: Option<bool>) -> Judgement {
    let mut callers = vec![Caller::Nobody, Caller::Garbage];
    if let Some(is_jwt) = token {
        callers.push(Caller::Bearer);
        let kinds = FORGED.into_iter();
        let kinds = kinds.filter(|kind| is_jwt || matches!(kind, Kind::Tampered | Kind::Expired));
        callers.extend(kinds.map(Caller::Forged));
    }
    let fate = |caller: &Caller| {
        let own = but.iter().find(|(who, _)| who == caller).map(|(_, fate)| fate.clone());
        let usual = if *caller == Caller::Bearer { Admission::Admitted } else { no() };
        own.unwrap_or(usual)
    };
    let tries = callers.iter().map(|c| Try { caller: *c, admission: fate(c) }).collect();
    let token = token.map(|is_jwt| Token { is_jwt, ends: None });
    let at = DateTime::UNIX_EPOCH;
    let facts = Facts { tries, token, root_is_open: false, at, certificate: None };
    TokenRequired::judge(&facts, &Params::default())
}

#[test]
fn every_caller_counts() {
    use Caller::{Bearer, Forged, Garbage, Nobody};
    let jwt = Some(true);
    let leaked = Admission::Leaked("42[\"tick\"]".to_owned());
    let refused = Outcome::Inconclusive(Reason::Refused);
    let needs = Outcome::Inconclusive(Reason::NeedsCredentials);
    let late = Outcome::Inconclusive(Reason::TimedOut);
    let admitted = || Admission::Admitted;
    for (case, but, token, outcome, word) in [
        ("as it should be", vec![], jwt, Outcome::Pass, "Refused without"),
        ("an opaque token", vec![], Some(false), Outcome::Pass, "Refused without"),
        ("open to all", vec![(Nobody, admitted())], jwt, Outcome::Fail, "without a token"),
        ("open to garbage", vec![(Garbage, admitted())], jwt, Outcome::Fail, "with garbage"),
        (
            "end not checked",
            vec![(Forged(Kind::Expired), admitted())],
            jwt,
            Outcome::Fail,
            "expired",
        ),
        ("alg none", vec![(Forged(Kind::Unsigned), admitted())], jwt, Outcome::Fail, "alg none"),
        ("any key", vec![(Forged(Kind::WrongKey), admitted())], jwt, Outcome::Fail, "another key"),
        ("content", vec![(Forged(Kind::Tampered), admitted())], jwt, Outcome::Fail, "tampered"),
        ("delivered, then closed", vec![(Nobody, leaked)], jwt, Outcome::Fail, "delivered"),
        ("refuses everybody", vec![(Bearer, no())], jwt, refused, "valid token is refused"),
        ("cuts everybody off", vec![(Bearer, dropped())], jwt, refused, "valid token is refused"),
        ("silent to garbage", vec![(Garbage, silent())], jwt, late, "with garbage"),
        ("silent to the bearer", vec![(Bearer, silent())], jwt, late, "valid token"),
        ("no token, refused", vec![], None, needs, "AUTH_TOKEN"),
        ("no token, open", vec![(Nobody, admitted())], None, Outcome::Fail, "without a token"),
        (
            "a fault beside a silence is a fault",
            vec![(Nobody, admitted()), (Garbage, silent())],
            jwt,
            Outcome::Fail,
            "without a token",
        ),
    ] {
        let judgement = judge(&but, token);
        assert_eq!(judgement.outcome, outcome, "{case}: {}", judgement.summary);
        assert!(judgement.summary.contains(word), "{case}: {}", judgement.summary);
    }
}

#[test]
fn without_an_expired_token_nobody_knows() {
    let tries = [Caller::Nobody, Caller::Garbage, Caller::Forged(Kind::Tampered), Caller::Bearer]
        .map(|caller| Try {
            caller,
            admission: if caller == Caller::Bearer { Admission::Admitted } else { no() },
        })
        .to_vec();
    let token = Some(Token { is_jwt: true, ends: None });
    let at = DateTime::UNIX_EPOCH;
    let facts = Facts { tries, token, root_is_open: false, at, certificate: None };
    let judgement = TokenRequired::judge(&facts, &Params::default());
    assert_eq!(judgement.outcome, Outcome::Inconclusive(Reason::NeedsCredentials));
    assert!(
        judgement.summary.contains("JWT_SECRET") && judgement.summary.contains("EXPIRED_TOKEN")
    );
}

#[test]
fn a_pass_with_a_reservation_says_which() {
    let codes = |judgement: Judgement| {
        assert_eq!(judgement.outcome, Outcome::Pass);
        judgement.notes.into_iter().map(|note| note.code).collect::<Vec<_>>()
    };
    let late = Admission::Refused(Refusal::PutOut(40));
    assert_eq!(codes(judge(&[(Caller::Nobody, late)], Some(true))), ["refused-late"]);
    let cut = judge(&[(Caller::Garbage, dropped())], Some(true));
    assert_eq!(codes(cut), ["refused-without-a-word"]);
    assert_eq!(codes(judge(&[], Some(false))), ["token-not-jwt"]);
    let callers = [Caller::Nobody, Caller::Given, Caller::Bearer];
    let tries = callers.map(|caller| Try {
        caller,
        admission: if caller == Caller::Bearer { Admission::Admitted } else { no() },
    });
    let token = Some(Token { is_jwt: true, ends: None });
    let at = DateTime::UNIX_EPOCH;
    let facts = Facts { tries: tries.to_vec(), token, root_is_open: false, at, certificate: None };
    let given = TokenRequired::judge(&facts, &Params::default());
    assert_eq!(codes(given), ["expired-token-given"]);
    assert!(codes(judge(&[], Some(true))).is_empty());
}

#[test]
fn a_bearer_whose_token_has_ended_is_told_so() {
    let at = DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(1);
    let tries = vec![
        Try { caller: Caller::Nobody, admission: no() },
        Try { caller: Caller::Bearer, admission: no() },
    ];
    let token = Some(Token { is_jwt: true, ends: Some(DateTime::UNIX_EPOCH) });
    let facts = Facts { tries, token, root_is_open: false, at, certificate: None };
    let judgement = TokenRequired::judge(&facts, &Params::default());
    assert!(judgement.summary.contains("has expired"), "{}", judgement.summary);
}
