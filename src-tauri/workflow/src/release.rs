//! Releases: opened, pinned to a template and to what goes out; ticked; excepted; signed;
//! deployed; closed. Each verb is one event.

use std::path::Path;

use base64::Engine as _;
use chrono::{DateTime, Utc};
use countersign_domain::event::{
    Artifact, Body, Decision, Evidence, Signing, Subject, Tick, Verdict,
};
use countersign_domain::id::{Digest, ExceptionId, Fingerprint, ItemId, ProjectId, ReleaseId};
use countersign_ledger::keys::UnlockedKey;

use crate::error::Failure;
use crate::home::Home;
use crate::project::role_of;
use crate::query;
use crate::view::{
    AttachEvidence, Attest, CloseRelease, DecideException, DeclareEmergency, ItemDetail,
    OpenRelease, RecordDeployment, ReleaseView, RequestException, SignOff, TickCode,
    VerifyDeployment,
};

/// The template that a release pins when none is named.
pub const DEFAULT_TEMPLATE: &str = "production-security";

/// Project and release of a request.
pub(crate) fn ids(project: &str, release: &str) -> Result<(ProjectId, ReleaseId), Failure> {
    Ok((ProjectId::parse(project)?, ReleaseId::parse(release)?))
}

impl Home {
    /// Opens a release.
    ///
    /// # Errors
    /// [`Failure::Refused`]; [`Failure::Input`] for an artifact or time that cannot be read.
    pub fn open_release(
        &self,
        key: &UnlockedKey,
        request: &OpenRelease,
    ) -> Result<ReleaseView, Failure> {
        let project = ProjectId::parse(&request.project)?;
        let release = ReleaseId::parse(&self.fresh("release"))?;
        let loaded = self.template(request.template.as_deref().unwrap_or(DEFAULT_TEMPLATE))?;
        self.store_template(&project, &loaded)?;
        let source = self.read(&project, |fold| {
            let environment =
                fold.project().and_then(|known| known.environment(&request.environment));
            Ok(environment.and_then(|known| known.targets.source.clone()))
        })?;
        let (commit, dirty) =
            source.and_then(|source| countersign_probes::git::commit(Path::new(&source))).unzip();
        let artifacts =
            request.artifacts.iter().map(|text| artifact(text)).collect::<Result<_, _>>()?;
        let planned_for = request.planned_for.as_deref().map(time).transpose()?;
        let subject = Subject {
            commit,
            dirty: dirty.unwrap_or(false),
            artifacts,
            ticket: request.ticket.trim().to_owned(),
            reason: request.reason.trim().to_owned(),
        };
        let body = Body::ReleaseOpened {
            release: release.clone(),
            version: request.version.trim().to_owned(),
            environment: request.environment.clone(),
            template: loaded.digest,
            subject,
            planned_for,
        };
        self.act(key, &project, body)?;
        self.release(&project, &release)
    }

    /// Ticks an item, or takes the tick back.
    ///
    /// # Errors
    /// [`Failure::Refused`].
    pub fn attest(&self, key: &UnlockedKey, request: &Attest) -> Result<ItemDetail, Failure> {
        let (project, release) = ids(&request.project, &request.release)?;
        let item = ItemId::parse(&request.item)?;
        let tick = match request.tick {
            TickCode::Done => Tick::Done,
            TickCode::NotDone => Tick::NotDone,
            TickCode::NotApplicable => Tick::NotApplicable,
        };
        let note = request.note.trim().to_owned();
        let body = Body::ItemAttested { release: release.clone(), item: item.clone(), tick, note };
        self.act(key, &project, body)?;
        self.item(&project, &release, &item)
    }

    /// Attaches a file to an item.
    ///
    /// # Errors
    /// [`Failure::Refused`]; [`Failure::Ledger`] for a file that is too large.
    pub fn attach(
        &self,
        key: &UnlockedKey,
        request: &AttachEvidence,
    ) -> Result<ItemDetail, Failure> {
        let (project, release) = ids(&request.project, &request.release)?;
        let item = ItemId::parse(&request.item)?;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(request.content.as_bytes())
            .map_err(|error| Failure::Input {
                field: "content",
                problem: error.to_string(),
                hint: "Send the file's bytes as base64",
            })?;
        let sha256 = self.ledger.put_blob(&bytes)?;
        let evidence = Evidence {
            name: request.name.clone(),
            media_type: request.media_type.clone(),
            size: bytes.len() as u64,
            sha256,
            observed_at: request.observed_at.as_deref().map_or(Ok(self.now()), time)?,
        };
        let body =
            Body::EvidenceAttached { release: release.clone(), item: item.clone(), evidence };
        self.act(key, &project, body)?;
        self.item(&project, &release, &item)
    }

