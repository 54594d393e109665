//! A small socket.io server with tenant rooms, right by default, and wrong in one way at a
//! time; and the environment that points at it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use countersign_domain::environment::Targets;
use countersign_domain::finding::{Finding, Outcome};
use countersign_probes::context::Context;
use futures::{SinkExt as _, StreamExt as _};
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use crate::servers;

pub(crate) const SECRET: &str = "4d2f9a1b7c3e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8";
pub(crate) const OWN: &str = "https://app.example.com";
const OPEN: &str =
    r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

/// One way to be wrong, or odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twist {
    /// None: as it should be.
    Right,
    /// Anybody is let in.
    AnyToken,
    /// The end of a token is not looked at.
    AnyEnd,
    /// `alg: none` will do.
    AlgNone,
    /// Only the content is read.
    AnySignature,
    /// Nobody is let in.
    Nobody,
    /// Everybody is let in, and put out after a check that takes time.
    Late,
    /// The same, with an event in between.
    LateAndLeaky,
    /// The same, with an event that only says why.
    LateWithReason,
    /// A bad token is met with silence.
    Silent,
    /// A bad token ends the connection.
    Cut,
    /// A bad token is let in and gets one huge message.
    Huge,
    /// A bad token is refused and gets an event all the same.
    SaysNoAndDelivers,
    /// Any room may be joined.
    AnyRoom,
    /// The same, and every join is acknowledged as forbidden.
    AnyRoomForbidden,
    /// The same, without acknowledgements.
    AnyRoomUnsaid,
    /// No room at all: every message goes to everybody.
    Broadcast,
    /// Joins are acknowledged as granted, and only the right ones are made.
    Flattering,
    /// Right, and without acknowledgements.
    Unsaid,
    /// Whoever asks for a foreign room is put out.
    PutsOut,
    /// After some foreign rooms were asked for, whoever asks for any is put out.
    Weary,
    /// A list of rooms is checked by its first name.
    Lists,
    /// Names are compared before, and joined after, they are put into small letters.
    Capitals,
    /// Names without a tenant are for everybody.
    Bare,
    /// Messages are never delivered.
    Mute,
    /// Foreign origins are let in.
    AnyOrigin,
    /// A foreign origin is refused only when it asks to be let in.
    OriginLate,
}

struct Seat {
    rooms: BTreeSet<String>,
    /// Whether a foreign room was asked for.
    foreign: bool,
    say: UnboundedSender<String>,
}

type Seats = Arc<Mutex<Vec<Seat>>>;

/// A running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) connections: Arc<std::sync::atomic::AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(crate) async fn start(twist: Twist) -> Self {
        let seats = Seats::default();
        Self::tcp(move |stream| {
            let seats = seats.clone();
            async move {
                let _ = serve(stream, twist, seats).await;
            }
        })
        .await
    }

    /// A server that does what it likes with each connection.
    pub(crate) async fn tcp<F>(on: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let connections = Arc::<std::sync::atomic::AtomicUsize>::default();
        let counted = connections.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                tokio::spawn(on(stream));
            }
        });
        Self { port, connections, task }
    }
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.expect("after 1970").as_secs()).expect("fits")
}

fn mac(text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key");
    mac.update(text.as_bytes());
    BASE64.encode(mac.finalize().into_bytes())
}

/// A token of `tenant` that ends in so many seconds.
pub(crate) fn token(tenant: &str, ends_in: i64) -> String {
    let part = |value: Value| BASE64.encode(value.to_string());
    let claims = json!({ "sub": "u1", "tenantId": tenant, "exp": now() + ends_in });
    let text = format!("{}.{}", part(json!({ "alg": "HS256", "typ": "JWT" })), part(claims));
    format!("{text}.{}", mac(&text))
}

/// The tenant of a token that this server takes.
pub(crate) fn tenant(token: &str, twist: Twist) -> Option<String> {
    let (text, signature) = token.rsplit_once('.')?;
    let (header, payload) = text.split_once('.')?;
    let read =
        |part: &str| -> Option<Value> { serde_json::from_slice(&BASE64.decode(part).ok()?).ok() };
    let (header, claims) = (read(header)?, read(payload)?);
    let unsigned = twist == Twist::AlgNone && header["alg"] == "none";
    if !unsigned && twist != Twist::AnySignature && mac(text) != signature {
        return None;
    }
    if claims["exp"].as_i64()? <= now() && twist != Twist::AnyEnd {
        return None;
    }
    claims["tenantId"].as_str().map(str::to_owned)
}

