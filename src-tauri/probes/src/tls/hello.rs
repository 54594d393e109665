//! A hand-made ClientHello for one version, and the reading of what comes back. A modern
//! TLS library refuses to offer the old versions, so it cannot show that a server accepts
//! them. Nothing is negotiated: one packet out, the first answer in.

use tls_parser::{TlsMessage, TlsMessageAlert, TlsMessageHandshake, parse_tls_message_alert};

/// `TLS 1.0` on the wire (RFC 2246).
pub const TLS10: u16 = 0x0301;
/// `TLS 1.1` on the wire (RFC 4346).
pub const TLS11: u16 = 0x0302;
/// `TLS 1.2` on the wire (RFC 5246).
pub const TLS12: u16 = 0x0303;

/// Largest payload of one record (RFC 5246, 6.2.3: 2^14 + 2048).
const MAX_RECORD: usize = 16_384 + 2_048;

/// CBC and RC4 suites of all key exchanges, so that a refusal is about the version and not
/// about a cipher; the last one signals secure renegotiation (RFC 5746).
const SUITES: [u16; 24] = [
    0xc00a, 0xc009, 0xc014, 0xc013, 0x0039, 0x0033, 0x0038, 0x0032, 0x0035, 0x002f, 0x0084, 0x0041,
    0x0088, 0x0045, 0xc008, 0xc012, 0x0016, 0x000a, 0xc007, 0xc011, 0x0005, 0x0004, 0x0096, 0x00ff,
];
/// What TLS 1.2 adds: AEAD and SHA-2 suites.
const SUITES_12: [u16; 16] = [
    0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca9, 0xcca8, 0x009e, 0x009f, 0xccaa, 0x009c, 0x009d, 0xc023,
    0xc024, 0xc027, 0xc028, 0x003c,
];
/// x25519, P-256, P-384, P-521 (RFC 8422).
const GROUPS: [u16; 4] = [0x001d, 0x0017, 0x0018, 0x0019];
/// SHA-2 and SHA-1 with ECDSA, RSA-PSS and RSA (RFC 8446, 4.2.3).
const SIGNATURES: [u16; 11] =
    [0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201];

/// What came back first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// More bytes are needed to tell.
    Incomplete,
    /// A ServerHello.
    Hello {
        /// The version that it chose.
        version: u16,
        /// The cipher suite that it chose.
        suite: u16,
    },
    /// A fatal alert (RFC 8446, 6.2).
    Alert(u8),
    /// Bytes that are not TLS.
    NotTls,
}

/// Every suite of the time of `version`.
#[must_use]
pub fn all_suites(version: u16) -> Vec<u16> {
    let newer = if version >= TLS12 { SUITES_12.as_slice() } else { &[] };
    [newer, &SUITES].concat()
}

/// The bytes of a ClientHello for `version` that offers `suites`; the server's name is sent
/// when there is one.
#[must_use]
pub fn client_hello(version: u16, suites: &[u16], name: Option<&str>, random: [u8; 32]) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend(random);
    body.push(0); // no session
    body.extend(long(&words(suites)));
    body.extend([1, 0]); // no compression
    body.extend(long(&extensions(version, name)));

    let mut handshake = vec![1];
    handshake.extend(&u32::try_from(body.len()).unwrap_or(0).to_be_bytes()[1..]);
    handshake.extend(body);

    // The record carries 3.1 whatever is offered: old stacks drop anything else.
    let mut record = vec![22, 3, 1];
    record.extend(long(&handshake));
    record
}

fn extensions(version: u16, name: Option<&str>) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(name) = name {
        let mut entry = vec![0];
        entry.extend(long(name.as_bytes()));
        out.extend(extension(0, &long(&entry)));
    }
    out.extend(extension(10, &long(&words(&GROUPS))));
    out.extend(extension(11, &[1, 0])); // uncompressed points
    if version >= TLS12 {
        out.extend(extension(13, &long(&words(&SIGNATURES))));
    }
    out.extend(extension(23, &[])); // extended master secret
    out
}

