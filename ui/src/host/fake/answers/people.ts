// Who sits at the machine, projects.

import type { CreateKey, Host, KeyView, OpenRelease, ProjectView, UseAgentKey } from "../../host";
import { AGENT_KEYS, KEYS, PASSPHRASE, POLICY, ROLE_TITLES } from "../people";
import { Story } from "../story";
import { releaseRow, releaseView } from "../views";
import type { World } from "../world";

export const peopleAnswers = (world: World) =>
  ({
    async status() {
      return {
        version: "0.1.0",
        home: "~/.local/share/countersign",
        keys: [...world.keys],
        unlocked: world.unlocked,
        first_run: world.keys.length === 0 && world.projects.size === 0,
        demo_passphrase: world.projects.has("demo") ? PASSPHRASE : null,
      };
    },

    async board() {
      const projects = [...world.projects.values()].map(({ view, stories }) => ({
        id: view.id,
        name: view.name,
        demo: view.demo,
        members: view.members.length,
        releases: stories.map(releaseRow),
      }));
      return { projects };
    },

    async project(project: string) {
      const { view, timeline } = world.project(project);
      return { ...view, events: timeline.length };
    },

    async createKey({ owner, email, passphrase }: CreateKey) {
      if (passphrase.length < 8) world.fail("weak-passphrase", "The passphrase is too short.", "Use at least 8 characters.");
      const body = btoa(`${owner}${email}`).replace(/[^A-Za-z0-9]/g, "").padEnd(43, "x").slice(0, 43);
      const key: KeyView = { name: `key-${world.keys.length + 1}`, owner, email, fingerprint: `SHA256:${body}`, public_key: `ssh-ed25519 AAAAC3Nza${body} ${email}`, held: "sealed" };
      world.keys.push(key);
      world.passphrases.set(key.fingerprint, passphrase);
      world.unlocked = key;
      return key;
    },

    async agentKeys() {
      if (!world.agent) world.fail("no-agent", "no ssh-agent is known here: SSH_AUTH_SOCK is not set.", "Start one and add the key with ssh-add.");
      return AGENT_KEYS.map((key) => ({ ...key, here: world.keys.find((each) => each.fingerprint === key.fingerprint)?.name ?? null }));
    },

    async useAgentKey({ key, owner, email }: UseAgentKey) {
      world.call("useAgentKey", { key, owner, email });
      const found = AGENT_KEYS.find((each) => each.fingerprint === key) ?? world.fail("not-found", `there is no key in ssh-agent ${key}.`);
      if (!found.usable) world.fail("agent", `the key is of the type ${found.algorithm}.`, "Make one with ssh-keygen -t ed25519.");
      const made: KeyView = { name: `key-${world.keys.length + 1}`, owner, email, fingerprint: key, public_key: `${found.algorithm} AAAA${key.slice(7)}`, held: "agent" };
      world.keys.push(made);
      return made;
    },

    async unlock(fingerprint: string, passphrase: string) {
      world.call("unlock", { fingerprint });
      const key = world.keys.find((each) => each.fingerprint === fingerprint) ?? world.fail("unknown-key", "That key is not on this machine.");
      world.prove(key, passphrase);
      world.unlocked = key;
      return key;
    },

    async lock() {
      world.unlocked = null;
    },

    async startDemo() {
      if (!world.projects.has("demo")) world.demo();
      world.unlocked ??= KEYS[0] ?? null;
      return { project: "demo", release: "r-240" };
    },

    async setDemoFaults(faults: boolean) {
      world.call("setDemoFaults", faults);
      world.changed();
    },

    async createProject(toml: string, roles: string[]) {
      const key = world.signer();
      const name = /^\[project\]\s*name\s*=\s*"([^"]+)"/m.exec(toml)?.[1] ?? world.fail("bad-project", "line 1, column 1: missing field `project`.", "Begin with [project] and its name.");
      const id = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
      const view: ProjectView = {
        id,
        name,
        demo: false,
        members: [{ name: key.owner, email: key.email, fingerprint: key.fingerprint, roles: ["admin", ...roles], here: true }],
        environments: [{ name: "production", production: true, demo: false, targets: [{ name: "api", value: "https://api.example.test" }], secrets: [] }],
        required_roles: Object.keys(ROLE_TITLES),
        exception_approvers: ["security", "management"],
        policy: POLICY,
        changes: "roles",
        proposals: [],
        events: 1,
      };
      world.projects.set(id, { view, stories: [], timeline: [] });
      world.log(id, "project-created", `Created the project ${name}`);
      world.changed();
      return view;
    },

    async openRelease(request: OpenRelease) {
      world.signer();
      const { view, stories } = world.project(request.project);
      const environment = view.environments.find((each) => each.name === request.environment);
      const story = new Story({
        project: view.id,
        projectName: view.name,
        demo: view.demo,
        id: `r-${stories.length + 1}-${request.version}`,
        version: request.version,
        environment: request.environment,
        production: environment?.production ?? false,
        openedAt: world.now().toISOString(),
        now: world.now,
      });
      stories.unshift(story);
      world.log(request.project, "release-opened", `Opened release ${request.version} for ${request.environment}`, story.seed.id);
      world.changed();
      return releaseView(story);
    },
  }) satisfies Partial<Host>;
