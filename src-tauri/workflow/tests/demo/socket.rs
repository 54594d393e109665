//! The demo's WebSocket: open to anybody while faulty, to a valid token once repaired.

use std::net::SocketAddr;
use std::sync::Arc;

use futures::{SinkExt as _, StreamExt as _};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{address, open};

#[tokio::test]
async fn the_socket_lets_anybody_in_until_it_is_repaired() {
    let folder = TempDir::new().expect("a folder");
    let home = open(&folder);
    let demo = home.start_demo().await.expect("the demo");
    let at = address(&home, &demo, "api");
    let valid = valid_packet(&folder);
    let wrong = "40{\"token\":\"wrong\"}".to_owned();

    for packet in ["40".to_owned(), wrong.clone(), valid.clone()] {
        let answer = join(&folder, at, None, &packet).await.expect("open");
        assert!(answer.starts_with("40{"), "faulty: {answer}");
    }
    home.repair_demo().expect("repaired");
    // With another secret to sign with, the old token is nobody's any more.
    let (old, valid) = (valid, valid_packet(&folder));
    for packet in ["40".to_owned(), wrong, old, "40{\"token\":7}".to_owned(), "40{".to_owned()] {
        let answer = join(&folder, at, None, &packet).await.expect("open");
        assert!(answer.starts_with("44{"), "repaired: {answer}");
    }
    let answer = join(&folder, at, Some("https://app.demo.invalid"), &valid).await.expect("open");
    assert!(answer.starts_with("40{"), "repaired, valid: {answer}");
    let foreign = join(&folder, at, Some("https://foreign.example"), &valid).await;
    let Err(Error::Http(refused)) = foreign else { panic!("a foreign origin: {foreign:?}") };
    assert_eq!(refused.status(), 403);
}

/// The packet that asks for the namespace with the token that is valid now.
fn valid_packet(folder: &TempDir) -> String {
    let env = std::fs::read_to_string(folder.path().join("demo/source/.env")).expect("the .env");
    let token = env.lines().find_map(|line| line.strip_prefix("AUTH_TOKEN=")).expect("a token");
    format!("40{{\"token\":\"{token}\"}}")
}

/// Opens a socket, asks for the namespace, and gives the answer.
async fn join(
    folder: &TempDir,
    at: SocketAddr,
    origin: Option<&str>,
    packet: &str,
) -> Result<String, Error> {
    let mut roots = rustls::RootCertStore::empty();
    let ca =
        CertificateDer::from_pem_file(folder.path().join("demo/ca.pem")).expect("the authority");
    roots.add(ca).expect("usable");
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .expect("versions")
    .with_root_certificates(roots)
    .with_no_client_auth();
    let stream = TcpStream::connect(at).await.expect("it listens");
    let name = ServerName::IpAddress(at.ip().into());
    let stream = tokio_rustls::TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .expect("a trusted handshake");
    let url = format!("wss://{at}/socket.io/?EIO=4&transport=websocket");
    let mut request = url.into_client_request().expect("a request");
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().expect("a header"));
    }
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await?;
    let open = socket.next().await.expect("a packet")?;
    assert!(open.to_text()?.starts_with("0{\"sid\""), "{open}");
    socket.send(Message::text("2")).await?;
    assert_eq!(socket.next().await.expect("a pong")?.to_text()?, "3");
    socket.send(Message::text(packet)).await?;
    Ok(socket.next().await.expect("an answer")?.to_text()?.to_owned())
}
