// A release's checklist: runs, ticks, evidence, exceptions.

import type { AttachEvidence, Attest, CheckRequest, CheckView, DecideException, Host, ProgressView, ReleaseRef, RequestException } from "../../host";
import type { FakeItem } from "../checklist";
import type { Seen } from "../seen";
import type { Placed, Story } from "../story";
import { releaseView } from "../views";
import type { World } from "../world";

const NOT_ALLOWED: Seen = {
  outcome: "inconclusive",
  reason: "not-allowed",
  summary: "not tested: this look loads the target or runs a command, and must be allowed first",
};

function chosen(story: Story, request: CheckRequest): Placed[] {
  const placed =
    request.items.length > 0
      ? request.items.flatMap((id) => story.find(id) ?? [])
      : story.items(story.deployment ? ["after"] : ["before", "tests"]);
  return placed.filter(({ item }) => item.probes.length > 0);
}

function seenOf(story: Story, item: FakeItem, allowActive: boolean): Seen[] {
  const allowed = allowActive || !story.seed.production;
  return item.active && !allowed ? item.probes.map(() => NOT_ALLOWED) : story.look(item);
}

export const checklistAnswers = (world: World) =>
  ({
    async release(of: ReleaseRef) {
      world.call("release", of);
      return releaseView(world.story(of));
    },

    async item(of: ReleaseRef, item: string) {
      return world.detail(of, item);
    },

    async startCheck(request: CheckRequest, progress: (step: ProgressView) => void): Promise<CheckView> {
      const { owner } = world.signer();
      world.call("startCheck", request);
      const story = world.story(request);
      if (story.running) world.fail("already-running", "A check run is under way.", "Wait for it, or cancel it.");
      const placed = chosen(story, request);
      const total = placed.reduce((sum, { item }) => sum + item.probes.length, 0);
      world.cancelled = false;
      story.running = true;
      const run = `run-${world.events}`;
      const results: CheckView["items"] = [];
      progress({ step: "began", run, total });
      let done = 0;
      for (const { item, section } of placed) {
        if (world.cancelled) break;
        progress({ step: "started", item: item.id });
        await new Promise((resolve) => setTimeout(resolve, world.pace));
        const seen = seenOf(story, item, request.allowActive);
        story.record(item, seen, owner);
        for (const [slot, { outcome, reason, summary, expected, observed, reproduce }] of seen.entries()) {
          done += 1;
          progress({ step: "finished", item: item.id, probe: item.probes[slot] ?? "", outcome, reason: reason ?? null, summary, done, total });
          results.push({ id: item.id, title: item.title, severity: section.severity, outcome, reason: reason ?? null, summary, expected: expected ?? "", observed: observed ?? "", reproduce: reproduce ?? null, notes: [] });
        }
      }
      story.running = false;
      progress({ step: "ended", cancelled: world.cancelled });
      world.log(request.project, "check-finished", world.cancelled ? "Check run cancelled" : `Check run finished: ${done} claims`, story.seed.id);
      world.changed();
      return { run, cancelled: world.cancelled, took_ms: done * world.pace, items: results };
    },

    async cancelCheck() {
      world.cancelled = true;
    },

    async attest(request: Attest) {
      const { owner } = world.signer();
      world.call("attest", request);
      const story = world.story(request);
      if (request.tick === "not-applicable" && !request.note.trim()) world.fail("note-needed", "Say why it does not apply.", "Write a note first.");
      const at = world.now().toISOString();
      const from = story.ticks.get(request.item)?.tick ?? "";
      story.ticks.set(request.item, { tick: request.tick, note: request.note, by: owner, at });
      story.note(request.item, { at, by: owner, what: "tick", from, to: request.tick, note: request.note });
      world.log(request.project, "item-attested", `Ticked ${request.item}: ${request.tick}`, story.seed.id);
      world.changed();
      return world.detail(request, request.item);
    },

    async attachEvidence(request: AttachEvidence) {
      const { owner } = world.signer();
      world.call("attachEvidence", request);
      const story = world.story(request);
      const at = world.now().toISOString();
      const size = Math.floor((request.content.length * 3) / 4);
      const file = { name: request.name, media_type: request.media_type, size, sha256: "5e1f".repeat(16), observed_at: at, attached_at: at, by: owner };
      story.evidence.set(request.item, [...(story.evidence.get(request.item) ?? []), file]);
      story.note(request.item, { at, by: owner, what: "evidence", from: "", to: request.name, note: "" });
      world.changed();
      return world.detail(request, request.item);
    },

    async requestException(request: RequestException) {
      const { owner } = world.signer();
      const story = world.story(request);
      const item = story.find(request.item)?.item;
      if (!item?.excepted) world.fail("critical-item", "This item allows no exception.", "Fix it.");
      story.exceptions.push({
        id: `ex-${story.exceptions.length + 1}`,
        item: item.id,
        item_title: item.title,
        state: "requested",
        reason: request.reason,
        compensating_control: request.compensating_control,
        owner: request.owner,
        requested_by: owner,
        requested_at: world.now().toISOString(),
        decided_by: null,
        decided_at: null,
        note: "",
        expires_at: request.expires_at,
      });
      world.log(request.project, "exception-requested", `Asked for an exception for ${request.item}`, story.seed.id);
      world.changed();
      return world.detail(request, request.item);
    },

    async decideException(request: DecideException) {
      const { owner } = world.signer();
      const story = world.story(request);
      const exception = story.exceptions.find((each) => each.id === request.exception) ?? world.fail("unknown-exception", "There is no such exception.");
      if (exception.requested_by === owner) world.fail("own-exception", "Nobody decides on an exception of their own.", "Another approver must decide.");
      exception.state = request.approve ? "approved" : "rejected";
      exception.decided_by = owner;
      exception.decided_at = world.now().toISOString();
      exception.note = request.note;
      world.log(request.project, "exception-decided", `${request.approve ? "Approved" : "Rejected"} the exception for ${exception.item}`, story.seed.id);
      world.changed();
      return releaseView(story);
    },
  }) satisfies Partial<Host>;
