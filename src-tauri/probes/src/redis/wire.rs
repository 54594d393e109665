//! A few lines of RESP by hand, so that the server's own words are kept and nothing is
//! sent that a client library would add.

use countersign_domain::finding::Reason;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::timeout;

use super::endpoint::Endpoint;
use crate::context::Context;
use crate::probe::Doubt;

/// Bytes that one answer may have.
const MAX_ANSWER: u64 = 4_096;

/// Sends one command on a new connection and returns the first line of the answer.
pub(super) async fn ask(cx: &Context, at: &Endpoint, words: &[&str]) -> Result<String, Doubt> {
    let mut line = at.dial(cx).await?;
    let exchange = async {
        // The server may answer and close before it has read us; the answer counts.
        let sent = line.write_all(&encode(words)).await;
        let mut answer = Vec::new();
        let read =
            BufReader::new((&mut line).take(MAX_ANSWER)).read_until(b'\n', &mut answer).await;
        match (read, sent) {
            (Ok(_), _) => Ok(answer),
            (Err(_), _) if !answer.is_empty() => Ok(answer),
            (Err(error), _) => Err(error),
        }
    };
    match timeout(cx.patience().total, exchange).await {
        Err(_) => Err(Doubt::new(Reason::TimedOut, "connected, but no answer within the deadline")),
        Ok(Err(error)) => {
            Err(Doubt::new(Reason::Unexpected, format!("the connection broke: {error}")))
        }
        Ok(Ok(answer)) => read(&answer),
    }
}

/// A command as an array of bulk strings (RESP).
fn encode(words: &[&str]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        out.extend(format!("${}\r\n{word}\r\n", word.len()).into_bytes());
    }
    out
}

fn read(answer: &[u8]) -> Result<String, Doubt> {
    let unexpected = |seen: String| Err(Doubt::new(Reason::Unexpected, seen));
    match answer {
        [] => unexpected("the server closed the connection without an answer".into()),
        // A TLS record: alert or handshake (RFC 8446, 5.1).
        [0x15 | 0x16, 3, ..] => {
            unexpected("the server answered in TLS: the URL should be rediss://".into())
        }
        [b'+' | b'-', .., b'\r', b'\n'] => {
            Ok(String::from_utf8_lossy(answer).trim_end().to_owned())
        }
        other => {
            let start = String::from_utf8_lossy(&other[..other.len().min(80)]).into_owned();
            unexpected(format!("not an answer of Redis: {start:?}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_counted_and_measured() {
        assert_eq!(encode(&["AUTH", "x"]), b"*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n");
    }

    #[test]
    fn only_a_status_or_an_error_is_an_answer() {
        assert_eq!(
            read(b"-NOAUTH Authentication required.\r\n").expect("an answer"),
            "-NOAUTH Authentication required."
        );
        for (name, bytes) in [
            ("nothing", &b""[..]),
            ("TLS", b"\x15\x03\x01\x00\x02\x02\x0a"),
            ("HTTP", b"HTTP/1.1 400 Bad Request\r\n"),
            ("an unfinished line", b"-NOAUTH"),
        ] {
            assert_eq!(read(bytes).expect_err(name).reason, Reason::Unexpected, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
            if let Ok(line) = read(&bytes) {
                proptest::prop_assert!(line.starts_with(['+', '-']));
            }
        }

        #[test]
        fn a_word_cannot_end_its_command(word in "[A-Z\r\n*$0-9]{0,20}") {
            let sent = encode(&["AUTH", &word]);
            let expected = format!("*2\r\n$4\r\nAUTH\r\n${}\r\n{word}\r\n", word.len());
            proptest::prop_assert_eq!(sent, expected.into_bytes());
        }
    }
}
