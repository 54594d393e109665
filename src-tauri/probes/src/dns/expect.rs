//! A claim of the team's own: the records of a name, and conditions on them.

use std::net::{IpAddr, SocketAddr};

use countersign_domain::finding::Reason;
use hickory_resolver::proto::rr::RecordType;
use serde::Deserialize;

use super::lookup::{Reply, ask};
use crate::conditions::{self, Names, Scope};
use crate::context::Context;
use crate::hosts;
use crate::http::reproduce::quoted;
use crate::partly::View;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// What a condition may speak of.
const NAMES: Names = &["records", "count", "exists", "took_ms"];

/// `dns.expect`
pub struct Expect;

/// The question and the conditions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// A host of the environment, a zone that holds one, or an underscored name below
    /// either (`_dmarc.example.com`); the API's host when neither this nor `target` is given.
    pub name: Option<String>,
    /// The host of this target, instead of `name`.
    pub target: Option<String>,
    /// The type of the records.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Conditions in CEL over `records`, `count`, `exists` and `took_ms`; all must hold.
    pub expect: Vec<String>,
}

/// The types of records that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// The name that this one stands for.
    Cname,
    /// Who takes its mail: `10 mail.example.com`.
    Mx,
    /// Texts.
    Txt,
    /// Who may issue certificates for it: `0 issue "ca.example"`.
    Caa,
    /// Its name servers.
    Ns,
}

impl Kind {
    fn record(self) -> RecordType {
        match self {
            Self::A => RecordType::A,
            Self::Aaaa => RecordType::AAAA,
            Self::Cname => RecordType::CNAME,
            Self::Mx => RecordType::MX,
            Self::Txt => RecordType::TXT,
            Self::Caa => RecordType::CAA,
            Self::Ns => RecordType::NS,
        }
    }
}

impl Probe for Expect {
    type Params = Params;
    type Facts = Reply;

    const DEFINITION: Definition = Definition {
        name: "dns.expect",
        rules: 1,
        claim: "The DNS records of a name meet every condition of the template.",
        why: "Who controls a name's records controls its traffic, its mail and its certificates; a \
              record that nobody meant to keep is an open door.",
        how: "One question to the name servers of this machine, or to the fact `dns_server` \
              (ADDRESS:PORT). Parameters: `type` (A, AAAA, CNAME, MX, TXT, CAA, NS), `name` (a host \
              of the environment, a zone above one, or an underscored name below) or `target`. \
              Conditions are CEL over records (texts, sorted), count, exists (false when there is \
              no such name) and took_ms. A server that fails or stays silent leaves it open.",
        blind: "What other name servers answer, to others and later; whether the zone is signed.",
        remedy: "Correct the records where the zone is kept, and wait for their time to live.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        params.expect.join(" and ")
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Reply> {
        let kind = params.kind.record();
        let (name, server) = match name(cx, params).and_then(|name| Ok((name, server(cx)?))) {
            Ok(found) => found,
            Err(doubt) => return Observation::new("a name", Err(doubt)),
        };
        let facts = ask(cx, server, &name, kind).await;
        let transcript = match &facts {
            Ok(reply) if reply.exists => {
                let head = format!("{name} {kind}: {} records", reply.records.len());
                std::iter::once(head).chain(reply.records.iter().cloned()).collect()
            }
            Ok(_) => vec![format!("{name} {kind}: there is no such name")],
            Err(doubt) => vec![format!("{name} {kind}: {}", doubt.seen)],
        };
        let at = server
            .map_or_else(String::new, |server| format!(" @{} -p {}", server.ip(), server.port()));
        Observation {
            target: format!("{name} {kind}"),
            facts,
            transcript,
            reproduce: Some(format!("dig {} {kind}{at}", quoted(&format!("{name}.")))),
        }
    }

    fn judge(facts: &Reply, params: &Params) -> Judgement {
        let scope = Scope(vec![
            ("records", facts.records.clone().into()),
            ("count", facts.records.len().into()),
            ("exists", facts.exists.into()),
            ("took_ms", facts.took_ms.into()),
        ]);
        let seen = if facts.exists { facts.records.join("; ") } else { "no such name".to_owned() };
        let seen = if seen.is_empty() { "no record of that type".to_owned() } else { seen };
        let view = View::of(NAMES, scope);
        // `records.all(…)` holds of nothing at all: that is no answer to what it asks.
        let view = if facts.records.is_empty() {
            let doubt = Doubt::new(
                Reason::Unexpected,
                format!("{seen}: only `count` and `exists` can be told"),
            );
            view.unseen(&["records"], doubt)
        } else {
            view
        };
        view.judge(&params.expect, seen)
    }

    fn check(params: &Params) -> Result<(), String> {
        if params.name.is_some() && params.target.is_some() {
            return Err("both `name` and `target` are given: expected one".to_owned());
        }
        hosts::check(params.name.as_deref(), params.target.as_deref())
            .map_err(|error| error.replace("`host`", "`name`"))?;
        conditions::check_all(&params.expect, NAMES)
    }
}

fn server(cx: &Context) -> Result<Option<SocketAddr>, Doubt> {
    let Some(text) = cx.fact("dns_server") else { return Ok(None) };
    let alone = || text.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 53));
    text.parse().ok().or_else(alone).map(Some).ok_or_else(|| {
        let seen = format!("the fact `dns_server` is {text:?}: expected ADDRESS:PORT");
        Doubt::new(Reason::NotConfigured, seen)
    })
}

