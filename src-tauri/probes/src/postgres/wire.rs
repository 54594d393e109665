//! The first messages of PostgreSQL's protocol by hand ("Frontend/Backend Protocol", 55.7),
//! so that a claim about what happens before a login never gets as far as a password.

use countersign_domain::finding::Reason;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::context::Context;
use crate::link::Stream;
use crate::probe::Doubt;

/// Version 3.0 of the protocol.
const VERSION: u32 = 196_608;
/// "May we speak TLS?"
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
/// Bytes that one message may have.
const MAX_MESSAGE: u32 = 16 * 1024;

/// The answer to a startup message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// An authentication request: 0 is "come in", 3 a password in the clear, 5 MD5, 10 SASL.
    Authentication(u32),
    /// An error.
    Error {
        /// SQLSTATE.
        code: String,
        /// The server's words.
        message: String,
    },
}

impl Answer {
    /// The answer in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Authentication(0) => "come in, without a password".to_owned(),
            Self::Authentication(kind) => format!("asks for authentication (type {kind})"),
            Self::Error { code, message } => format!("error {code}: {message}"),
        }
    }
}

/// Whether the server offers TLS. Reads one byte: whatever came with it is not trusted
/// (CVE-2021-23222).
pub(super) async fn offers_tls(cx: &Context, stream: &mut impl Stream) -> Result<bool, Doubt> {
    let exchange = async {
        stream.write_all(&SSL_REQUEST).await?;
        stream.read_u8().await
    };
    match in_time(cx, exchange).await? {
        b'S' => Ok(true),
        b'N' => Ok(false),
        other => {
            let seen =
                format!("not PostgreSQL: answered the request for TLS with byte {other:#04x}");
            Err(Doubt::new(Reason::Unexpected, seen))
        }
    }
}

/// Introduces itself as `user` and reads one message.
pub(super) async fn start(
    cx: &Context,
    stream: &mut impl Stream,
    user: &str,
    database: &str,
) -> Result<Answer, Doubt> {
    let exchange = async {
        stream.write_all(&startup(user, database)).await?;
        let kind = stream.read_u8().await?;
        let length = stream.read_u32().await?;
        // Bytes of something else must not be taken for a length.
        if !matches!(kind, b'R' | b'E') || !(4..=MAX_MESSAGE).contains(&length) {
            return Ok((kind, Vec::new()));
        }
        let mut body = vec![0; length as usize - 4];
        stream.read_exact(&mut body).await?;
        Ok((kind, body))
    };
    let (kind, body) = in_time(cx, exchange).await?;
    read(kind, &body).ok_or_else(|| {
        let seen = format!("not PostgreSQL: answered the startup message with byte {kind:#04x}");
        Doubt::new(Reason::Unexpected, seen)
    })
}

async fn in_time<T>(
    cx: &Context,
    exchange: impl Future<Output = std::io::Result<T>>,
) -> Result<T, Doubt> {
    match timeout(cx.patience().total, exchange).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            let seen = format!("the server ended the connection without an answer ({error})");
            Err(Doubt::new(Reason::Unexpected, seen))
        }
        Err(_) => Err(Doubt::new(Reason::TimedOut, "connected, but no answer within the deadline")),
    }
}

fn startup(user: &str, database: &str) -> Vec<u8> {
    let mut body = VERSION.to_be_bytes().to_vec();
    for text in ["user", user, "database", database, "application_name", "countersign"] {
        body.extend(text.bytes().filter(|byte| *byte != 0));
        body.push(0);
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], &body].concat()
}

fn read(kind: u8, body: &[u8]) -> Option<Answer> {
    match kind {
        b'R' => Some(Answer::Authentication(u32::from_be_bytes(body.get(..4)?.try_into().ok()?))),
        b'E' => {
            let field = |wanted: u8| {
                body.split(|byte| *byte == 0)
                    .find_map(|field| field.strip_prefix(&[wanted]))
                    .map(|text| String::from_utf8_lossy(text).into_owned())
            };
            Some(Answer::Error { code: field(b'C')?, message: field(b'M').unwrap_or_default() })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_startup_message_measures_itself_and_ends_with_two_zeros() {
        let message = startup("app", "shop");
        assert_eq!(message[..4], u32::try_from(message.len()).expect("short").to_be_bytes());
        assert!(message.ends_with(b"countersign\0\0"));
        assert!(message.windows(9).any(|part| part == b"user\0app\0"));
    }

    #[test]
    fn both_answers_are_read_and_anything_else_is_not() {
        assert_eq!(read(b'R', &10_u32.to_be_bytes()), Some(Answer::Authentication(10)));
        let error = b"SFATAL\0VFATAL\0C28000\0Mno encryption\0\0";
        let expected = Answer::Error { code: "28000".into(), message: "no encryption".into() };
        assert_eq!(read(b'E', error), Some(expected));
        assert_eq!(read(b'R', b"12"), None);
        assert_eq!(read(b'E', b"garbage"), None);
        assert_eq!(read(b'H', b"TTP/"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_break_it(
            kind in proptest::sample::select(vec![b'R', b'E', b'N', 0]),
            body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300),
        ) {
            if let Some(Answer::Error { code, message }) = read(kind, &body) {
                // A byte that is no text becomes one of three.
                proptest::prop_assert!(code.len() + message.len() <= 3 * body.len());
            }
        }

        #[test]
        fn no_name_gets_into_another_field(user in "\\PC{0,20}", database in "[a-z\0]{0,20}") {
            let message = startup(&user, &database);
            let fields = message[8..].split(|byte| *byte == 0).count();
            proptest::prop_assert_eq!(fields, 8);
        }
    }
}
