// The story up to the point where the fake starts.

import type { FakeItem, FakeSection } from "./checklist";
import { tellEarlier, tellSecondException } from "./earlier";
import { BEFORE, DAY, HOUR, Story } from "./story";
import { EMERGENCY, KEYS, ROLE_TITLES } from "./people";
import type { Looks, Seen } from "./seen";
import type { World } from "./world";

/** Where the story stands when the fake starts. */
export type Scenario = "first-run" | "demo" | "checked" | "ready" | "go" | "stale" | "successor" | "regressed" | "deployed" | "emergency" | "huge" | "hostile" | "damaged";

/** What was looked at thirty hours ago. */
const OLD = "database.no-createdb";

export function tell(world: World, scenario: Scenario): void {
  if (scenario === "first-run") return;
  const story = world.demo();
  switch (scenario) {
    case "demo":
      return;
    case "hostile":
      return hostile(story);
    case "huge":
      return huge(world);
    case "checked":
      return check(world, story);
    case "damaged":
      return damaged(world, story);
    default:
      settle(world, story);
  }
  if (scenario === "successor" || scenario === "regressed") {
    tellEarlier(world, story);
    tellSecondException(story);
  }
  if (scenario === "ready" || scenario === "successor") return;
  if (scenario === "emergency") return emergency(world, story);
  for (const [index, role] of Object.keys(ROLE_TITLES).entries()) world.sign(story, role, KEYS[index] ?? KEYS[0]!);
  if (scenario === "stale" || scenario === "regressed") regress(story);
  if (scenario === "deployed") deploy(world, story);
}

function check(world: World, story: Story): void {
  for (const { item } of story.items(BEFORE)) {
    if (item.probes.length > 0) story.record(item, story.look(item), "Sana Okafor");
  }
  // One look of the first run is too old to sign on.
  if (story.runs.get(OLD) === 1) story.age(OLD, 30);
  world.log("demo", "check-finished", "Check run finished", story.seed.id);
  world.log("demo", "attempt-refused", "Tried to sign as Security", story.seed.id, "The gate says No-go: items block");
}

/** Two machines met; a stranger's event came along, and one byte was changed. */
function damaged(world: World, story: Story): void {
  check(world, story);
  const timeline = world.projects.get("demo")?.timeline ?? [];
  const base = timeline[0]!;
  world.log("demo", "item-attested", "Ticked signoff.rollback-tested as done", story.seed.id);
  const here = timeline[0]!;
  world.log("demo", "item-attested", "Ticked monitoring.alerts as done", story.seed.id);
  const there = timeline[0]!;
  there.parents = [base.event];
  world.log("demo", "evidence-attached", "Attached restore.log to backups.restore", story.seed.id);
  timeline[0]!.parents = [here.event, there.event];
  world.log("demo", "item-attested", "claims: ticked backups.restore as done", story.seed.id, "It does not verify: signature: does not match the bytes");
  Object.assign(timeline[0]!, { trust: "bad", why: "It does not verify: signature: does not match the bytes", by: KEYS[1]!.fingerprint, roles: [] });
  world.log("demo", "item-attested", "Ticked cors.no-wildcard as done", story.seed.id, "the key is not on this project's roster");
  Object.assign(timeline[0]!, { trust: "unknown", why: "It verifies, but the key was not on the roster: nobody here vouches for it", by: "SHA256:Xy7stranger", fingerprint: "SHA256:Xy7stranger", roles: [] });
}

/** What was seen first was seen yesterday. */
function yesterday(world: World, story: Story): void {
  const at = new Date(world.now().getTime() - DAY).toISOString();
  for (const entry of [...story.history.values()].flat()) entry.at = at;
}

function settle(world: World, story: Story): void {
  check(world, story);
  yesterday(world, story);
  check(world, story);
  const at = world.now().toISOString();
  const note = "Seen on the host.";
  for (const { item } of story.items(BEFORE)) {
    if (item.verify === "probe" || item.verify === "computed") continue;
    story.ticks.set(item.id, { tick: "done", note, by: "Sana Okafor", at });
    story.note(item.id, { at, by: "Sana Okafor", what: "tick", from: "", to: "done", note });
  }
  story.exceptions.push({
    id: "ex-1",
    item: "database.least-privilege",
    item_title: story.find("database.least-privilege")?.item.title ?? "",
    state: "approved",
    reason: "Migrations still run as the application's role; they move to an own role in 2.5.",
    compensating_control: "Database audit log is watched; the role cannot log in from outside the cluster.",
    owner: "Dev Lindqvist",
    requested_by: "Dev Lindqvist",
    requested_at: at,
    decided_by: "Sana Okafor",
    decided_at: at,
    note: "Accepted until 2.5.",
    expires_at: new Date(world.now().getTime() + 14 * DAY).toISOString(),
  });
  world.log("demo", "exception-decided", "Approved the exception for database.least-privilege", story.seed.id);
}

