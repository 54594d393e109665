//! One question to a name server, with "no such name", "no such record", "server failed"
//! and "no answer" told apart.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use countersign_domain::finding::Reason;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use tokio::time::timeout;

use crate::context::Context;
use crate::probe::Doubt;

/// Records of one answer that are kept.
const MAX_RECORDS: usize = 200;

/// What a name server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Whether the name exists.
    pub exists: bool,
    /// The records of the type that was asked for, as text, sorted.
    pub records: Vec<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// Asks `server`, or those of this machine, for the records of a name.
pub(super) async fn ask(
    cx: &Context,
    server: Option<SocketAddr>,
    name: &str,
    kind: RecordType,
) -> Result<Reply, Doubt> {
    let resolver = resolver(cx, server)?;
    // With the dot at its end no search list of this machine is tried.
    let name = Name::from_ascii(format!("{name}."))
        .map_err(|error| Doubt::new(Reason::NotConfigured, format!("`{name}`: {error}")))?;
    let started = Instant::now();
    let looked = timeout(cx.patience().total, resolver.lookup(name, kind)).await;
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let reply = |exists, records| Ok(Reply { exists, records, took_ms });
    match looked {
        Err(_) | Ok(Err(NetError::Timeout)) => {
            Err(Doubt::new(Reason::TimedOut, "the name server did not answer in time"))
        }
        Ok(Ok(lookup)) => {
            let data = lookup.answers().iter().map(|record| &record.data);
            let own = data.filter(|data| data.record_type() == kind);
            let mut records: Vec<_> = own.map(text).take(MAX_RECORDS + 1).collect();
            if records.len() > MAX_RECORDS {
                let seen = format!("the answer holds more than {MAX_RECORDS} records");
                return Err(Doubt::new(Reason::Unexpected, seen));
            }
            records.sort();
            reply(true, records)
        }
        Ok(Err(NetError::Dns(DnsError::NoRecordsFound(none)))) => match none.response_code {
            ResponseCode::NXDomain => reply(false, Vec::new()),
            ResponseCode::NoError => reply(true, Vec::new()),
            code => Err(failed(code)),
        },
        Ok(Err(NetError::Dns(DnsError::ResponseCode(code)))) => Err(failed(code)),
        Ok(Err(error)) => Err(lost(&error)),
    }
}

fn failed(code: ResponseCode) -> Doubt {
    let reason = if code == ResponseCode::Refused { Reason::Refused } else { Reason::Unexpected };
    Doubt::new(reason, format!("the name server answered {code}"))
}

fn lost(error: &NetError) -> Doubt {
    let reason = match error {
        NetError::Io(_) | NetError::NoConnections => Reason::Unreachable,
        _ => Reason::Unexpected,
    };
    Doubt::new(reason, format!("name server: {error}"))
}

fn resolver(cx: &Context, server: Option<SocketAddr>) -> Result<TokioResolver, Doubt> {
    let ours = |error: NetError| {
        Doubt::new(Reason::NotConfigured, format!("name servers of this machine: {error}"))
    };
    let mut builder = match server {
        Some(server) => {
            let mut own = NameServerConfig::udp_and_tcp(server.ip());
            for connection in &mut own.connections {
                connection.port = server.port();
            }
            let config = ResolverConfig::from_name_servers(vec![own]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
        None => TokioResolver::builder_tokio().map_err(ours)?,
    };
    let options = builder.options_mut();
    options.attempts = 1;
    options.timeout = cx.patience().total / 3;
    options.use_hosts_file = ResolveHosts::Never;
    options.cache_size = 0;
    builder.build().map_err(ours)
}

/// A record as text; names in lower case and without the dot at their end.
fn text(data: &RData) -> String {
    let bare = |name: &Name| name.to_ascii().trim_end_matches('.').to_ascii_lowercase();
    match data {
        RData::A(address) => IpAddr::V4(address.0).to_string(),
        RData::AAAA(address) => IpAddr::V6(address.0).to_string(),
        RData::CNAME(name) => bare(&name.0),
        RData::NS(name) => bare(&name.0),
        RData::MX(mx) => format!("{} {}", mx.preference, bare(&mx.exchange)),
        RData::TXT(txt) => String::from_utf8_lossy(&txt.txt_data.concat()).into_owned(),
        RData::CAA(caa) => {
            let value = String::from_utf8_lossy(&caa.value);
            format!("{} {} \"{value}\"", caa.flags(), caa.tag.to_ascii_lowercase())
        }
        other => other.to_string(),
    }
}
