//! `countersign roster proposals` and `decide`: changes that wait for the consent of others.

use clap::Args;
use countersign_workflow::view::{ChangeAnswer, DecideChange, ProjectView, ProposalView};

use super::one_of;
use crate::fault::Fault;
use crate::output::{Output, faint, plain, strong};
use crate::words;

/// Which one, and how.
#[derive(Debug, Args)]
pub(crate) struct Decide {
    /// The proposal's id, or the start of it
    id: String,
    /// Consent to it
    #[arg(long, required_unless_present = "reject", conflicts_with = "reject")]
    approve: bool,
    /// Refuse it
    #[arg(long)]
    reject: bool,
    /// The role that you decide for [default: each that it needs and you hold]
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// In your words
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
}

impl Decide {
    pub(super) fn request(self, project: &ProjectView) -> Result<DecideChange, Fault> {
        let ids = project.proposals.iter().map(|known| known.id.as_str());
        let proposal = one_of(ids, "", &self.id).map(str::to_owned).map_err(|several| {
            let problem = if several {
                format!("several proposals begin with {:?}", self.id)
            } else {
                format!("no proposal {:?} waits", self.id)
            };
            Fault::input(problem, "`countersign roster proposals` shows them")
        })?;
        Ok(DecideChange {
            project: project.id.clone(),
            proposal,
            role: self.role,
            approve: self.approve,
            note: self.note,
        })
    }
}

/// Says when a change was only proposed; the project as it stands.
pub(super) fn answered(answer: ChangeAnswer, out: &mut Output) -> ProjectView {
    if let Some(proposed) = &answer.proposed {
        let id = short(&proposed.id);
        out.remark(&format!("Proposed: needs {}; they run:", waits_for(proposed)));
        out.remark(&format!("  countersign roster decide {id} --approve"));
    }
    answer.project
}

pub(super) fn list(out: &mut Output, proposals: &[ProposalView]) {
    if proposals.is_empty() {
        out.say("No change waits for consent.");
        return;
    }
    for one in proposals {
        out.line(&[strong(&one.change), faint(format!("  {}", short(&one.id)))]);
        let asked = format!("{}, {}", one.proposed_by, words::time(&one.proposed_at));
        let waits = waits_for(one);
        let given = one
            .needs
            .iter()
            .filter_map(|need| Some(format!("{} ({})", need.role, need.by.as_ref()?)));
        let given = given.collect::<Vec<_>>().join(", ");
        let about = one.about.as_deref().unwrap_or_default();
        for (name, text) in [
            ("proposed", asked.as_str()),
            ("why", &one.note),
            ("about", about),
            ("consented", &given),
            ("waits for", &waits),
        ] {
            if !text.is_empty() {
                out.line(&[faint(format!("  {name:<9} ")), plain(text)]);
            }
        }
    }
}

fn waits_for(proposal: &ProposalView) -> String {
    let open = proposal.needs.iter().filter(|need| need.by.is_none());
    open.map(|need| need.role.as_str()).collect::<Vec<_>>().join(", ")
}

/// Enough of an id to name it.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}
