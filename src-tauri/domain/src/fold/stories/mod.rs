//! The rules told as short stories: who does what, minute by minute, and what the gate says
//! then. Each step also checks that a trial and the real thing agree, and each story that
//! its events fold to the same state in any order of arrival.

mod checklist;
mod concurrency;
mod consents;
mod deployments;
mod emergencies;
mod exceptions;
mod gates;
mod invariants;
mod items;
mod keys;
mod materials;
mod people;
mod projects;
mod properties;
mod proposals;
mod requirements;
mod rewrites;
mod scores;
mod shuffle;
mod signers;
mod signoffs;
mod staleness;
mod steps;
mod story;
mod trusted;

pub(crate) use story::Story;
