//! What the ledger and the key folder promise, told as stories against real files, real
//! processes and the stock `ssh-keygen`.
#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod agent;
mod agents;
mod allowed_signers;
mod append;
mod crash;
mod damage;
mod evidence;
mod keys;
mod merge;
mod opening;
mod openssh;
mod refusal;
mod security_key;
mod soft_key;
mod support;