/** What was signed comes undone: Redis answers without a password again. */
function regress(story: Story): void {
  const item = story.find("redis-auth.ping-without-password")?.item;
  if (!item) return;
  story.runs.delete(item.id);
  story.record(item, story.look(item), "Dev Lindqvist");
}

/** Gone out on the word of DevOps alone, 25 hours ago; the others are late. */
function emergency(world: World, story: Story): void {
  const at = new Date(world.now().getTime() - 25 * HOUR);
  story.emergency = { reason: "The queue is stuck and mail is lost", by: "Dev Lindqvist", at: at.toISOString() };
  world.sign(story, "devops", KEYS[1]!);
  const signed = story.signed.get("devops");
  if (signed) signed.at = at.toISOString();
  deploy(world, story);
  if (story.deployment) story.deployment.deployed_at = at.toISOString();
  story.owed = { roles: ["security", "management"], due: new Date(at.getTime() + EMERGENCY.review_hours * HOUR).toISOString() };
}

function deploy(world: World, story: Story): void {
  story.stage = "deployed";
  story.deployment = {
    deployed_at: world.now().toISOString(),
    deployed_by: "Dev Lindqvist",
    verified_by: "Sana Okafor",
    verifier: KEYS[0]!.fingerprint,
    verified_at: null,
    note: "",
    reference: "pipeline 8841",
    approved_before: true,
    next_review: new Date(world.now().getTime() + 90 * DAY).toISOString().slice(0, 10),
  };
}

function hostile(story: Story): void {
  const item = story.find("cors.no-wildcard")?.item;
  if (!item) return;
  const seen: Seen = {
    outcome: "fail",
    summary: '<img src=x onerror="document.title=\'owned\'"> \u202Egnp.exe',
    expected: "<b>bold</b>",
    observed: `\u001b[31mred\u001b[0m <script>document.title='owned'</script> ${"A".repeat(4000)}`,
    reproduce: "curl '</code><script>alert(1)</script>'",
    transcript: ["< HTTP/1.1 200 OK", "< x-evil: <svg onload=alert(1)>", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L"],
  };
  story.record(item, [seen], "<i>Mallory</i>");
}

/** A list of two thousand items, and three hundred releases. */
function huge(world: World): void {
  const severities = ["critical", "high", "recommended"] as const;
  const looks: Record<string, Looks> = {};
  const sections = Array.from({ length: 40 }, (_, s): FakeSection => {
    const severity = severities[s % 3] ?? "high";
    const items = Array.from({ length: 50 }, (_, i): FakeItem => {
      const id = `s${s}.i${i}`;
      const byHand = i % 4 === 0;
      looks[id] = { first: { outcome: i % 7 === 1 ? "fail" : i % 11 === 2 ? "inconclusive" : "pass", reason: "timed-out", summary: "as seen" } };
      return {
        id,
        title: `Claim ${i + 1} of section ${s + 1} holds on every host of the fleet`,
        verify: byHand ? "person" : "probe",
        severity,
        probes: byHand ? [] : ["http.claim"],
        active: false,
        freshnessHours: null,
        excepted: severity !== "critical",
        guidance: "",
        controls: [],
        computed: null,
      };
    });
    return { id: `s${s}`, title: `Section ${s + 1} of a very long checklist`, severity, phase: "before", minutes: [5, 10], risk: "Much.", guidance: "Look.", controls: [], items };
  });
  const project = world.projects.get("demo");
  if (!project) return;
  project.stories = Array.from({ length: 300 }, (_, r) => new Story({
    project: "demo",
    projectName: project.view.name,
    demo: true,
    id: `r-${r}`,
    version: `3.${Math.floor(r / 10)}.${r % 10}`,
    environment: r % 3 === 0 ? "staging" : "demo",
    openedAt: world.now().toISOString(),
    // One release has the long list: folding it three hundred times would test the fake only.
    sections: r === 0 ? sections : sections.slice(0, 1),
    looks,
    now: world.now,
  }));
  for (let each = 0; each < 5000; each += 1) world.log("demo", "finding-recorded", `Recorded finding ${each + 1}`, "r-0");
  const first = project.stories[0];
  if (first) for (const { item } of first.items(["before"])) if (item.probes.length > 0) first.record(item, first.look(item), "Sana Okafor");
}
