//! A port of the deployment that nobody may reach from here.

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use super::dial::{Answer, Answers, command, dial, words};
use crate::context::Context;
use crate::hosts;
use crate::probe::{Definition, Judgement, Observation, Probe};

/// `tcp.closed`
pub struct Closed;

/// Which port of which host.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// A host of the environment; the API's when neither this nor `target` is given.
    pub host: Option<String>,
    /// The host of this target (`redis`, say), instead of `host`.
    pub target: Option<String>,
    /// The port.
    pub port: u16,
    /// Whether silence counts as closed, as behind a firewall that drops; needs `control_port`.
    #[serde(default)]
    pub filtered_is_closed: bool,
    /// A port of the same host that does answer: it tells a dropping firewall from a host
    /// that is down.
    pub control_port: Option<u16>,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Facts {
    /// At the port.
    pub port: Answers,
    /// At the control port, when the port was silent and there is one.
    pub control: Answers,
}

impl Probe for Closed {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "tcp.closed",
        rules: 1,
        claim: "A port that the template names takes no connection from here.",
        why: "A database, a cache or an admin page that the outside can reach is attacked, whatever \
              its password is.",
        how: "Parameters: `port`, and `host` (one of the environment's targets or of its fact \
              `hosts`) or `target` (the name of a target). Each address of the host is dialled \
              once; nothing is sent. Refused at every address is closed. Silence is not told from \
              a host that is down, unless `filtered_is_closed = true` and a `control_port` of the \
              same address answers.",
        blind: "Other places than this one to dial from; UDP.",
        remedy: "Bind the service to loopback or a private address, and let the firewall refuse the \
                 rest. Half an hour.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        format!("port {} is closed at every address", params.port)
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let host = match hosts::wanted(cx, params.host.as_deref(), params.target.as_deref()) {
            Ok(host) => host,
            Err(doubt) => return Observation::new("a port", Err(doubt)),
        };
        let facts = look(cx, &host.name, params).await;
        let transcript = facts.iter().flat_map(|facts| {
            let control = (!facts.control.is_empty())
                .then(|| format!("control port: {}", words(&facts.control)));
            std::iter::once(words(&facts.port)).chain(control)
        });
        Observation {
            target: format!("{}:{}", host.bracketed(), params.port),
            transcript: transcript.collect(),
            facts,
            reproduce: Some(command(&host.name, params.port)),
        }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let seen = words(&facts.port);
        let any = |wanted: &Answer| facts.port.iter().any(|(_, answer)| answer == wanted);
        let open = |reason: Reason, seen: String| {
            let summary = format!("Could not tell: {}", reason.words());
            Judgement::new(Outcome::Inconclusive(reason), summary, expected.clone(), seen)
        };
        if any(&Answer::Open) {
            let summary = format!("Port {} is open", params.port);
            return Judgement::new(Outcome::Fail, summary, expected, seen);
        }
        if facts.port.iter().any(|(_, answer)| matches!(answer, Answer::Lost(_))) {
            return open(Reason::Unreachable, seen);
        }
        let silent = any(&Answer::Silent);
        if silent && !params.filtered_is_closed {
            return open(
                Reason::TimedOut,
                format!("{seen}; a firewall that drops looks the same as a host that is down"),
            );
        }
        if silent && !alive(facts) {
            return open(
                Reason::TimedOut,
                format!("{seen}; the control port does not answer either"),
            );
        }
        let summary = format!("Port {} is closed", params.port);
        let mut judgement = Judgement::new(Outcome::Pass, summary, expected, seen);
        if silent {
            judgement = judgement.note("filtered", "nothing answers, while the control port does");
        }
        if facts.port.iter().all(|(address, _)| address.ip().is_loopback()) {
            let text = "dialled at a loopback address, which says nothing about other machines";
            judgement = judgement.note("from-this-machine", text);
        }
        judgement
    }

    fn check(params: &Params) -> Result<(), String> {
        hosts::check(params.host.as_deref(), params.target.as_deref())?;
        if params.port == 0 {
            return Err("`port` is 0: expected 1 to 65535".to_owned());
        }
        if params.filtered_is_closed != params.control_port.is_some() {
            let text = "`filtered_is_closed` and `control_port` go together: expected both or none";
            return Err(text.to_owned());
        }
        if params.control_port == Some(params.port) {
            return Err("`control_port` is the port itself: expected one that is open".to_owned());
        }
        Ok(())
    }
}

async fn look(cx: &Context, host: &str, params: &Params) -> Result<Facts, crate::probe::Doubt> {
    let port = dial(cx, host, params.port).await?;
    let silent = port.iter().any(|(_, answer)| *answer == Answer::Silent);
    let control = match params.control_port.filter(|_| silent) {
        Some(control) => dial(cx, host, control).await?,
        None => Vec::new(),
    };
    Ok(Facts { port, control })
}

/// Whether every address that was silent answers at the control port.
fn alive(facts: &Facts) -> bool {
    let answers = |ip| {
        let known = [Answer::Open, Answer::Refused];
        facts.control.iter().any(|(address, answer)| address.ip() == ip && known.contains(answer))
    };
    let mut silent = facts.port.iter().filter(|(_, answer)| *answer == Answer::Silent);
    silent.all(|(address, _)| answers(address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Answer::{Lost, Open, Refused, Silent};

    fn judge(port: &[Answer], control: &[Answer], filtered_is_closed: bool) -> Judgement {
        let at = |answers: &[Answer]| -> Answers {
            let places = ["192.0.2.1:1", "192.0.2.2:1"].map(|a| a.parse().expect("an address"));
            places.into_iter().zip(answers.iter().cloned()).collect()
        };
        let params =
            Params { host: None, target: None, port: 1, filtered_is_closed, control_port: None };
        Closed::judge(&Facts { port: at(port), control: at(control) }, &params)
    }

    #[test]
    fn closed_is_refused_everywhere_and_silence_needs_a_control() {
        let timed_out = Outcome::Inconclusive(Reason::TimedOut);
        let unreachable = Outcome::Inconclusive(Reason::Unreachable);
        let lost = Lost("no route".to_owned());
        for (case, port, control, filtered, outcome) in [
            ("refused", &[Refused, Refused][..], &[][..], false, Outcome::Pass),
            ("one address is open", &[Refused, Open], &[], false, Outcome::Fail),
            ("one address is lost", &[Refused, lost], &[], false, unreachable),
            ("silence", &[Silent, Refused], &[], false, timed_out),
            ("silence, host alive", &[Silent, Refused], &[Open, Open], true, Outcome::Pass),
            ("silence, host refuses", &[Silent, Refused], &[Refused, Silent], true, Outcome::Pass),
            ("silence, host silent", &[Silent, Refused], &[Silent, Open], true, timed_out),
            ("silence, no control", &[Silent, Silent], &[], true, timed_out),
            ("silence, and one open", &[Silent, Open], &[Open, Open], true, Outcome::Fail),
        ] {
            assert_eq!(judge(port, control, filtered).outcome, outcome, "{case}");
        }
        assert_eq!(judge(&[Silent], &[Open], true).notes[0].code, "filtered");
    }
}