#[allow(clippy::result_large_err, reason = "the library's own callback")]
async fn serve(stream: TcpStream, twist: Twist, seats: Seats) -> Option<()> {
    let mut foreign = false;
    let mut query = String::new();
    let upgrade = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        query = request.uri().query().unwrap_or_default().to_owned();
        foreign = request.headers().get("origin").is_some_and(|origin| origin != OWN);
        if foreign && !matches!(twist, Twist::AnyOrigin | Twist::OriginLate) {
            let mut refused = ErrorResponse::new(Some("Forbidden".to_owned()));
            *refused.status_mut() = 403.try_into().expect("a status");
            return Err(refused);
        }
        Ok(response)
    };
    let mut socket = accept_hdr_async(stream, upgrade).await.ok()?;
    assert!(query.contains("EIO=4") && query.contains("transport=websocket"), "{query}");
    socket.send(Message::text(OPEN)).await.ok()?;
    let asked = text(&mut socket).await?;
    let given = asked.strip_prefix("40")?;
    let given: Value = serde_json::from_str(given).unwrap_or_default();
    let known = given["token"].as_str().and_then(|token| tenant(token, twist));
    let late = foreign && twist == Twist::OriginLate;
    let Some(own) = known.filter(|_| twist != Twist::Nobody && !late) else {
        return refuse(socket, twist, seats).await;
    };
    let_in(&mut socket).await?;
    talk(socket, twist, &own, seats).await
}

async fn text(socket: &mut WebSocketStream<TcpStream>) -> Option<String> {
    loop {
        match socket.next().await?.ok()? {
            Message::Text(text) => return Some(text.as_str().to_owned()),
            Message::Close(_) => return None,
            _ => {}
        }
    }
}

