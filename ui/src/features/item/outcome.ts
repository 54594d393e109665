// How a machine's verdict, a person's tick and an item's state look. "Inconclusive" has
// its own colour, icon, word and a dashed edge: nobody may take it for a pass.

import Ban from "@lucide/svelte/icons/ban";
import Circle from "@lucide/svelte/icons/circle";
import CircleCheck from "@lucide/svelte/icons/circle-check";
import CircleDashed from "@lucide/svelte/icons/circle-dashed";
import CircleHelp from "@lucide/svelte/icons/circle-question-mark";
import CircleMinus from "@lucide/svelte/icons/circle-minus";
import CircleX from "@lucide/svelte/icons/circle-x";
import ShieldAlert from "@lucide/svelte/icons/shield-alert";
import SquareCheck from "@lucide/svelte/icons/square-check-big";
import SquareX from "@lucide/svelte/icons/square-x";
import SquareMinus from "@lucide/svelte/icons/square-minus";
import type { Tone } from "../../components/tone";
import type { ItemState, OutcomeCode, SeverityCode, TickCode } from "../../host/host";
import { words } from "../../words";
import type { Look } from "../release/verdict";

export const OUTCOME: Record<OutcomeCode, Look> = {
  pass: { word: words.outcome.pass, tone: "pass", icon: CircleCheck },
  fail: { word: words.outcome.fail, tone: "fail", icon: CircleX },
  inconclusive: { word: words.outcome.inconclusive, tone: "doubt", icon: CircleHelp },
  "not-applicable": { word: words.outcome.notApplicable, tone: "mute", icon: CircleMinus },
  "not-run": { word: words.outcome.notRun, tone: "mute", icon: CircleDashed },
};

export const TICK: Record<TickCode, Look> = {
  done: { word: words.tick.done, tone: "pass", icon: SquareCheck },
  "not-done": { word: words.tick.notDone, tone: "fail", icon: SquareX },
  "not-applicable": { word: words.tick.notApplicable, tone: "mute", icon: SquareMinus },
};

export const STATE: Record<ItemState, Look> = {
  settled: { word: words.item.states.settled, tone: "pass", icon: CircleCheck },
  excepted: { word: words.item.states.excepted, tone: "warn", icon: ShieldAlert },
  open: { word: words.item.states.open, tone: "mute", icon: Circle },
  failed: { word: words.item.states.failed, tone: "fail", icon: Ban },
};

export const SEVERITY: Record<SeverityCode, { word: string; tone: Tone }> = {
  critical: { word: words.severity.critical, tone: "fail" },
  high: { word: words.severity.high, tone: "warn" },
  recommended: { word: words.severity.recommended, tone: "mute" },
};

const RANK: Record<OutcomeCode, number> = { "not-run": 0, "not-applicable": 1, pass: 2, inconclusive: 3, fail: 4 };

/** The verdict over several probes of one item: a fail wins, doubt beats a pass. */
export function worst(a: OutcomeCode, b: OutcomeCode): OutcomeCode {
  return RANK[b] > RANK[a] ? b : a;
}

/** The reason of an inconclusive verdict in words. */
export function reasonWords(reason: string | null | undefined): string {
  if (!reason) return "";
  return (words.reason as Record<string, string>)[reason] ?? reason;
}
