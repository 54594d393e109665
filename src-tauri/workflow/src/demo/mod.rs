//! The demo: a project, three people and a target inside this program, so that a newcomer
//! sees real probes find real faults within a minute. It is labelled as a demo everywhere,
//! and never answers for a real target.

mod answers;
mod certificate;
mod checklist;
mod environment;
mod folder;
mod people;
mod socket;
mod target;
mod tree;

use std::path::Path;

use countersign_domain::environment::Environment;
use countersign_domain::event::{Body, Subject};
use countersign_domain::id::{ProjectId, ReleaseId};
use countersign_domain::member::Role;
use countersign_domain::state::Project;
use countersign_ledger::keys::UnlockedKey;

use self::environment::{environment, is_own, ports};
use self::folder::{Condition, Folder};
pub use self::people::PASSPHRASE;
use self::target::Start;
pub(crate) use self::target::Target;
use crate::error::Failure;
use crate::home::Home;
use crate::view::KeyView;

/// Origin of the front end that the target knows. Nobody can own a name under `.invalid`
/// (RFC 6761).
const FRONTEND: &str = "https://app.demo.invalid";

/// The demo, ready to be looked at.
#[derive(Debug, Clone)]
pub struct DemoStarted {
    /// Its project.
    pub project: ProjectId,
    /// Its newest release that is not closed.
    pub release: ReleaseId,
    /// The founder's key, sealed by [`PASSPHRASE`].
    pub key: KeyView,
}

impl Home {
    /// Makes the demo, or what is missing of it, and starts its target.
    ///
    /// # Errors
    /// [`Failure::Demo`] when the target cannot listen; trouble with ledger, keys or files.
    pub async fn start_demo(&self) -> Result<DemoStarted, Failure> {
        let mut running = self.demo.lock().await;
        let folder = Folder::of(self.path())?;
        self.keep_tree(&folder)?;
        let key = self.demo_keys()?;
        let founder = self.demo_founder()?;
        let project = match self.demo_environment()? {
            Some((project, environment)) => {
                self.keep_target(&mut running, &folder, &project, &environment).await?;
                project
            }
            None => {
                let target = Target::start_anywhere(&folder, self.now()).await?;
                let environment = environment(&folder, target.ports())?;
                *running = Some(target);
                self.found_demo(&founder, environment)?
            }
        };
        self.enroll_demo_people(&founder, &project)?;
        let release = match self.demo_releases(&project)?.pop() {
            Some(release) => release,
            None => self.open_demo_release(&founder, &project, &folder)?,
        };
        Ok(DemoStarted { project, release, key })
    }

    /// The demo's project, if it was ever started in this home.
    ///
    /// # Errors
    /// Trouble with the ledger.
    pub fn demo_project(&self) -> Result<Option<ProjectId>, Failure> {
        Ok(self.demo_environment()?.map(|(project, _)| project))
    }

    /// Sees to it that the demo's target answers at the addresses of its environment. When
    /// somebody else's program has taken the ports, others are bound and recorded: read the
    /// environment anew afterwards.
    ///
    /// # Errors
    /// [`Failure::Input`] for an environment that is not the demo's own; [`Failure::Demo`]
    /// when the target cannot listen.
    pub async fn ensure_demo_target(&self, environment: &Environment) -> Result<(), Failure> {
        let mut running = self.demo.lock().await;
        let own = self.demo_environment()?.filter(|(_, own)| own == environment);
        let Some((project, _)) = own else {
            return Err(Failure::Input {
                field: "environment",
                problem: format!(
                    "{:?} says it is a demo and is not the built-in one",
                    environment.name
                ),
                hint: "Remove `demo = true` from it: only the built-in target is a demo",
            });
        };
        let folder = Folder::of(self.path())?;
        self.keep_tree(&folder)?;
        self.keep_target(&mut running, &folder, &project, environment).await
    }

    /// Whether the planted faults are there.
    ///
    /// # Errors
    /// [`Failure::File`].
    pub fn demo_is_faulty(&self) -> Result<bool, Failure> {
        Ok(Folder::of(self.path())?.condition() == Condition::Faulty)
    }

    /// Plants the demo's faults, or repairs them: in the target, which follows at once, and
    /// in the sample tree, whose new commit becomes the subject of the open releases. It
    /// stays so after a restart.
    ///
    /// # Errors
    /// [`Failure::NotFound`] when there is no demo; trouble with ledger, key or files.
    pub fn set_demo_faults(&self, faulty: bool) -> Result<(), Failure> {
        let project = self.demo_project()?.ok_or(Failure::NotFound {
            what: "project",
            name: "demo".to_owned(),
            hint: "Start it with `countersign demo`",
        })?;
        let folder = Folder::of(self.path())?;
        let condition = if faulty { Condition::Faulty } else { Condition::Repaired };
        tree::write(self, &folder, condition)?;
        folder.set_condition(condition)?;
        let founder = self.demo_founder()?;
        let (commit, dirty) = commit(&folder.source());
        for release in self.demo_releases(&project)? {
            let subject = self.read(&project, |fold| {
                let known = fold.project().and_then(|known| known.releases.get(&release));
                Ok(known
                    .filter(|known| known.deployment.is_none())
                    .map(|known| known.subject.clone()))
            })?;
            let Some(subject) = subject else { continue };
            let fresh = Subject { commit: commit.clone(), dirty, ..subject.clone() };
            if fresh != subject {
                self.act(&founder, &project, Body::SubjectSet { release, subject: fresh })?;
            }
        }
        Ok(())
    }

