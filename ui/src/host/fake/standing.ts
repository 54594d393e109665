// Where an item stands: the machine's verdict and the human tick read together.

import type { ItemState, MachineVerdict, OutcomeCode } from "../wire.gen";
import type { Computed, FakeItem } from "./checklist";
import { HOUR, type Placed, type Story } from "./story";

/** What is missing: code, words and the smallest step that clears it. */
const MISSING = {
  fix: ["item-failed", "the check failed", "Fix it, then run the check again"],
  doIt: ["item-not-done", "marked as not done", "Do it, then tick it"],
  run: ["item-not-run", "never checked", "Run the check"],
  rerun: ["item-stale", "checked too long ago", "Run the check again; no new signature is needed if the verdict holds"],
  testable: ["item-inconclusive", "the check could not tell", "Give the check what it lacks, then run it again"],
  note: ["item-undecided", "the check could not tell, and nobody has looked", "Look at it yourself, and tick it with a note on what you saw"],
  tick: ["item-open", "not ticked", "Do it, then tick it"],
  others: ["item-follows", "follows from items that are open", "Settle the items that it follows from"],
} as const;

export type Missing = keyof typeof MISSING;

export interface Standing {
  state: ItemState;
  /** Empty when nothing is. */
  missing: Missing | "";
  /** Settled because it does not apply. */
  void?: boolean;
}

export const missingCode = (missing: Missing) => MISSING[missing][0];
export const missingWords = (missing: Missing) => MISSING[missing][1];
export const missingCure = (missing: Missing) => MISSING[missing][2];

const RANK: OutcomeCode[] = ["not-run", "not-applicable", "pass", "inconclusive", "fail"];
const SETTLED: Standing = { state: "settled", missing: "" };
const VOID: Standing = { state: "settled", missing: "", void: true };
const open = (missing: Missing): Standing => ({ state: "open", missing });
const failed = (missing: Missing): Standing => ({ state: "failed", missing });

/** The verdict over all probes of an item. */
export function machine(story: Story, item: FakeItem): MachineVerdict | null {
  if (item.probes.length === 0) return null;
  const findings = story.findings.get(item.id) ?? [];
  const deciding = findings.toSorted((a, b) => RANK.indexOf(b.outcome) - RANK.indexOf(a.outcome))[0];
  if (!deciding) {
    return { outcome: "not-run", reason: null, summary: "Not checked yet", at: null, stale: false, fresh_until: null, notes: [] };
  }
  const until = item.freshnessHours === null ? null : Date.parse(deciding.at) + item.freshnessHours * HOUR;
  const every = deciding.outcome === "pass" && findings.length > 1;
  return {
    outcome: deciding.outcome,
    reason: deciding.reason ?? null,
    summary: every ? `All ${findings.length} checks pass` : deciding.summary,
    at: deciding.at,
    stale: until !== null && story.seed.now().getTime() > until,
    fresh_until: until === null ? null : new Date(until).toISOString(),
    notes: findings.flatMap((finding) => finding.notes),
  };
}

export function standing(story: Story, item: FakeItem): Standing {
  if (item.computed) return follows(story, item.computed);
  const bare = withoutException(story, item);
  const excepted = story.exceptions.some((each) => each.item === item.id && each.state === "approved");
  return bare.state !== "settled" && item.excepted && excepted ? { state: "excepted", missing: "" } : bare;
}

/** Where it would stand if no exception counted. */
export function withoutException(story: Story, item: FakeItem): Standing {
  const seen = machine(story, item);
  const outcome = seen?.outcome;
  const given = story.ticks.get(item.id);
  if (outcome === "fail") return failed("fix");
  if (item.verify !== "probe" && given?.tick === "not-done") return failed("doIt");
  if (item.verify !== "probe" && given?.tick === "not-applicable") return VOID;
  const ticked = given?.tick === "done";
  if (item.verify === "person") return ticked ? SETTLED : open("tick");
  if (seen?.stale) return open("rerun");
  switch (outcome) {
    case "pass":
    case "not-applicable":
      if (item.verify === "both" && !ticked) return open("tick");
      return outcome === "pass" ? SETTLED : VOID;
    case "inconclusive":
      if (item.verify !== "probe-or-person") return open("testable");
      return ticked && given?.note.trim() ? SETTLED : open("note");
    default:
      return open("run");
  }
}

function follows(story: Story, computed: Computed): Standing {
  if (computed.role) {
    return story.signed.get(computed.role)?.decision === "approve" ? SETTLED : open("others");
  }
  const meant = ({ item, section }: Placed) =>
    !item.computed && (computed.severity ? item.severity === computed.severity : (computed.sections ?? []).includes(section.id));
  const left = story.items(["before", "tests", "sign-off"]).filter(meant).some(({ item }) => !isSettled(standing(story, item)));
  return left ? open("others") : SETTLED;
}

export const isSettled = (standing: Standing) => standing.state === "settled" || standing.state === "excepted";