async fn let_in(socket: &mut WebSocketStream<TcpStream>) -> Option<()> {
    socket.send(Message::text(r#"40{"sid":"s"}"#)).await.ok()
}

async fn refuse(mut socket: WebSocketStream<TcpStream>, twist: Twist, seats: Seats) -> Option<()> {
    match twist {
        Twist::AnyToken => {
            let_in(&mut socket).await?;
            return talk(socket, twist, "", seats).await;
        }
        Twist::Late | Twist::LateAndLeaky | Twist::LateWithReason => {
            let_in(&mut socket).await?;
            tokio::time::sleep(Duration::from_millis(200)).await;
            let event = match twist {
                Twist::LateAndLeaky => Some(r#"42["tick",{"unread":3}]"#),
                Twist::LateWithReason => Some(r#"42["exception",{"message":"Unauthorized"}]"#),
                _ => None,
            };
            if let Some(event) = event {
                socket.send(Message::text(event)).await.ok()?;
            }
            socket.send(Message::text("41")).await.ok()?;
        }
        Twist::Silent => tokio::time::sleep(Duration::from_secs(20)).await,
        Twist::Cut => return None,
        Twist::Huge => {
            let_in(&mut socket).await?;
            let huge = format!("42[\"file\",\"{}\"]", "x".repeat(200_000));
            socket.send(Message::text(huge)).await.ok()?;
        }
        _ => {
            socket.send(Message::text(r#"44{"message":"unauthorized"}"#)).await.ok()?;
            if twist == Twist::SaysNoAndDelivers {
                socket.send(Message::text(r#"42["tick",1]"#)).await.ok()?;
            }
        }
    }
    // As socket.io does, the connection itself stays for a while.
    while text(&mut socket).await.is_some() {}
    socket.close(None).await.ok()
}

async fn talk(
    mut socket: WebSocketStream<TcpStream>,
    twist: Twist,
    own: &str,
    seats: Seats,
) -> Option<()> {
    let (say, mut said) = unbounded_channel();
    let seat = {
        let mut seats = seats.lock().expect("no panic");
        seats.push(Seat { rooms: BTreeSet::new(), foreign: false, say });
        seats.len() - 1
    };
    let done = loop {
        tokio::select! {
            heard = text(&mut socket) => {
                let Some(heard) = heard else { break None };
                match answer(&heard, twist, own, &seats, seat) {
                    Answer::Nothing => {}
                    Answer::Say(text) => socket.send(Message::text(text)).await.ok()?,
                    Answer::PutOut => {
                        socket.send(Message::text("41")).await.ok()?;
                        break Some(());
                    }
                }
            }
            text = said.recv() => socket.send(Message::text(text?)).await.ok()?,
        }
    };
    seats.lock().expect("no panic")[seat].rooms.clear();
    let _ = socket.close(None).await;
    done
}

enum Answer {
    Nothing,
    Say(String),
    PutOut,
}

fn answer(heard: &str, twist: Twist, own: &str, seats: &Seats, seat: usize) -> Answer {
    let Some(event) = heard.strip_prefix("42") else { return Answer::Nothing };
    let data = event.trim_start_matches(|c: char| c.is_ascii_digit());
    let id = event.strip_suffix(data).unwrap_or_default();
    let Ok(data) = serde_json::from_str::<Value>(data) else { return Answer::Nothing };
    let room = &data[1]["room"];
    let mut seats = seats.lock().expect("no panic");
    match data[0].as_str() {
        Some("join") => {
            let joined = rooms(room, twist, own);
            let granted = joined.as_ref().is_some_and(|rooms| !rooms.is_empty());
            seats[seat].rooms.extend(joined.into_iter().flatten());
            seats[seat].foreign |= !granted;
            let weary = seats.iter().filter(|seat| seat.foreign).count() > 3;
            if !granted && twist == Twist::PutsOut || weary && twist == Twist::Weary && own == "a" {
                return Answer::PutOut;
            }
            let ok = match twist {
                Twist::AnyRoomForbidden => false,
                Twist::Flattering => true,
                _ => granted,
            };
            if matches!(twist, Twist::AnyRoomUnsaid | Twist::Unsaid) {
                return Answer::Nothing;
            }
            Answer::Say(format!("43{id}[{}]", json!({ "ok": ok, "room": room })))
        }
        Some("message") if twist != Twist::Mute => {
            let name = room.as_str().unwrap_or_default();
            let text =
                format!("42{}", json!(["message", { "room": room, "text": data[1]["text"] }]));
            for other in seats.iter() {
                if twist == Twist::Broadcast || other.rooms.contains(name) {
                    let _ = other.say.send(text.clone());
                }
            }
            Answer::Nothing
        }
        _ => Answer::Nothing,
    }
}

/// The rooms that a request leads into.
fn rooms(room: &Value, twist: Twist, own: &str) -> Option<Vec<String>> {
    let prefix = format!("tenant:{own}:");
    if let (Some(all), Twist::Lists) = (room.as_array(), twist) {
        let all: Vec<String> = all.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect();
        return all.first().is_some_and(|first| first.starts_with(&prefix)).then_some(all);
    }
    let name = room.as_str()?;
    let small = name.to_lowercase();
    let may = match twist {
        Twist::AnyRoom | Twist::AnyRoomForbidden | Twist::AnyRoomUnsaid => true,
        Twist::Capitals => name.starts_with(&prefix) || !name.starts_with("tenant:"),
        Twist::Bare => name.starts_with(&prefix) || !name.contains(':'),
        _ => name.starts_with(&prefix),
    };
    let joined = if twist == Twist::Capitals { small } else { name.to_owned() };
    may.then(|| vec![joined])
}

/// The environment of a project whose socket is here.
pub(crate) fn at(port: u16) -> Context {
    with(&format!("ws://127.0.0.1:{port}"), &[])
}

/// The same with another address and more facts.
pub(crate) fn with(url: &str, facts: &[(&str, &str)]) -> Context {
    let targets = Targets {
        websocket: Some(url.to_owned()),
        frontend: Some(OWN.to_owned()),
        ..Targets::default()
    };
    let (a, b) = (token("a", 600), token("b", 600));
    let secrets = [("AUTH_TOKEN", a.as_str()), ("OTHER_TENANT_TOKEN", &b), ("JWT_SECRET", SECRET)];
    let mut all = vec![("tenant_a", "a"), ("tenant_b", "b")];
    all.extend(facts);
    servers::context(targets, &secrets, &all)
}

pub(crate) fn assert_is(finding: &Finding, outcome: Outcome, words: &str) {
    assert_eq!(finding.outcome, outcome, "{finding:#?}");
    let text = format!("{} {} {:?}", finding.summary, finding.observed, finding.notes);
    assert!(text.contains(words), "{words:?} is not in {finding:#?}");
}
