//! What a new key signs to take the place of an old one, so that a rotation shows two things
//! at once: the old key wants it, and the new key is held by whoever says so.

use serde::Serialize;

use crate::canonical::{self, NotCanonical};
use crate::id::{Fingerprint, ProjectId};

/// SSHSIG namespace of the new key's signature; one made for anything else does not hold.
pub const ROTATION_NAMESPACE: &str = "countersign-rotation-v1";

/// Bound to project and both keys, so that it serves for no other rotation.
#[derive(Serialize)]
struct Statement<'a> {
    project: &'a ProjectId,
    replaced: &'a Fingerprint,
    replaced_by: &'a Fingerprint,
}

/// The RFC 8785 bytes that the new key signs.
///
/// # Errors
/// [`NotCanonical`], which texts alone never cause.
pub fn rotation_statement(
    project: &ProjectId,
    replaced: &Fingerprint,
    replaced_by: &Fingerprint,
) -> Result<Vec<u8>, NotCanonical> {
    canonical::bytes(&Statement { project, replaced, replaced_by })
}
