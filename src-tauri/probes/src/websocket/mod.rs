//! Claims about sockets: socket.io 4 (Engine.IO 4 over its WebSocket transport) and plain
//! WebSocket. `targets.websocket` names the address; nothing is derived. Every parameter
//! that belongs to one project can be given by a fact of the environment, `websocket_` and
//! the parameter's name (`websocket_join_event`), because a checklist serves many projects.
//! The claims about rooms also need the facts `tenant_a` and `tenant_b`, the ids of two
//! test tenants, and a token of each.

mod admission;
mod dial;
mod door;
pub mod foreign_origin_refused;
mod knock;
mod member;
mod packet;
mod reproduce;
pub mod room_names;
mod rooms;
mod setup;
pub mod tenant_rooms;
mod tenants;
pub mod token_required;

pub use setup::{Params, Protocol, TokenIn};

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[
    &Erased::<token_required::TokenRequired>::new(),
    &Erased::<foreign_origin_refused::ForeignOriginRefused>::new(),
    &Erased::<tenant_rooms::TenantRooms>::new(),
    &Erased::<room_names::RoomNames>::new(),
];
