//! The built-in checklist against MailAgent's stand-in, a real application on a real stack:
//! hardened, nothing fails; vulnerable, every planted fault is found and nothing else; one
//! fault at a time, exactly its own items fail; with a part gone, nothing about it passes.
#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod behaviour;
mod gone;
mod hardened;
mod planted;
mod release;
mod single;
mod stored;
mod vulnerable;

/// Held by whoever starts deployments by the dozen: side by side, a small machine makes them
/// look silent, and what happens in a shared database can't be told apart.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