fn extension(kind: u16, data: &[u8]) -> Vec<u8> {
    [kind.to_be_bytes().to_vec(), long(data)].concat()
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

/// `data` behind its length in two bytes.
fn long(data: &[u8]) -> Vec<u8> {
    [&u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes(), data].concat()
}

/// Reads the first answer out of what has come so far.
#[must_use]
pub fn read(mut bytes: &[u8]) -> Reply {
    loop {
        let Some((header, rest)) = bytes.split_at_checked(5) else {
            return if looks_like_tls(bytes) { Reply::Incomplete } else { Reply::NotTls };
        };
        let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
        if !looks_like_tls(header) || length > MAX_RECORD {
            return Reply::NotTls;
        }
        let Some((payload, rest)) = rest.split_at_checked(length) else { return Reply::Incomplete };
        match read_record(header[0], payload) {
            // A warning (unrecognised name) may stand before the real answer.
            None => bytes = rest,
            Some(reply) => return reply,
        }
    }
}

fn looks_like_tls(bytes: &[u8]) -> bool {
    let kind = bytes.first().is_none_or(|kind| matches!(kind, 21 | 22));
    kind && bytes.get(1).is_none_or(|major| *major == 3)
}

fn read_record(kind: u8, payload: &[u8]) -> Option<Reply> {
    if kind == 21 {
        let Ok((_, TlsMessage::Alert(TlsMessageAlert { severity, code }))) =
            parse_tls_message_alert(payload)
        else {
            return Some(Reply::NotTls);
        };
        // close_notify (0) is a warning by its level and an end by its meaning.
        return (severity.0 != 1 || code.0 == 0).then_some(Reply::Alert(code.0));
    }
    Some(server_hello(payload))
}

fn server_hello(payload: &[u8]) -> Reply {
    let Some((header, _)) = payload.split_at_checked(4) else { return Reply::NotTls };
    let length =
        usize::from(header[1]) << 16 | usize::from(header[2]) << 8 | usize::from(header[3]);
    // A certificate may follow in the same record, cut in the middle: only the hello is read.
    let Some(message) = payload.get(..4 + length) else { return Reply::NotTls };
    match tls_parser::parse_tls_message_handshake(message) {
        Ok((_, TlsMessage::Handshake(TlsMessageHandshake::ServerHello(hello)))) => {
            Reply::Hello { version: hello.version.0, suite: hello.cipher.0 }
        }
        _ => Reply::NotTls,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(version: u16) -> Vec<u8> {
        let mut body = version.to_be_bytes().to_vec();
        body.extend([7; 32]);
        body.extend([0, 0xc0, 0x13, 0]);
        let mut message = vec![2, 0, 0, u8::try_from(body.len()).expect("short")];
        message.extend(body);
        record(22, &message)
    }

    fn chosen(version: u16) -> Reply {
        Reply::Hello { version, suite: 0xc013 }
    }

    fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
        [vec![kind, 3, 1], long(payload)].concat()
    }

    #[test]
    fn our_own_hello_is_well_formed_to_another_parser() {
        for version in [TLS10, TLS11, TLS12] {
            let bytes =
                client_hello(version, &all_suites(version), Some("api.example.com"), [1; 32]);
            let (rest, plain) = tls_parser::parse_tls_plaintext(&bytes).expect("one record");
            assert!(rest.is_empty());
            let TlsMessage::Handshake(TlsMessageHandshake::ClientHello(seen)) = &plain.msg[0]
            else {
                panic!("not a ClientHello");
            };
            assert_eq!(seen.version.0, version);
            let (_, list) =
                tls_parser::parse_tls_client_hello_extensions(seen.ext.expect("extensions"))
                    .expect("well-formed");
            let named = list.iter().any(|extension| {
                matches!(extension, tls_parser::TlsExtension::SNI(names)
                    if names.iter().any(|(_, name)| *name == b"api.example.com"))
            });
            assert!(named, "the server's name is sent");
        }
    }

    #[test]
    fn the_first_answer_decides() {
        let warning = record(21, &[1, 112]);
        let cases: [(&str, Vec<u8>, Reply); 9] = [
            ("a hello of the version asked", hello(TLS10), chosen(TLS10)),
            ("a hello of another version", hello(TLS12), chosen(TLS12)),
            ("a hello behind a warning", [warning.clone(), hello(TLS11)].concat(), chosen(TLS11)),
            ("protocol_version", record(21, &[2, 70]), Reply::Alert(70)),
            ("close_notify", record(21, &[1, 0]), Reply::Alert(0)),
            ("only a warning so far", warning, Reply::Incomplete),
            ("half a hello", hello(TLS10)[..20].to_vec(), Reply::Incomplete),
            ("an HTTP error page", b"HTTP/1.1 400 Bad Request".to_vec(), Reply::NotTls),
            ("a record that lies about its length", vec![22, 3, 1, 0xff, 0xff, 2], Reply::NotTls),
        ];
        for (case, bytes, expected) in cases {
            assert_eq!(read(&bytes), expected, "{case}");
        }
    }

    #[test]
    fn a_certificate_cut_in_the_middle_behind_the_hello_does_no_harm() {
        let mut payload = hello(TLS11)[5..].to_vec();
        payload.extend([11, 0, 9, 0, 1, 2, 3]);
        assert_eq!(read(&record(22, &payload)), chosen(TLS11));
    }
}
