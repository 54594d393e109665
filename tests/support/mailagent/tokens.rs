//! JSON Web Tokens of the stand-in, good ones and others, without asking it.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// A token of user `user-<tenant>` of `tenant-<tenant>`, signed with HS256 (RFC 7518,
/// section 3.2), that ends `seconds` from now.
///
/// # Errors
/// Never with a key of any length; the library's type says otherwise.
pub fn token(secret: &str, tenant: &str, seconds: i64) -> Result<String> {
    let now = Utc::now().timestamp();
    let claims = serde_json::json!({
        "sub": format!("user-{tenant}"),
        "tenantId": format!("tenant-{tenant}"),
        "iat": now,
        "exp": now + seconds,
    });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed =
        format!("{}.{}", part(&serde_json::json!({ "alg": "HS256", "typ": "JWT" })), part(&claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(signed.as_bytes());
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}
