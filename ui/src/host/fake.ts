// An in-memory host with lifelike data, for tests and for a plain browser. It is left
// out of the window's own build.

import { KEYS, MEMBERS, PASSPHRASE, ROLE_TITLES } from "./fake/people";
import { Story } from "./fake/story";
import type { FakeItem, FakeSection } from "./fake/checklist";
import {
  Failure,
  type CheckRequest,
  type CheckView,
  type EnvironmentView,
  type Host,
  type ItemDetail,
  type KeyView,
  type MemberView,
  type ProgressView,
  type ProjectView,
  type ReleaseRef,
  type ReleaseView,
  type StatusView,
  type TemplateView,
  type TimelineRow,
} from "./host";

/** Where the story stands when the fake starts. */
export type Scenario = "first-run" | "demo" | "checked" | "ready" | "go" | "stale" | "deployed" | "huge" | "hostile";

export interface FakeOptions {
  scenario?: Scenario;
  /** Milliseconds that each probe takes. */
  pace?: number;
  now?: () => Date;
}

interface FakeProject {
  view: ProjectView;
  stories: Story[];
  timeline: TimelineRow[];
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

export class FakeHost implements Host {
  /** Every call by name, newest last: tests ask what was sent. */
  readonly calls: { name: string; request: unknown }[] = [];

  #pace: number;
  #now: () => Date;
  #keys: KeyView[] = [];
  #passphrases = new Map<string, string>();
  #unlocked: KeyView | null = null;
  #projects = new Map<string, FakeProject>();
  #templates: TemplateView[] = [
    { id: "production-security", title: "Production security", version: "1", sha256: "7ab3".repeat(16), items: 87 },
  ];
  #cancelled = false;
  #listeners = new Set<() => void>();
  #events = 0;

  constructor(options: FakeOptions = {}) {
    this.#pace = options.pace ?? 120;
    this.#now = options.now ?? (() => new Date());
    this.#tell(options.scenario ?? "first-run");
  }

  // The story up to the scenario.

  #tell(scenario: Scenario): void {
    if (scenario === "first-run") return;
    const story = this.#demo();
    if (scenario === "demo") return;
    if (scenario === "hostile") return this.#hostile(story);
    if (scenario === "huge") return this.#huge();
    this.#look(story);
    if (scenario === "checked") return;
    this.#settle(story);
    if (scenario === "ready") return;
    for (const [index, role] of Object.keys(ROLE_TITLES).entries()) this.#sign(story, role, KEYS[index] ?? KEYS[0]!);
    if (scenario === "stale") {
      const item = story.find("redis.ping-noauth")?.item;
      if (item) story.record(item, item.first!, "Dev Lindqvist");
      return;
    }
    if (scenario === "go") return;
    story.stage = "deployed";
    story.deployment = {
      deployed_at: this.#now().toISOString(),
      deployed_by: "Dev Lindqvist",
      verified_by: "Sana Okafor",
      verifier: KEYS[0]!.fingerprint,
      verified_at: null,
      note: "",
      reference: "pipeline 8841",
      approved_before: true,
      next_review: new Date(this.#now().getTime() + 90 * 86_400_000).toISOString().slice(0, 10),
    };
  }

  #demo(): Story {
    this.#keys = [...KEYS];
    for (const key of KEYS) this.#passphrases.set(key.fingerprint, PASSPHRASE);
    this.#unlocked = KEYS[0] ?? null;
    const view: ProjectView = {
      id: "demo",
      name: "MailAgent (demo)",
      demo: true,
      members: MEMBERS.map((each) => ({ ...each })),
      environments: [DEMO_ENVIRONMENT],
      required_roles: Object.keys(ROLE_TITLES),
      exception_approvers: ["security", "management"],
      events: 5,
    };
    const story = new Story({
      project: "demo",
      projectName: view.name,
      demo: true,
      id: "r-240",
      version: "2.4.0",
      environment: "demo",
      openedAt: new Date(this.#now().getTime() - 40 * 60_000).toISOString(),
      now: this.#now,
    });
    this.#projects.set("demo", { view, stories: [story], timeline: [] });
    this.#log("demo", "project-created", "Created the project MailAgent (demo)");
    this.#log("demo", "member-enrolled", "Enrolled Dev Lindqvist as DevOps");
    this.#log("demo", "member-enrolled", "Enrolled Mara Petit as Management");
    this.#log("demo", "release-opened", "Opened release 2.4.0 for demo", story.seed.id);
    return story;
  }

