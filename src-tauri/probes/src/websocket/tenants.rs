//! Two tenants, each with two sockets in its own room: one that speaks and one that
//! listens. What the listener hears of its own speaker shows that the room works, without
//! which silence elsewhere would show nothing.

use std::time::Duration;

use countersign_domain::finding::{Note, Reason};
use serde_json::Value;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::door::Door;
use super::member::{Member, acknowledged};
use super::rooms::{Slots, arguments};
use super::setup::Params;
use crate::context::Context;
use crate::http::target;
use crate::probe::Doubt;

/// How long the own room may take to deliver, at most.
const DELIVERY: Duration = Duration::from_secs(3);
/// How long the other tenant is listened to once the own room has delivered.
pub(super) const QUIET: Duration = Duration::from_secs(1);

/// One tenant.
pub(super) struct Tenant {
    /// Its id.
    pub(super) id: String,
    /// A token of one of its users.
    pub(super) token: Zeroizing<String>,
    /// What it is called in lines.
    pub(super) name: &'static str,
}

/// Where the two tenants meet.
pub(super) struct Meeting {
    /// The socket.
    pub(super) door: Door,
    /// Tenant A.
    pub(super) a: Tenant,
    /// Tenant B.
    pub(super) b: Tenant,
    /// What they speak about.
    pub(super) topic: String,
}

impl Meeting {
    /// What the environment says of it.
    ///
    /// # Errors
    /// What was to be looked at, and a doubt that names what is missing.
    pub(super) fn of(cx: &Context, params: &Params) -> Result<Self, (String, Doubt)> {
        let door = Door::of(cx, params).map_err(|doubt| ("websocket".to_owned(), doubt))?;
        let (a, b) = both(cx, &door.params).map_err(|doubt| (target::shown(&door.url), doubt))?;
        let topic = topic(&door.params);
        Ok(Self { door, a, b, topic })
    }
}

/// Tenant A and tenant B of the environment.
///
/// # Errors
/// A doubt that names the fact or secret that is missing, or is the same for both.
fn both(cx: &Context, params: &Params) -> Result<(Tenant, Tenant), Doubt> {
    let one = |fact: &str, secret: &str, name| {
        let id = cx.fact(fact).map(str::trim).filter(|id| !id.is_empty()).ok_or_else(|| {
            let seen = format!("the environment has no fact `{fact}`: the id of a test tenant");
            Doubt::new(Reason::NotConfigured, seen)
        })?;
        let token = cx.secret(secret).ok_or_else(|| {
            let seen = format!("the secret `{secret}` has no value: a token of a test tenant");
            Doubt::new(Reason::NeedsCredentials, seen)
        })?;
        Ok::<_, Doubt>(Tenant { id: id.to_owned(), token: token.clone(), name })
    };
    let a = one("tenant_a", &params.token, "tenant A")?;
    let b = one("tenant_b", &params.other_token, "tenant B")?;
    if a.id == b.id || a.token == b.token {
        let seen = "`tenant_a` and `tenant_b`, and their tokens, must be two";
        return Err(Doubt::new(Reason::NotConfigured, seen));
    }
    Ok((a, b))
}

/// A name that nobody has used before.
pub(super) fn fresh() -> String {
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("countersign-{}", random.get(..12).unwrap_or(&random))
}

/// The topic that is spoken about.
fn topic(params: &Params) -> String {
    if params.topic.is_empty() { fresh() } else { params.topic.clone() }
}

/// A tenant's two sockets, both in its own room.
pub(super) struct Pair<'a> {
    door: &'a Door,
    tenant: &'a Tenant,
    topic: String,
    delivery: Duration,
    /// The one that listens.
    pub(super) listener: Member<'a>,
    /// The one that speaks.
    pub(super) speaker: Member<'a>,
    /// What the listener's joining was answered with, in words.
    pub(super) joined: String,
}

impl<'a> Pair<'a> {
    /// Both sockets, let in and in their room.
    ///
    /// # Errors
    /// Why one was not let in, and the lines of it.
    pub(super) async fn enter(
        cx: &Context,
        door: &'a Door,
        tenant: &'a Tenant,
        topic: &str,
    ) -> Result<Self, (Doubt, Vec<String>)> {
        let (listener, speaker) = tokio::join!(
            Member::enter(cx, door, &tenant.token, tenant.name),
            Member::enter(cx, door, &tenant.token, tenant.name)
        );
        let (mut listener, mut speaker) = (listener?, speaker?);
        let params = &door.params;
        let slots = Slots::own(params, &tenant.id, topic, "");
        let join = || arguments(&params.join_payload, &slots);
        let (ack, _) = tokio::join!(
            listener.ask(&params.join_event, join()),
            speaker.ask(&params.join_event, join())
        );
        let (joined, topic) = (acknowledged(ack.as_ref()), topic.to_owned());
        let delivery = DELIVERY.min(cx.patience().total);
        Ok(Self { door, tenant, topic, delivery, listener, speaker, joined })
    }

    /// Why the certificate was not trusted, when it was not.
    pub(super) fn certificate(&self) -> Option<Note> {
        self.listener.certificate()
    }

    /// Says a canary in the own room; the canary, and whether the listener heard it.
    pub(super) async fn speak(&mut self) -> (String, bool) {
        let canary = fresh();
        let slots = Slots::own(&self.door.params, &self.tenant.id, &self.topic, &canary);
        self.emit(&slots).await;
        self.listener.listen(Instant::now() + self.delivery, |member| member.has(&canary)).await;
        let heard = self.listener.has(&canary);
        (canary, heard)
    }

    /// Both ask for this room as well, and a canary is said in it; the canary.
    pub(super) async fn speak_in(&mut self, room: &Value) -> String {
        let canary = fresh();
        let params = &self.door.params;
        let mut slots = Slots::asking(params, &self.tenant.id, &self.topic, room);
        let join = arguments(&params.join_payload, &slots);
        tokio::join!(
            self.listener.ask(&params.join_event, join.clone()),
            self.speaker.ask(&params.join_event, join)
        );
        slots.canary = &canary;
        self.emit(&slots).await;
        canary
    }

    async fn emit(&mut self, slots: &Slots<'_>) {
        let params = &self.door.params;
        self.speaker.tell(&params.emit_event, arguments(&params.emit_payload, slots)).await;
    }

    /// Both leave; the lines of their stay.
    pub(super) async fn leave(self) -> Vec<String> {
        let (mut lines, more) = tokio::join!(self.listener.leave(), self.speaker.leave());
        lines.extend(more);
        lines
    }
}
