//! The program as a person or a pipeline uses it, from the first key to the verified
//! record: by the script in tests/journey, and case by case where a script would be
//! clumsy.

mod agent;
mod canaries;
mod capture;
mod command_line;
mod demo;
mod desk;
mod emergency;
mod json;
mod keys;
mod killed;
mod packets;
mod pipeline;
mod planted;
mod recipes;
mod roster;
mod tampering;
mod team;
