// What the fake knows: projects, people, templates, and who listens.

import { Failure, type EnvironmentView, type ItemDetail, type KeyView, type MemberView, type ProjectView, type ReleaseRef, type TemplateView, type TimelineRow } from "../host";
import { BUILT_IN } from "./checklist";
import { digest, material } from "./gate";
import { KEYS, MEMBERS, PASSPHRASE, POLICY, ROLE_TITLES } from "./people";
import { Story } from "./story";
import { itemDetail } from "./views";

export interface FakeProject {
  view: ProjectView;
  stories: Story[];
  timeline: TimelineRow[];
}

/** A call that reached the fake. */
export interface Call {
  name: string;
  request: unknown;
}

const DEMO_ENVIRONMENT: EnvironmentView = {
  name: "demo",
  production: false,
  demo: true,
  targets: [
    { name: "api", value: "https://127.0.0.1:41871" },
    { name: "api_plain", value: "http://127.0.0.1:41872" },
    { name: "websocket", value: "wss://127.0.0.1:41871/socket.io/" },
    { name: "redis", value: "redis://:${REDIS_PASSWORD}@127.0.0.1:41873" },
    { name: "source", value: "demo/mailagent" },
  ],
  secrets: [
    { name: "JWT_SECRET", reference: "dotenv:.env#JWT_SECRET", found: true },
    { name: "REDIS_PASSWORD", reference: "dotenv:.env#REDIS_PASSWORD", found: true },
    { name: "USER_B_TOKEN", reference: "env:USER_B_TOKEN", found: false },
  ],
};

export class World {
  /** Every call by name, newest last: tests ask what was sent. */
  readonly calls: Call[] = [];
  /** Milliseconds that each item takes. */
  readonly pace: number;
  readonly now: () => Date;
  readonly projects = new Map<string, FakeProject>();
  readonly templates: TemplateView[] = [BUILT_IN];
  readonly keys: KeyView[] = [];
  readonly passphrases = new Map<string, string>();
  unlocked: KeyView | null = null;
  cancelled = false;
  /** Whether ssh-agent runs and signs. */
  agent = true;
  /** Whether the verification of the ledger was stopped. */
  stopped = false;
  events = 0;
  readonly listeners = new Set<() => void>();

  constructor(pace: number, now: () => Date) {
    this.pace = pace;
    this.now = now;
  }

  call(name: string, request: unknown = null): void {
    this.calls.push({ name, request });
  }

  fail(code: string, message: string, hint = ""): never {
    throw new Failure({ code, message, hint });
  }

  signer(): KeyView {
    return this.unlocked ?? this.fail("locked", "No key is unlocked.", "Choose who you are and enter the passphrase.");
  }

  prove(key: KeyView, passphrase: string): void {
    if (key.held === "agent") {
      if (this.agent) return;
      this.fail("agent-refused", "the ssh-agent refused to sign: the confirmation was declined.", "Try again, and confirm when it asks.");
    }
    if (this.passphrases.get(key.fingerprint) === passphrase) return;
    this.fail("wrong-passphrase", "That is not the passphrase of this key.", "Check the keyboard layout and try again.");
  }

  project(id: string): FakeProject {
    return this.projects.get(id) ?? this.fail("unknown-project", `There is no project ${id}.`, "Go back to the board.");
  }

  story(of: ReleaseRef): Story {
    const story = this.project(of.project).stories.find((each) => each.seed.id === of.release);
    return story ?? this.fail("unknown-release", `There is no release ${of.release}.`, "Go back to the board.");
  }

  detail(of: ReleaseRef, item: string): ItemDetail {
    return itemDetail(this.story(of), item) ?? this.fail("unknown-item", `There is no item ${item}.`);
  }

  member(project: string, key: KeyView): MemberView {
    const member = this.project(project).view.members.find((each) => each.fingerprint === key.fingerprint);
    return member ?? this.fail("not-on-roster", `${key.owner} is not on the roster.`, "An admin enrolls people on the project's page.");
  }

  log(project: string, kind: string, text: string, release?: string, refused?: string): void {
    this.events += 1;
    const author = this.unlocked ?? KEYS[0]!;
    const roles = MEMBERS.find((each) => each.fingerprint === author.fingerprint)?.roles ?? ["admin"];
    const before = this.projects.get(project)?.timeline[0];
    this.projects.get(project)?.timeline.unshift({
      trust: "good",
      why: `It verifies by the key of ${author.owner} <${author.email}>, on the roster then as ${roles.join(", ")}`,
      fingerprint: author.fingerprint,
      parents: before ? [before.event] : [],
      event: this.events.toString(16).padStart(4, "0").repeat(16),
      at: this.now().toISOString(),
      by: author.owner,
      roles,
      kind,
      text,
      release: release ?? null,
      refused: refused ?? null,
    });
  }

  changed(): void {
    for (const listener of this.listeners) listener();
  }

  meaning(story: Story, role: string): string {
    return `As ${ROLE_TITLES[role] ?? role} I have reviewed release ${story.seed.version} for ${story.seed.environment} and approve that it goes out in the state shown.`;
  }

  sign(story: Story, role: string, key: KeyView, decision = "approve", comment = ""): void {
    this.log(story.seed.project, "signed-off", `${decision === "approve" ? "Signed" : "Declined"} as ${ROLE_TITLES[role] ?? role}`, story.seed.id);
    story.signed.set(role, {
      by: key.owner,
      fingerprint: key.fingerprint,
      at: this.now().toISOString(),
      meaning: this.meaning(story, role),
      comment,
      decision,
      event: `e${this.events}`.padEnd(64, "0"),
      covers: material(story),
      digest: digest(story),
    });
  }

  /** The demo's people, project and release. */
  demo(): Story {
    this.keys.push(...KEYS.filter((key) => !this.keys.includes(key)));
    for (const key of KEYS) this.passphrases.set(key.fingerprint, PASSPHRASE);
    this.unlocked = KEYS[0] ?? null;
    const view: ProjectView = {
      id: "demo",
      name: "MailAgent (demo)",
      demo: true,
      members: MEMBERS.map((each) => ({ ...each })),
      environments: [DEMO_ENVIRONMENT],
      required_roles: Object.keys(ROLE_TITLES),
      exception_approvers: ["security", "management"],
      policy: POLICY,
      changes: "roles",
      proposals: [],
      apart: [],
      events: 5,
    };
    const story = new Story({
      project: "demo",
      projectName: view.name,
      demo: true,
      id: "r-240",
      version: "2.4.0",
      environment: "demo",
      openedAt: new Date(this.now().getTime() - 40 * 60_000).toISOString(),
      now: this.now,
    });
    this.projects.set("demo", { view, stories: [story], timeline: [] });
    this.log("demo", "project-created", "Created the project MailAgent (demo)");
    this.log("demo", "member-enrolled", "Enrolled Dev Lindqvist as DevOps");
    this.log("demo", "member-enrolled", "Enrolled Mara Petit as Management");
    this.log("demo", "release-opened", "Opened release 2.4.0 for demo", story.seed.id);
    return story;
  }
}
