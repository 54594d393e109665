//! Asks Redis and its file where it listens, and dials the addresses that the team lists.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};

use countersign_domain::finding::Reason;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Answer, Dial, Facts, Source};
use crate::context::Context;
use crate::offload::offload;
use crate::probe::Doubt;
use crate::redis::conf::{directives, last, read};
use crate::redis::endpoint::{Endpoint, target};
use crate::redis::listening::{Listening, parse};
use crate::redis::session::{Refusal, Session, items, text};
use crate::redis::wire::ask;
use crate::tls::versions::connect;

/// The declared addresses that Redis is to listen on.
const EXPECTED: &str = "redis_bind";
/// The declared other addresses of Redis's host, where nothing may answer.
const ADDRESSES: &str = "redis_addresses";
/// Addresses that are dialled at most.
const MAX_DIALS: usize = 16;

struct Seen {
    listening: Listening,
    source: Source,
    protected: Option<bool>,
}

pub(super) async fn look(cx: &Context) -> Result<Facts, Doubt> {
    let expected = cx.fact(EXPECTED).map(|list| Listening::read(list.split([',', ' '])));
    if target(cx).is_none() {
        let seen = from_file(cx).await?;
        let listening = Ok((seen.listening, seen.source));
        return Ok(Facts {
            listening,
            protected: seen.protected,
            expected,
            dials: Vec::new(),
            from: None,
        });
    }
    let at = Endpoint::of(cx)?;
    // A server that is down refuses everywhere, so it must answer where it should. What it
    // answers to a stranger does not matter, only that it is Redis.
    ask(cx, &at, &["PING"]).await?;
    let stream = connect(cx, &at.host, at.port).await?;
    let peer = stream.peer_addr().ok();
    let from = stream.local_addr().ok().map(|local| local.ip().to_canonical());
    drop(stream);
    let seen = match from_server(cx, &at).await {
        Ok(seen) => Ok(seen),
        Err(why) => from_file(cx).await.map_err(|doubt| match doubt.reason {
            Reason::NotConfigured if cx.environment().targets.redis_conf.is_none() => why,
            _ => format!("{why}; {}", doubt.seen),
        }),
    };
    let mut dials = Vec::new();
    for address in addresses(cx.fact(ADDRESSES).unwrap_or_default(), at.port)? {
        if peer.is_some_and(|peer| same(peer, address)) {
            let seen = format!("`{ADDRESSES}`: {address} is where `redis` itself is");
            return Err(Doubt::new(Reason::NotConfigured, seen));
        }
        let answer = dial(cx, address).await;
        let loopback = address.ip().to_canonical().is_loopback();
        dials.push(Dial { address: address.to_string(), loopback, answer });
    }
    let protected = seen.as_ref().ok().and_then(|seen| seen.protected);
    let listening = seen.map(|seen| (seen.listening, seen.source));
    Ok(Facts { listening, protected, expected, dials, from })
}

fn same(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port() && one.ip().to_canonical() == other.ip().to_canonical()
}

async fn from_server(cx: &Context, at: &Endpoint) -> Result<Seen, String> {
    let mut session = Session::open(cx, at).await.map_err(|doubt| doubt.seen)?;
    let bind = match config(&mut session, "bind").await {
        Ok(bind) => bind.ok_or("CONFIG GET bind has no such answer")?,
        Err(refusal) => return Err(format!("CONFIG GET bind: {}", refusal.words())),
    };
    let protected = config(&mut session, "protected-mode").await.ok().flatten();
    Ok(Seen {
        listening: Listening::read(bind.split_ascii_whitespace()),
        source: Source::Server,
        protected: protected.map(|word| word == "yes"),
    })
}

async fn config(session: &mut Session, name: &str) -> Result<Option<String>, Refusal> {
    let answer = session.ask(&["CONFIG", "GET", name]).await?;
    Ok(match items(&answer) {
        [key, value] if text(key).as_deref() == Some(name) => text(value),
        _ => None,
    })
}

async fn from_file(cx: &Context) -> Result<Seen, Doubt> {
    let Some(file) = cx.environment().targets.redis_conf.as_deref() else {
        return Err(Doubt::new(Reason::NotConfigured, "the environment names no `redis_conf`"));
    };
    let path = cx.path(file);
    let not_there = |why| Doubt::new(Reason::NotConfigured, why);
    let text = offload(move |_| read(&path).map_err(not_there)).await?;
    Ok(in_file(&text))
}

fn in_file(text: &str) -> Seen {
    let lines = directives(text);
    let words = last(&lines, "bind").unwrap_or_default();
    let protected = last(&lines, "protected-mode").and_then(|words| words.first());
    Seen {
        listening: Listening::read(words.iter().map(String::as_str)),
        source: Source::File {
            includes: lines.iter().filter(|words| words[0] == "include").count(),
        },
        // On unless the file says otherwise (redis.conf, since 3.2).
        protected: Some(protected.is_none_or(|word| word == "yes")),
    }
}

/// The addresses of the fact; each may have a port of its own.
fn addresses(list: &str, port: u16) -> Result<Vec<SocketAddr>, Doubt> {
    let wrong = |text: String| Err(Doubt::new(Reason::NotConfigured, text));
    let mut all = Vec::new();
    for word in list.split([',', ' ']).filter(|word| !word.is_empty()) {
        let own = word.parse::<SocketAddr>().ok();
        let Some(address) = own.or_else(|| Some(SocketAddr::new(parse(word)?, port))) else {
            return wrong(format!("`{ADDRESSES}`: expected IP addresses, found {word:?}"));
        };
        if address.ip().is_unspecified() {
            return wrong(format!("`{ADDRESSES}`: {word} is no address that can be dialled"));
        }
        all.push(address);
    }
    if all.len() > MAX_DIALS {
        return wrong(format!("`{ADDRESSES}`: {} addresses, {MAX_DIALS} at most", all.len()));
    }
    Ok(all)
}

async fn dial(cx: &Context, address: SocketAddr) -> Answer {
    let host: IpAddr = address.ip();
    let _place = cx.place(&host.to_string()).await;
    match timeout(cx.patience().connect, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Answer::Answered,
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => Answer::Refused,
        Ok(Err(error)) => Answer::Failed(error.to_string()),
        Err(_) => Answer::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bind_line_counts_and_none_is_every_interface() {
        let seen = in_file("bind 0.0.0.0\nbind 127.0.0.1 -::1\n# bind *\nprotected-mode no");
        assert_eq!(seen.listening.loopback, ["127.0.0.1", "::1"]);
        assert_eq!(seen.protected, Some(false));
        let none = in_file("port 6379\ninclude other.conf");
        assert_eq!((none.listening.everywhere.len(), none.protected), (1, Some(true)));
        assert_eq!(none.source, Source::File { includes: 1 });
    }

    #[test]
    fn addresses_may_have_a_port_and_must_be_addresses() {
        let seen = addresses("10.0.0.5, 10.0.0.6:7000 fd00::1,[fd00::2]:7001", 6379);
        let seen: Vec<_> = seen.expect("addresses").iter().map(ToString::to_string).collect();
        assert_eq!(seen, ["10.0.0.5:6379", "10.0.0.6:7000", "[fd00::1]:6379", "[fd00::2]:7001"]);
        assert!(addresses("", 1).expect("none").is_empty());
        for wrong in ["redis.example", "0.0.0.0", "::", "10.0.0.5:99999", "10.0.0.0/8"] {
            assert_eq!(
                addresses(wrong, 1).expect_err(wrong).reason,
                Reason::NotConfigured,
                "{wrong}"
            );
        }
    }
}
