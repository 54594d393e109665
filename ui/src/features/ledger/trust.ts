import CircleQuestionMark from "@lucide/svelte/icons/circle-question-mark";
import ShieldCheck from "@lucide/svelte/icons/shield-check";
import ShieldX from "@lucide/svelte/icons/shield-x";
import type { Tone } from "../../components/tone";
import type { TimelineRow, TrustCode } from "../../host/host";
import { words } from "../../words";

export interface TrustLook {
  tone: Tone;
  icon: typeof ShieldCheck;
  word: string;
}

/** Icon and word, so that colour is never alone. */
export const TRUST: Record<TrustCode, TrustLook> = {
  good: { tone: "pass", icon: ShieldCheck, word: words.trust.good },
  unknown: { tone: "warn", icon: CircleQuestionMark, word: words.trust.unknown },
  bad: { tone: "fail", icon: ShieldX, word: words.trust.bad },
};

/** One row of the graph, by lanes counted from the left. */
export interface Lanes {
  /** Where its dot is. */
  at: number;
  /** Lanes above that end in the dot. */
  into: number[];
  /** Lanes below that begin in the dot. */
  out: number[];
  /** Lanes that pass, from above to below. */
  pass: [number, number][];
  /** How many there are below. */
  below: number;
}

/** Lanes of rows that stand newest first. Each lane waits for one event. */
export function lanes(rows: Pick<TimelineRow, "event" | "parents">[]): Lanes[] {
  let open: string[] = [];
  return rows.map((row) => {
    const into = open.flatMap((each, lane) => (each === row.event ? [lane] : []));
    const at = into[0] ?? open.length;
    const [first, ...more] = row.parents;
    const next = open.map((each, lane) => (lane === at ? (first ?? "") : each));
    if (into.length === 0 && first !== undefined) next.push(first);
    const below = [...new Set([...next, ...more])].filter((each) => each !== "" && each !== row.event);
    const pass = open.flatMap((each, lane): [number, number][] => (each === row.event ? [] : [[lane, below.indexOf(each)]]));
    open = below;
    return { at, into, out: row.parents.map((each) => below.indexOf(each)), pass, below: below.length };
  });
}
