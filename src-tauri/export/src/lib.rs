//! The audit record as bytes, and back to a verdict. Pure: events go in, bytes come out, the
//! same ones each time; a verifier builds them again and compares.

pub mod ci;
pub mod formats;
pub mod record;
pub mod report;

mod archive;
mod bundle;
mod describe;
mod error;
mod names;
mod packet;
mod recipe;
mod signers;
mod text;
mod verify;

pub use archive::{MAX_MEMBER_BYTES, MAX_MEMBERS, MAX_TOTAL_BYTES};
pub use bundle::{BundleInput, required_evidence, required_templates, write};
pub use describe::describe;
pub use error::ExportError;
pub use packet::{BadPacket, Packet, named_files, read_packet, write_packet};
pub use record::{AuditRecord, Source};
pub use signers::{BadSigners, fingerprints};
pub use verify::{Age, Contents, Requirements, Signer, Step, Verdict, Verification, verify};