fn name(cx: &Context, params: &Params) -> Result<String, Doubt> {
    let Some(name) = &params.name else {
        return hosts::wanted(cx, None, params.target.as_deref())
            .and_then(|host| no_address(host.name));
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if may_ask(&name, &hosts::known(cx)) {
        return no_address(name);
    }
    let seen = format!(
        "`{name}` is no name of this environment: expected one of its hosts, or a zone above one"
    );
    Err(Doubt::new(Reason::NotConfigured, seen))
}

fn no_address(name: String) -> Result<String, Doubt> {
    if name.parse::<IpAddr>().is_ok() {
        let seen = format!("`{name}` is an address, which has no records of its own");
        return Err(Doubt::new(Reason::NotConfigured, seen));
    }
    Ok(name)
}

/// Whether `name`, without its underscored labels in front, is a host or a zone above one
/// with at least two labels.
fn may_ask(name: &str, hosts: &[String]) -> bool {
    let mut own = name;
    while let Some((label, rest)) = own.split_once('.')
        && label.starts_with('_')
    {
        own = rest;
    }
    let zone = format!(".{own}");
    hosts.iter().any(|host| host == own || (own.contains('.') && host.ends_with(&zone)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_around_a_configured_host_are_asked_for() {
        let hosts = ["api.eu.example.com".to_owned(), "localhost".to_owned()];
        for (name, may) in [
            ("api.eu.example.com", true),
            ("eu.example.com", true),
            ("example.com", true),
            ("_dmarc.example.com", true),
            ("_acme-challenge.api.eu.example.com", true),
            ("localhost", true),
            ("com", false),
            ("www.example.com", false),
            ("ample.com", false),
            ("canary.secret.evil.test", false),
            ("_x.evil.test", false),
        ] {
            assert_eq!(may_ask(name, &hosts), may, "{name}");
        }
    }

    #[test]
    fn nothing_is_known_about_records_that_are_not_there() {
        let judge = |exists, records: &[&str], expect: &str| {
            let records = records.iter().map(|text| (*text).to_owned()).collect();
            let params =
                Params { name: None, target: None, kind: Kind::A, expect: vec![expect.to_owned()] };
            Expect::judge(&Reply { exists, records, took_ms: 3 }, &params).outcome
        };
        let open = Outcome::Inconclusive(Reason::Unexpected);
        use countersign_domain::finding::Outcome;
        for (exists, records, expect, outcome) in [
            (true, &["192.0.2.1"][..], "records == ['192.0.2.1']", Outcome::Pass),
            (true, &["192.0.2.1", "192.0.2.9"], "records == ['192.0.2.1']", Outcome::Fail),
            (true, &[], "records.all(r, r.startsWith('192.'))", open),
            (true, &[], "count == 0 && exists", Outcome::Pass),
            (false, &[], "count > 0", Outcome::Fail),
            (false, &[], "!exists", Outcome::Pass),
        ] {
            assert_eq!(judge(exists, records, expect), outcome, "{expect}");
        }
    }
}