    /// Asks to go out in spite of an item.
    ///
    /// # Errors
    /// [`Failure::Refused`].
    pub fn request_exception(
        &self,
        key: &UnlockedKey,
        request: &RequestException,
    ) -> Result<ItemDetail, Failure> {
        let (project, release) = ids(&request.project, &request.release)?;
        let item = ItemId::parse(&request.item)?;
        let body = Body::ExceptionRequested {
            release: release.clone(),
            exception: ExceptionId::parse(&self.fresh("exception"))?,
            item: item.clone(),
            reason: request.reason.trim().to_owned(),
            compensating_control: request.compensating_control.trim().to_owned(),
            owner: request.owner.trim().to_owned(),
            expires_at: time(&request.expires_at)?,
        };
        self.act(key, &project, body)?;
        self.item(&project, &release, &item)
    }

    /// Decides on an exception.
    ///
    /// # Errors
    /// [`Failure::Refused`].
    pub fn decide_exception(
        &self,
        key: &UnlockedKey,
        request: &DecideException,
    ) -> Result<ReleaseView, Failure> {
        let (project, release) = ids(&request.project, &request.release)?;
        let body = Body::ExceptionDecided {
            release: release.clone(),
            exception: ExceptionId::parse(&request.exception)?,
            verdict: if request.approve { Verdict::Approve } else { Verdict::Reject },
            note: request.note.trim().to_owned(),
        };
        self.act(key, &project, body)?;
        self.release(&project, &release)
    }

    /// Signs, declines or takes back. The key must have been opened for this one signature;
    /// for one in ssh-agent the request says that the signer confirmed the statement.
    ///
    /// # Errors
    /// [`Failure::Refused`]; [`Failure::Unconfirmed`].
    pub fn sign_off(&self, key: &UnlockedKey, request: &SignOff) -> Result<ReleaseView, Failure> {
        if key.is_in_agent() && !request.confirmed {
            return Err(Failure::Unconfirmed);
        }
        let (project, release) = ids(&request.project, &request.release)?;
        let role = role_of(&request.role)?;
        let decision = match request.decision.as_str() {
            "approve" => Decision::Approve,
            "decline" => Decision::Decline,
            "revoke" => Decision::Revoke,
            other => {
                let hint = "Use approve, decline or revoke";
                return Err(Failure::Input { field: "decision", problem: other.to_owned(), hint });
            }
        };
        let meaning = self.read(&project, |fold| {
            let (known, release) = query::find(fold, &release)?;
            Ok(query::meaning(known, release, role, decision))
        })?;
        let exceptions =
            request.exceptions.iter().map(|id| ExceptionId::parse(id)).collect::<Result<_, _>>()?;
        let body = Body::SignedOff {
            release: release.clone(),
            role,
            decision,
            meaning,
            exceptions,
            state: Digest::parse(&request.state)?,
            comment: request.comment.trim().to_owned(),
            signing: Some(Signing {
                utc_offset: (self.world.utc_offset)(self.now()),
                opened: opened(key).to_owned(),
            }),
        };
        self.act(key, &project, body)?;
        self.release(&project, &release)
    }

    /// Declares that the release goes out as an emergency, or withdraws that.
    ///
    /// # Errors
    /// [`Failure::Refused`].
    pub fn declare_emergency(
        &self,
        key: &UnlockedKey,
        request: &DeclareEmergency,
    ) -> Result<ReleaseView, Failure> {
        let (project, release) = ids(&request.project, &request.release)?;
        let reason = request.reason.trim().to_owned();
        let body = if request.withdraw {
            Body::EmergencyWithdrawn { release: release.clone(), reason }
        } else {
            Body::EmergencyDeclared { release: release.clone(), reason }
        };
        self.act(key, &project, body)?;
        self.release(&project, &release)
    }