    /// Repairs the planted faults: [`Home::set_demo_faults`] with `false`.
    ///
    /// # Errors
    /// As [`Home::set_demo_faults`].
    pub fn repair_demo(&self) -> Result<(), Failure> {
        self.set_demo_faults(false)
    }

    /// The demo's project and environment, as long as the founder's key is here and keeps
    /// the roster; without it nothing of the demo could go on.
    fn demo_environment(&self) -> Result<Option<(ProjectId, Environment)>, Failure> {
        let Some(founder) = self.demo_founder_key()? else { return Ok(None) };
        for project in self.ledger.projects()? {
            let own = self.read(&project, |fold| {
                let known = fold.project().filter(|known| {
                    let member = known.members.get(&founder.fingerprint);
                    member.is_some_and(|member| member.holds(Role::Admin))
                });
                let mut environments = known.into_iter().flat_map(|known| &known.environments);
                Ok(environments.find(|known| is_own(known)).cloned())
            })?;
            if let Some(environment) = own {
                return Ok(Some((project, environment)));
            }
        }
        Ok(None)
    }

    /// The demo's releases that are not closed, the newest last.
    fn demo_releases(&self, project: &ProjectId) -> Result<Vec<ReleaseId>, Failure> {
        self.read(project, |fold| {
            let all = fold.project().into_iter().flat_map(|known| known.releases.values());
            let mut open: Vec<_> = all.filter(|release| release.closed.is_none()).collect();
            open.sort_by_key(|release| release.opened.at);
            Ok(open.into_iter().map(|release| release.id.clone()).collect())
        })
    }

    fn keep_tree(&self, folder: &Folder) -> Result<(), Failure> {
        if tree::is_there(folder) {
            return Ok(());
        }
        tree::write(self, folder, folder.condition())
    }

    async fn keep_target(
        &self,
        running: &mut Option<Target>,
        folder: &Folder,
        project: &ProjectId,
        recorded: &Environment,
    ) -> Result<(), Failure> {
        let wanted = ports(recorded)
            .ok_or_else(|| Failure::Demo("its environment names no ports".to_owned()))?;
        let here = running.take().filter(|target| target.is_alive() && target.ports() == wanted);
        *running = here;
        let mut ports = wanted;
        if running.is_none() {
            match Target::start(folder, wanted, self.now()).await? {
                Start::Here(target) => *running = Some(target),
                Start::Elsewhere => {}
                Start::Taken => {
                    let target = Target::start_anywhere(folder, self.now()).await?;
                    ports = target.ports();
                    *running = Some(target);
                }
            }
        }
        let fresh = environment(folder, ports)?;
        if fresh == *recorded {
            return Ok(());
        }
        let environments = self.read(project, |fold| {
            let known = fold.project().map_or(&[][..], |known| known.environments.as_slice());
            let fresh =
                |known: &Environment| if is_own(known) { fresh.clone() } else { known.clone() };
            Ok(known.iter().map(fresh).collect())
        })?;
        let founder = self.demo_founder()?;
        self.act(&founder, project, Body::EnvironmentsSet { environments })?;
        Ok(())
    }

    fn open_demo_release(
        &self,
        founder: &UnlockedKey,
        project: &ProjectId,
        folder: &Folder,
    ) -> Result<ReleaseId, Failure> {
        let loaded = checklist::checklist()?;
        self.store_template(project, &loaded)?;
        let release = ReleaseId::parse(&self.fresh("release"))?;
        let count = self.read(project, |fold| {
            Ok(fold.project().map_or(0, |known: &Project| known.releases.len()))
        })?;
        let (commit, dirty) = commit(&folder.source());
        let body = Body::ReleaseOpened {
            release: release.clone(),
            version: format!("1.{count}.0-demo"),
            environment: environment::NAME.to_owned(),
            template: loaded.digest,
            subject: Subject {
                commit,
                dirty,
                artifacts: Vec::new(),
                ticket: "DEMO-1".to_owned(),
                reason: "To see how a sign-off works. Nothing goes out.".to_owned(),
            },
            planned_for: None,
        };
        self.act(founder, project, body)?;
        Ok(release)
    }
}

fn commit(source: &Path) -> (Option<String>, bool) {
    countersign_probes::git::commit(source).map_or((None, false), |(id, dirty)| (Some(id), dirty))
}