  #look(story: Story): void {
    for (const { item } of story.items(["before", "tests"])) {
      if (item.probe) story.record(item, story.look(item), "Sana Okafor");
    }
    this.#log("demo", "check-finished", "Check run finished: 20 pass, 6 fail, 4 inconclusive", story.seed.id);
    this.#log("demo", "attempt-refused", "Tried to sign as Security", story.seed.id, "The gate says No-go: 12 things block");
  }

  #settle(story: Story): void {
    this.#look(story);
    const at = this.#now().toISOString();
    for (const { item } of story.items(["before", "tests", "sign-off"])) {
      if (item.verify === "person" || item.verify === "both") {
        story.ticks.set(item.id, { tick: "done", note: "Seen on the host.", by: "Sana Okafor", at });
        story.note(item.id, { at, by: "Sana Okafor", what: "tick", from: "", to: "done", note: "Seen on the host." });
      }
    }
    story.exceptions.push({
      id: "ex-1",
      item: "database.least-privilege",
      item_title: "The application's role has the least permissions",
      state: "approved",
      reason: "Migrations still run as the application's role; they move to an own role in 2.5.",
      compensating_control: "Database audit log is watched; the role cannot log in from outside the cluster.",
      owner: "Dev Lindqvist",
      requested_by: "Dev Lindqvist",
      requested_at: at,
      decided_by: "Sana Okafor",
      decided_at: at,
      note: "Accepted until 2.5.",
      expires_at: new Date(this.#now().getTime() + 14 * 86_400_000).toISOString(),
    });
    this.#log("demo", "exception-decided", "Approved the exception for database.least-privilege", story.seed.id);
  }

  #hostile(story: Story): void {
    const item = story.find("cors.origin")?.item;
    if (!item) return;
    story.record(
      item,
      {
        outcome: "fail",
        summary: '<img src=x onerror="document.title=\'owned\'"> \u202Egnp.exe',
        expected: "<b>bold</b>",
        observed: `\u001b[31mred\u001b[0m <script>document.title='owned'</script> ${"A".repeat(4000)}`,
        reproduce: "curl '</code><script>alert(1)</script>'",
        transcript: ["< HTTP/1.1 200 OK", "< x-evil: <svg onload=alert(1)>", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L"],
      },
      "<i>Mallory</i>",
    );
  }

  #huge(): void {
    const severities = ["critical", "high", "recommended"] as const;
    const sections: FakeSection[] = Array.from({ length: 40 }, (_, s) => ({
      id: `s${s}`,
      title: `Section ${s + 1} of a very long checklist`,
      severity: severities[s % 3] ?? "high",
      phase: "before",
      minutes: [5, 10],
      risk: "Much.",
      guidance: "Look.",
      controls: [],
      items: Array.from({ length: 50 }, (_, i): FakeItem => ({
        id: `s${s}.i${i}`,
        title: `Claim ${i + 1} of section ${s + 1} holds on every host of the fleet`,
        verify: i % 4 === 0 ? "person" : "probe",
        ...(i % 4 === 0 ? {} : { probe: "http.claim", first: { outcome: i % 7 === 1 ? "fail" : i % 11 === 2 ? "inconclusive" : "pass", reason: "timed-out", summary: "as seen" } }),
      })),
    }));
    const project = this.#projects.get("demo");
    if (!project) return;
    project.stories = Array.from({ length: 300 }, (_, r) => new Story({
      project: "demo",
      projectName: project.view.name,
      demo: true,
      id: `r-${r}`,
      version: `3.${Math.floor(r / 10)}.${r % 10}`,
      environment: r % 3 === 0 ? "staging" : "demo",
      openedAt: this.#now().toISOString(),
      // One release has the long list: folding it three hundred times would test the fake only.
      sections: r === 0 ? sections : sections.slice(0, 1),
      now: this.#now,
    }));
    const first = project.stories[0];
    if (first) for (const { item } of first.items(["before"])) if (item.probe) first.record(item, item.first!, "Sana Okafor");
  }

  // Plumbing.

  #call(name: string, request: unknown = null): void {
    this.calls.push({ name, request });
  }

  #fail(code: string, message: string, hint = ""): never {
    throw new Failure({ code, message, hint });
  }

  #signer(): KeyView {
    return this.#unlocked ?? this.#fail("locked", "No key is unlocked.", "Choose who you are and enter the passphrase.");
  }

  #project(id: string): FakeProject {
    return this.#projects.get(id) ?? this.#fail("unknown-project", `There is no project ${id}.`, "Go back to the board.");
  }

  #story(of: ReleaseRef): Story {
    const story = this.#project(of.project).stories.find((each) => each.seed.id === of.release);
    return story ?? this.#fail("unknown-release", `There is no release ${of.release}.`, "Go back to the board.");
  }

  #detail(of: ReleaseRef, item: string): ItemDetail {
    return this.#story(of).detail(item) ?? this.#fail("unknown-item", `There is no item ${item}.`);
  }

  #member(project: string, key: KeyView): MemberView {
    const member = this.#project(project).view.members.find((each) => each.fingerprint === key.fingerprint);
    return member ?? this.#fail("not-on-roster", `${key.owner} is not on the roster.`, "An admin enrolls people on the project's page.");
  }

  #log(project: string, kind: string, text: string, release?: string, refused?: string): void {
    this.#events += 1;
    const author = this.#unlocked ?? KEYS[0]!;
    const roles = MEMBERS.find((each) => each.fingerprint === author.fingerprint)?.roles ?? ["admin"];
    this.#projects.get(project)?.timeline.unshift({
      event: this.#events.toString(16).padStart(4, "0").repeat(16),
      at: this.#now().toISOString(),
      by: author.owner,
      roles,
      kind,
      text,
      release: release ?? null,
      refused: refused ?? null,
    });
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #sign(story: Story, role: string, key: KeyView, decision = "approve", comment = ""): void {
    const meaning = this.#meaning(story, role);
    this.#log(story.seed.project, "signed-off", `${decision === "approve" ? "Signed" : "Declined"} as ${ROLE_TITLES[role] ?? role}`, story.seed.id);
    story.signed.set(role, {
      by: key.owner,
      fingerprint: key.fingerprint,
      at: this.#now().toISOString(),
      meaning,
      comment,
      decision,
      event: `e${this.#events}`.padEnd(64, "0"),
      covers: story.material(),
      digest: story.digest(),
    });
  }

  #meaning(story: Story, role: string): string {
    return `As ${ROLE_TITLES[role] ?? role} I have reviewed release ${story.seed.version} for ${story.seed.environment} and approve that it goes out in the state shown.`;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  // The interface.

  async status(): Promise<StatusView> {
    return {
      version: "0.1.0",
      home: "~/.local/share/countersign",
      keys: [...this.#keys],
      unlocked: this.#unlocked,
      first_run: this.#keys.length === 0 && this.#projects.size === 0,
      demo_passphrase: this.#projects.has("demo") ? PASSPHRASE : null,
    };
  }

  async board() {
    return {
      projects: [...this.#projects.values()].map(({ view, stories }) => ({
        id: view.id,
        name: view.name,
        demo: view.demo,
        members: view.members.length,
        releases: stories.map((story) => story.boardRow()),
      })),
    };
  }

  async project(project: string) {
    const { view, timeline } = this.#project(project);
    return { ...view, events: timeline.length };
  }

  async release(of: ReleaseRef) {
    this.#call("release", of);
    return this.#story(of).view();
  }

  async item(of: ReleaseRef, item: string) {
    return this.#detail(of, item);
  }

  async timeline(project: string) {
    return [...this.#project(project).timeline];
  }

  async checkLedger() {
    return { path: "~/.local/share/countersign/ledger.db", events: this.#events, problems: [] };
  }

  async createKey({ owner, email, passphrase }: { owner: string; email: string; passphrase: string }) {
    if (passphrase.length < 8) this.#fail("weak-passphrase", "The passphrase is too short.", "Use at least 8 characters.");
    const body = btoa(`${owner}${email}`).replace(/[^A-Za-z0-9]/g, "").padEnd(43, "x").slice(0, 43);
    const key: KeyView = { name: `key-${this.#keys.length + 1}`, owner, email, fingerprint: `SHA256:${body}`, public_key: `ssh-ed25519 AAAAC3Nza${body} ${email}` };
    this.#keys.push(key);
    this.#passphrases.set(key.fingerprint, passphrase);
    this.#unlocked = key;
    return key;
  }

  async unlock(fingerprint: string, passphrase: string) {
    this.#call("unlock", { fingerprint });
    const key = this.#keys.find((each) => each.fingerprint === fingerprint) ?? this.#fail("unknown-key", "That key is not on this machine.");
    if (this.#passphrases.get(fingerprint) !== passphrase) this.#fail("wrong-passphrase", "That is not the passphrase of this key.", "Check the keyboard layout and try again.");
    this.#unlocked = key;
    return key;
  }

  async lock() {
    this.#unlocked = null;
  }

  async startDemo() {
    if (!this.#projects.has("demo")) this.#demo();
    this.#unlocked ??= KEYS[0] ?? null;
    return { project: "demo", release: "r-240" };
  }

  async setDemoFaults(faults: boolean) {
    this.#call("setDemoFaults", faults);
    this.#changed();
  }

  async createProject(toml: string, roles: string[]) {
    const key = this.#signer();
    const name = /^\[project\]\s*name\s*=\s*"([^"]+)"/m.exec(toml)?.[1] ?? this.#fail("bad-project", "line 1, column 1: missing field `project`.", "Begin with [project] and its name.");
    const id = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    const view: ProjectView = {
      id,
      name,
      demo: false,
      members: [{ name: key.owner, email: key.email, fingerprint: key.fingerprint, roles: ["admin", ...roles], here: true }],
      environments: [{ name: "production", production: true, demo: false, targets: [{ name: "api", value: "https://api.example.test" }], secrets: [] }],
      required_roles: Object.keys(ROLE_TITLES),
      exception_approvers: ["security", "management"],
      events: 1,
    };
    this.#projects.set(id, { view, stories: [], timeline: [] });
    this.#log(id, "project-created", `Created the project ${name}`);
    this.#changed();
    return view;
  }

  async enrollMember(request: { project: string; name: string; email: string; public_key: string; roles: string[] }) {
    this.#signer();
    const { view } = this.#project(request.project);
    const key = this.#keys.find((each) => each.public_key === request.public_key);
    const fingerprint = key?.fingerprint ?? `SHA256:${btoa(request.email)}`;
    view.members = [
      ...view.members.filter((each) => each.fingerprint !== fingerprint),
      { name: request.name, email: request.email, fingerprint, roles: request.roles, here: Boolean(key) },
    ];
    this.#log(request.project, "member-enrolled", `Enrolled ${request.name}`);
    this.#changed();
    return { ...view };
  }

  async openRelease(request: { project: string; version: string; environment: string }) {
    this.#signer();
    const { view, stories } = this.#project(request.project);
    const story = new Story({
      project: view.id, projectName: view.name, demo: view.demo,
      id: `r-${stories.length + 1}-${request.version}`, version: request.version, environment: request.environment,
      openedAt: this.#now().toISOString(), now: this.#now,
    });
    stories.unshift(story);
    this.#log(request.project, "release-opened", `Opened release ${request.version} for ${request.environment}`, story.seed.id);
    this.#changed();
    return story.view();
  }

  async startCheck(request: CheckRequest, progress: (step: ProgressView) => void): Promise<CheckView> {
    const { owner } = this.#signer();
    this.#call("startCheck", request);
    const story = this.#story(request);
    if (story.running) this.#fail("already-running", "A check run is under way.", "Wait for it, or cancel it.");
    const phases = story.deployment ? (["after"] as const) : (["before", "tests"] as const);
    const chosen = request.items.length > 0 ? request.items : story.items([...phases]).map(({ item }) => item.id);
    const items = chosen.map((id) => story.find(id)?.item).filter((item): item is FakeItem => Boolean(item?.probe));
    this.#cancelled = false;
    story.running = true;
    const run = `run-${this.#events}`;
    const results: CheckView["items"] = [];
    progress({ step: "began", run, total: items.length });
    let done = 0;
    for (const item of items) {
      if (this.#cancelled) break;
      progress({ step: "started", item: item.id });
      await this.#pause(this.#pace);
      const blocked = item.active && !request.allowActive;
      const seen = blocked ? (item.first ?? story.look(item)) : story.look(item);
      story.record(item, seen, owner);
      done += 1;
      progress({ step: "finished", item: item.id, probe: item.probe ?? "", outcome: seen.outcome, reason: seen.reason ?? null, summary: seen.summary, done, total: items.length });
      results.push({ id: item.id, title: item.title, severity: story.find(item.id)?.section.severity ?? "high", outcome: seen.outcome, reason: seen.reason ?? null, summary: seen.summary, expected: seen.expected ?? "", observed: seen.observed ?? "", reproduce: seen.reproduce ?? null, notes: [] });
    }
    story.running = false;
    progress({ step: "ended", cancelled: this.#cancelled });
    this.#log(request.project, "check-finished", this.#cancelled ? "Check run cancelled" : `Check run finished: ${done} claims`, story.seed.id);
    this.#changed();
    return { run, cancelled: this.#cancelled, took_ms: done * this.#pace, items: results };
  }

  async cancelCheck() {
    this.#cancelled = true;
  }

  async attest(request: { project: string; release: string; item: string; tick: "done" | "not-done" | "not-applicable"; note: string }) {
    const { owner } = this.#signer();
    this.#call("attest", request);
    const story = this.#story(request);
    if (request.tick === "not-applicable" && !request.note.trim()) this.#fail("note-needed", "Say why it does not apply.", "Write a note first.");
    const at = this.#now().toISOString();
    const from = story.ticks.get(request.item)?.tick ?? "";
    story.ticks.set(request.item, { tick: request.tick, note: request.note, by: owner, at });
    story.note(request.item, { at, by: owner, what: "tick", from, to: request.tick, note: request.note });
    this.#log(request.project, "item-attested", `Ticked ${request.item}: ${request.tick}`, story.seed.id);
    this.#changed();
    return this.#detail(request, request.item);
  }

  async attachEvidence(request: { project: string; release: string; item: string; name: string; media_type: string; content: string }) {
    const { owner } = this.#signer();
    this.#call("attachEvidence", request);
    const story = this.#story(request);
    const at = this.#now().toISOString();
    const list = story.evidence.get(request.item) ?? [];
    const size = Math.floor((request.content.length * 3) / 4);
    list.push({ name: request.name, media_type: request.media_type, size, sha256: "5e1f".repeat(16), observed_at: at, attached_at: at, by: owner });
    story.evidence.set(request.item, list);
    story.note(request.item, { at, by: owner, what: "evidence", from: "", to: request.name, note: "" });
    this.#changed();
    return this.#detail(request, request.item);
  }

  async requestException(request: { project: string; release: string; item: string; reason: string; compensating_control: string; owner: string; expires_at: string }) {
    const { owner } = this.#signer();
    const story = this.#story(request);
    const found = story.find(request.item);
    if (found?.section.severity === "critical") this.#fail("critical-item", "A critical item allows no exception.", "Fix it.");
    story.exceptions.push({
      id: `ex-${story.exceptions.length + 1}`,
      item: request.item,
      item_title: found?.item.title ?? request.item,
      state: "requested",
      reason: request.reason,
      compensating_control: request.compensating_control,
      owner: request.owner,
      requested_by: owner,
      requested_at: this.#now().toISOString(),
      decided_by: null,
      decided_at: null,
      note: "",
      expires_at: request.expires_at,
    });
    this.#log(request.project, "exception-requested", `Asked for an exception for ${request.item}`, story.seed.id);
    this.#changed();
    return this.#detail(request, request.item);
  }

  async decideException(request: { project: string; release: string; exception: string; approve: boolean; note: string }) {
    const { owner } = this.#signer();
    const story = this.#story(request);
    const exception = story.exceptions.find((each) => each.id === request.exception) ?? this.#fail("unknown-exception", "There is no such exception.");
    if (exception.requested_by === owner) this.#fail("own-exception", "Nobody decides on an exception of their own.", "Another approver must decide.");
    exception.state = request.approve ? "approved" : "rejected";
    exception.decided_by = owner;
    exception.decided_at = this.#now().toISOString();
    exception.note = request.note;
    this.#log(request.project, "exception-decided", `${request.approve ? "Approved" : "Rejected"} the exception for ${exception.item}`, story.seed.id);
    this.#changed();
    return story.view();
  }

  async statement(of: ReleaseRef, role: string) {
    const key = this.#signer();
    const story = this.#story(of);
    const member = this.#member(of.project, key);
    const { verdict } = story.gate();
    const own = [...story.signed].find(([other, each]) => other !== role && each.fingerprint === key.fingerprint && each.decision === "approve");
    const signed = story.signed.get(role);
    const blocked = story.gate().blockers.some((each) => each.item);
    return {
      name: key.owner,
      email: key.email,
      fingerprint: key.fingerprint,
      role,
      meaning: this.#meaning(story, role),
      state: story.digest(),
      verdict,
      refusal:
        !member.roles.includes(role) ? `${key.owner} does not hold the role ${ROLE_TITLES[role] ?? role}.`
        : own ? `${key.owner} has signed as ${ROLE_TITLES[own[0]] ?? own[0]} already: each role needs another person.`
        : blocked ? "Items still block: only a release that is Ready can be approved."
        : "",
      exceptions: story.exceptions.filter((each) => each.state === "approved"),
      changes: signed ? story.changesSince(signed.covers) : [],
    };
  }

  async signOff(request: { project: string; release: string; role: string; decision: string; exceptions: string[]; state: string; comment: string; passphrase: string }): Promise<ReleaseView> {
    const key = this.#signer();
    this.#call("signOff", request);
    const story = this.#story(request);
    if (this.#passphrases.get(key.fingerprint) !== request.passphrase) this.#fail("wrong-passphrase", "That is not the passphrase of this key.", "Check the keyboard layout and try again.");
    if (request.state !== story.digest()) this.#fail("state-moved", "The release changed while you were reading.", "Open the statement again.");
    this.#sign(story, request.role, key, request.decision, request.comment);
    this.#changed();
    return story.view();
  }

  async recordDeployment(request: { project: string; release: string; deployed_at?: string | null; deployed_by: string; verified_by: string; reference: string }) {
    this.#signer();
    this.#call("recordDeployment", request);
    const story = this.#story(request);
    if (story.gate().verdict !== "go") this.#fail("not-go", "The gate does not say Go.", "Every required role must sign first.");
    if (request.deployed_by === request.verified_by) this.#fail("same-person", "The one who deploys cannot verify.", "Choose somebody else.");
    const { members } = this.#project(request.project).view;
    const name = (fingerprint: string) => members.find((each) => each.fingerprint === fingerprint)?.name ?? fingerprint;
    story.stage = "deployed";
    story.deployment = {
      deployed_at: request.deployed_at ?? this.#now().toISOString(),
      deployed_by: name(request.deployed_by),
      verified_by: name(request.verified_by),
      verifier: request.verified_by,
      verified_at: null,
      note: "",
      reference: request.reference,
      approved_before: true,
      next_review: "2027-02-24",
    };
    this.#log(request.project, "deployment-recorded", `Recorded the deployment of ${story.seed.version}`, story.seed.id);
    this.#changed();
    return story.view();
  }

  async verifyDeployment(request: { project: string; release: string; note: string }) {
    const key = this.#signer();
    const story = this.#story(request);
    if (!story.deployment) this.#fail("not-deployed", "There is no deployment to verify.");
    if (story.deployment.verifier !== key.fingerprint) this.#fail("not-the-verifier", `Only ${story.deployment.verified_by} verifies this deployment.`, "Switch person.");
    story.stage = "verified";
    story.deployment = { ...story.deployment, verified_at: this.#now().toISOString(), note: request.note };
    this.#log(request.project, "deployment-verified", "Verified the deployment", story.seed.id);
    this.#changed();
    return story.view();
  }

  async closeRelease(request: { project: string; release: string; note: string }) {
    this.#signer();
    const story = this.#story(request);
    const blockers = story.closing();
    if (blockers.length > 0) this.#fail("not-closable", blockers[0]!.text, blockers[0]!.cure);
    story.stage = "closed";
    this.#log(request.project, "release-closed", "Closed the release", story.seed.id);
    this.#changed();
    return story.view();
  }

  async exportBundle(of: ReleaseRef) {
    const story = this.#story(of);
    return {
      path: `~/.local/share/countersign/exports/${story.seed.project}-${story.seed.version}.zip`,
      sha256: "d41c".repeat(16),
      size: 184_320,
      heads: ["a".repeat(64)],
    };
  }

  async verifyBundle(path: string) {
    if (!path.endsWith(".zip")) this.#fail("bad-bundle", `${path}: not a bundle.`, "Name a .zip that export wrote.");
    return {
      verdict: "good",
      summary: "Everything in it holds.",
      steps: [{ name: "Check sums", good: true, detail: "14 members" }, { name: "Signatures", good: true, detail: "62 events" }],
      unmet: [],
      version: "2.4.0",
      signed: Object.keys(ROLE_TITLES),
    };
  }

  async importChecklist(name: string, markdown: string) {
    const items = markdown.match(/^\s*[-*] \[[ xX]\]/gm)?.length ?? 0;
    if (items === 0) this.#fail("empty-checklist", `${name}: no boxes found.`, "A checklist has lines that start with - [ ].");
    const template: TemplateView = { id: name.replace(/\.md$/, ""), title: name, version: "1", sha256: "90ef".repeat(16), items };
    this.#templates.push(template);
    return template;
  }

  async templates() {
    return [...this.#templates];
  }

  async generateSecret() {
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async judgeSecret(_name: string, value: string) {
    const strong = value.length >= 32;
    return { strong, summary: strong ? "Strong enough" : "Too short", length: value.length, alphabet: "text", bucket: strong ? "strong" : "weak" };
  }

  onLedgerChanged(listener: () => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
