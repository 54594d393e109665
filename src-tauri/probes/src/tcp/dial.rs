//! Dials a port of a host, at each of its addresses, and hangs up.

use std::io::ErrorKind;
use std::net::SocketAddr;

use countersign_domain::finding::Reason;
use futures::future::join_all;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::context::Context;
use crate::http::reproduce::quoted;
use crate::probe::Doubt;

/// Addresses of one host that are dialled.
const MAX_ADDRESSES: usize = 16;

/// What became of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A connection stood.
    Open,
    /// The host said no.
    Refused,
    /// Nothing came: a firewall that drops, or nobody.
    Silent,
    /// The call did not get there.
    Lost(String),
}

impl Answer {
    /// The answer in words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Open => "open".to_owned(),
            Self::Refused => "refused".to_owned(),
            Self::Silent => "no answer".to_owned(),
            Self::Lost(why) => format!("not reached ({why})"),
        }
    }
}

/// What each address of a host answered.
pub(super) type Answers = Vec<(SocketAddr, Answer)>;

/// Dials every address of `host`.
pub(super) async fn dial(cx: &Context, host: &str, port: u16) -> Result<Answers, Doubt> {
    let unknown = |why: String| Doubt::new(Reason::Unreachable, format!("{host}: {why}"));
    let found = match timeout(cx.patience().connect, lookup_host((host, port))).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => return Err(unknown(error.to_string())),
        Err(_) => return Err(Doubt::new(Reason::TimedOut, format!("{host}: no address in time"))),
    };
    let mut addresses: Vec<_> = found.collect();
    addresses.sort();
    addresses.dedup();
    if addresses.is_empty() {
        return Err(unknown("it has no address".to_owned()));
    }
    if addresses.len() > MAX_ADDRESSES {
        let seen = format!("{host} has {} addresses: not all were dialled", addresses.len());
        return Err(Doubt::new(Reason::Unexpected, seen));
    }
    let _place = cx.place(host).await;
    let calls = addresses.into_iter().map(async |address| (address, call(cx, address).await));
    Ok(join_all(calls).await)
}

async fn call(cx: &Context, address: SocketAddr) -> Answer {
    match timeout(cx.patience().connect, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Answer::Open,
        Err(_) => Answer::Silent,
        Ok(Err(error)) => match error.kind() {
            ErrorKind::ConnectionRefused => Answer::Refused,
            ErrorKind::TimedOut => Answer::Silent,
            _ => Answer::Lost(error.to_string()),
        },
    }
}

/// The answers in one line.
pub(super) fn words(answers: &[(SocketAddr, Answer)]) -> String {
    let each = answers.iter().map(|(address, answer)| format!("{address}: {}", answer.words()));
    each.collect::<Vec<_>>().join("; ")
}

/// A command that shows the same.
pub(super) fn command(host: &str, port: u16) -> String {
    format!("nc -vz -w 5 {} {port}", quoted(host))
}
