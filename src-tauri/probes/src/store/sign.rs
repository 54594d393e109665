//! Signs a request to AWS (Signature Version 4), so that the access key itself is never sent.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use countersign_domain::finding::Reason;
use url::Url;
use zeroize::Zeroizing;

use crate::probe::Doubt;

/// The keys of an AWS user or role.
#[derive(Clone)]
pub(super) struct Keys {
    /// `AWS_ACCESS_KEY_ID`
    pub(super) id: Zeroizing<String>,
    /// `AWS_SECRET_ACCESS_KEY`
    pub(super) secret: Zeroizing<String>,
    /// `AWS_SESSION_TOKEN`, for temporary keys.
    pub(super) token: Option<Zeroizing<String>>,
}

/// The headers that make a POST to `service` in `region` one of the keys' owner.
///
/// # Errors
/// Our own mistake: a request that cannot be signed.
pub(super) fn post(
    keys: &Keys,
    (region, service): (&str, &str),
    url: &Url,
    headers: &[(&str, &str)],
    body: &str,
    at: SystemTime,
) -> Result<Vec<(&'static str, Zeroizing<String>)>, Doubt> {
    let ours = |error: &dyn std::fmt::Display| {
        Doubt::new(Reason::Internal, format!("the request could not be signed: {error}"))
    };
    let token = keys.token.as_ref().map(|token| token.to_string());
    let identity =
        Credentials::new(keys.id.as_str(), keys.secret.as_str(), token, None, "environment").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(at)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| ours(&error))?
        .into();
    let body = SignableBody::Bytes(body.as_bytes());
    let request = SignableRequest::new("POST", url.as_str(), headers.iter().copied(), body)
        .map_err(|error| ours(&error))?;
    let (signed, _) = sign(request, &params).map_err(|error| ours(&error))?.into_parts();
    let (made, _) = signed.into_parts();
    Ok(made
        .into_iter()
        .map(|header| (header.name(), Zeroizing::new(header.value().to_owned())))
        .collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The suite that AWS publishes for this signature (aws-sig-v4-test-suite), case
    /// `post-vanilla`: keys, time and expected signature are its own.
    #[test]
    fn the_published_example_is_signed_as_published() {
        let keys = Keys {
            id: Zeroizing::new("AKIDEXAMPLE".to_owned()),
            secret: Zeroizing::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
            token: None,
        };
        let url = Url::parse("https://example.amazonaws.com/").expect("a URL");
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        let made = post(&keys, ("us-east-1", "service"), &url, &[], "", at).expect("signed");
        let header = |name: &str| {
            made.iter().find(|(own, _)| *own == name).map(|(_, value)| value.to_string())
        };
        assert_eq!(header("x-amz-date").as_deref(), Some("20150830T123600Z"));
        assert_eq!(
            header("authorization").as_deref(),
            Some(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                 SignedHeaders=host;x-amz-date, \
                 Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
            )
        );
    }
}
