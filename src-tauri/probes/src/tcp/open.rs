//! A port of the deployment that must take connections.

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use super::dial::{Answer, Answers, command, dial, words};
use crate::context::Context;
use crate::hosts;
use crate::probe::{Definition, Judgement, Observation, Probe};

/// `tcp.open`
pub struct Open;

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
}

impl Probe for Open {
    type Params = Params;
    type Facts = Answers;

    const DEFINITION: Definition = Definition {
        name: "tcp.open",
        rules: 1,
        claim: "A port that the template names takes connections.",
        why: "What must be reachable and is not, is an outage that somebody else notices first.",
        how: "Parameters: `port`, and `host` (one of the environment's targets or of its fact \
              `hosts`) or `target` (the name of a target). Each address of the host is dialled \
              once; nothing is sent.",
        blind: "What answers there, and from where else it can be reached. A proxy in between may \
                take a connection that leads nowhere.",
        remedy: "Start the service, or open the port in the firewall, for those who need it.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        format!("port {} is open", params.port)
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Answers> {
        let host = match hosts::wanted(cx, params.host.as_deref(), params.target.as_deref()) {
            Ok(host) => host,
            Err(doubt) => return Observation::new("a port", Err(doubt)),
        };
        let facts = dial(cx, &host.name, params.port).await;
        Observation {
            target: format!("{}:{}", host.bracketed(), params.port),
            transcript: facts.iter().map(|answers| words(answers)).collect(),
            facts,
            reproduce: Some(command(&host.name, params.port)),
        }
    }

    fn judge(facts: &Answers, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let all = |wanted: &Answer| facts.iter().all(|(_, answer)| answer == wanted);
        let open = facts.iter().any(|(_, answer)| *answer == Answer::Open);
        let seen = words(facts);
        if open {
            let summary = format!("Port {} is open", params.port);
            let judgement = Judgement::new(Outcome::Pass, summary, expected, seen);
            if all(&Answer::Open) {
                return judgement;
            }
            return judgement.note("not-every-address", "some addresses of the host do not answer");
        }
        if all(&Answer::Refused) {
            let summary = format!("Port {} is closed", params.port);
            return Judgement::new(Outcome::Fail, summary, expected, seen);
        }
        let silent = facts.iter().any(|(_, answer)| *answer == Answer::Silent);
        let reason = if silent { Reason::TimedOut } else { Reason::Unreachable };
        let summary = format!("Could not tell: {}", reason.words());
        Judgement::new(Outcome::Inconclusive(reason), summary, expected, seen)
    }

    fn check(params: &Params) -> Result<(), String> {
        hosts::check(params.host.as_deref(), params.target.as_deref())?;
        if params.port == 0 {
            return Err("`port` is 0: expected 1 to 65535".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_that_answers_is_enough_and_silence_is_no_answer() {
        use Answer::{Lost, Open as Opens, Refused, Silent};
        let lost = || Lost("no route".to_owned());
        for (answers, outcome) in [
            (vec![Opens], Outcome::Pass),
            (vec![Refused, Opens], Outcome::Pass),
            (vec![Refused, Refused], Outcome::Fail),
            (vec![Refused, Silent], Outcome::Inconclusive(Reason::TimedOut)),
            (vec![lost(), Refused], Outcome::Inconclusive(Reason::Unreachable)),
        ] {
            let address = "127.0.0.1:1".parse().expect("an address");
            let facts: Answers = answers.into_iter().map(|answer| (address, answer)).collect();
            let params = Params { host: None, target: None, port: 1 };
            assert_eq!(Open::judge(&facts, &params).outcome, outcome, "{facts:?}");
        }
    }
}
