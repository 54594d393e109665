// The release that went out before the one on the screen, and a second exception of that.

import { CHECKLIST, type FakeItem, type FakeSection } from "./checklist";
import { KEYS, ROLE_TITLES } from "./people";
import { BEFORE, DAY, Story } from "./story";
import type { World } from "./world";

/** What the checklist did not ask for then. */
const ADDED = new Set(["tls.hsts", "websocket.room-names"]);
/** What it asks for no more. */
const REMOVED: FakeItem = {
  id: "headers.xss-protection", title: "`X-XSS-Protection` is set", verify: "probe", severity: "recommended", probes: ["headers.xss"], active: false,
  freshnessHours: null, excepted: true, guidance: "", controls: [], computed: null,
};
const EXCEPTED = "redis-hardening.persistence";

const sectionThen = (section: FakeSection): FakeSection => ({
  ...section,
  items: [...section.items.filter((item) => !ADDED.has(item.id)), ...(section.id === "headers" ? [REMOVED] : [])],
});

/** 2.3.0 went out three weeks ago: everything held but the snapshots of Redis. */
export function tellEarlier(world: World, story: Story): void {
  const at = new Date(world.now().getTime() - 21 * DAY);
  const before = new Story({ ...story.seed, id: "r-230", version: "2.3.0", openedAt: at.toISOString(), sections: CHECKLIST.map(sectionThen), now: () => at });
  for (const { item } of before.items(BEFORE)) {
    const outcome = item.id === EXCEPTED ? "fail" : "pass";
    before.record(item, item.probes.map(() => ({ outcome, summary: "As seen then" })), "Dev Lindqvist");
    before.ticks.set(item.id, { tick: "done", note: "Seen then.", by: "Sana Okafor", at: at.toISOString() });
  }
  before.exceptions.push(accepted(before, "ex-0", EXCEPTED, "The volume is moved next month.", "Queues are drained before each restart."));
  for (const [index, role] of Object.keys(ROLE_TITLES).entries()) world.sign(before, role, KEYS[index] ?? KEYS[0]!);
  before.stage = "closed";
  before.deployment = {
    deployed_at: at.toISOString(), deployed_by: "Dev Lindqvist", verified_by: "Sana Okafor", verifier: KEYS[0]!.fingerprint,
    verified_at: at.toISOString(), note: "", reference: "pipeline 8790", approved_before: true, next_review: null,
  };
  world.projects.get("demo")?.stories.push(before);
}

/** Redis listens on more than it should, and goes out so. */
export function tellSecondException(story: Story): void {
  const item = story.find("redis-hardening.bind")?.item;
  if (!item) return;
  story.record(item, item.probes.map(() => ({ outcome: "fail", summary: "Listens on 0.0.0.0", expected: "loopback or a private address", observed: "0.0.0.0" })), "Dev Lindqvist");
  story.exceptions.push(accepted(story, "ex-2", item.id, "The sidecar reaches Redis over the pod network until 2.5.", "A network policy admits the API's pods alone."));
}

function accepted(story: Story, id: string, item: string, reason: string, control: string) {
  const now = story.seed.now();
  return {
    id,
    item,
    item_title: story.find(item)?.item.title ?? "",
    state: "approved" as const,
    reason,
    compensating_control: control,
    owner: "Dev Lindqvist",
    requested_by: "Dev Lindqvist",
    requested_at: now.toISOString(),
    decided_by: "Sana Okafor",
    decided_at: now.toISOString(),
    note: "",
    expires_at: new Date(now.getTime() + 30 * DAY).toISOString(),
  };
}