    /// Records that it went out.
    ///
    /// # Errors
    /// [`Failure::Refused`].
    pub fn record_deployment(
        &self,
        key: &UnlockedKey,
        request: &RecordDeployment,
    ) -> Result<ReleaseView, Failure> {
        let (project, release) = ids(&request.project, &request.release)?;
        let body = Body::DeploymentRecorded {
            release: release.clone(),
            deployed_at: request.deployed_at.as_deref().map_or(Ok(self.now()), time)?,
            deployed_by: self.member(&project, &request.deployed_by)?,
            verified_by: self.member(&project, &request.verified_by)?,
            reference: request.reference.trim().to_owned(),
        };
        self.act(key, &project, body)?;
        self.release(&project, &release)
    }

    /// Says what the verifier saw.
    ///
    /// # Errors
    /// [`Failure::Refused`].
    pub fn verify_deployment(
        &self,
        key: &UnlockedKey,
        request: &VerifyDeployment,
    ) -> Result<ReleaseView, Failure> {
        let (project, release) = ids(&request.project, &request.release)?;
        let note = request.note.trim().to_owned();
        self.act(key, &project, Body::DeploymentVerified { release: release.clone(), note })?;
        self.release(&project, &release)
    }

    /// Closes a release.
    ///
    /// # Errors
    /// [`Failure::Refused`].
    pub fn close_release(
        &self,
        key: &UnlockedKey,
        request: &CloseRelease,
    ) -> Result<ReleaseView, Failure> {
        let (project, release) = ids(&request.project, &request.release)?;
        let note = request.note.trim().to_owned();
        self.act(key, &project, Body::ReleaseClosed { release: release.clone(), note })?;
        self.release(&project, &release)
    }

    /// A member's key by fingerprint or e-mail.
    fn member(&self, project: &ProjectId, wanted: &str) -> Result<Fingerprint, Failure> {
        let wanted = wanted.trim();
        self.read(project, |fold| {
            let mut members = fold.project().into_iter().flat_map(|known| known.members.values());
            members
                .find(|member| {
                    member.fingerprint.as_str() == wanted
                        || member.email.eq_ignore_ascii_case(wanted)
                })
                .map(|member| member.fingerprint.clone())
                .ok_or_else(|| Failure::NotFound {
                    what: "member",
                    name: wanted.chars().take(80).collect(),
                    hint: "`countersign roster list` shows the people of the project",
                })
        })
    }

    /// The release of that id, or the newest of that version.
    ///
    /// # Errors
    /// [`Failure::NotFound`].
    pub fn find_release(
        &self,
        project: &ProjectId,
        wanted: Option<&str>,
    ) -> Result<ReleaseId, Failure> {
        self.read(project, |fold| {
            let mut releases: Vec<_> =
                fold.project().into_iter().flat_map(|known| known.releases.values()).collect();
            releases.sort_by_key(|release| std::cmp::Reverse(release.opened.at));
            let found = releases.iter().find(|release| {
                wanted.is_none_or(|text| release.id.as_str() == text || release.version == text)
            });
            found.map(|release| release.id.clone()).ok_or_else(|| Failure::NotFound {
                what: "release",
                name: wanted.unwrap_or_default().chars().take(80).collect(),
                hint: "`countersign release list` shows them, `release open` opens one",
            })
        })
    }
}

/// How a key is opened for one signature: both fronts ask for the passphrase of a sealed key.
fn opened(key: &UnlockedKey) -> &'static str {
    match (key.is_in_agent(), key.needs_touch()) {
        (false, _) => Signing::PASSPHRASE,
        (true, false) => Signing::AGENT,
        (true, true) => Signing::AGENT_TOUCH,
    }
}

/// A time as RFC 3339, or a date that ends at midnight UTC.
pub(crate) fn time(text: &str) -> Result<DateTime<Utc>, Failure> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    let date = text.parse::<chrono::NaiveDate>().ok().and_then(|date| date.and_hms_opt(0, 0, 0));
    date.map(|date| date.and_utc()).ok_or_else(|| Failure::Input {
        field: "time",
        problem: format!("{:?} is not a time", text.chars().take(40).collect::<String>()),
        hint: "Write it as 2026-01-31T12:00:00Z, or as a date 2026-01-31",
    })
}

fn artifact(text: &str) -> Result<Artifact, Failure> {
    let (name, digest) = text.rsplit_once('=').ok_or_else(|| Failure::Input {
        field: "artifact",
        problem: format!("{text:?} has no digest"),
        hint: "Write it as NAME=SHA256",
    })?;
    let digest = digest.trim().strip_prefix("sha256:").unwrap_or(digest.trim());
    Ok(Artifact { name: name.trim().to_owned(), sha256: Digest::parse(digest)? })
}
