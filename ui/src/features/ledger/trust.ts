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

/** One row of the graph: the lane of its dot, lanes that pass, and lanes that meet or leave here. */
export interface Lanes {
  at: number;
  above: number[];
  below: number[];
}

/** Lanes of rows that stand newest first. Each lane waits for one parent. */
export function lanes(rows: Pick<TimelineRow, "event" | "parents">[]): Lanes[] {
  let open: string[] = [];
  return rows.map((row) => {
    const above = open.map((_, lane) => lane);
    let at = open.indexOf(row.event);
    if (at < 0) at = open.push(row.event) - 1;
    const next = open.filter((each, lane) => lane === at || each !== row.event);
    const place = next.indexOf(row.event);
    const [first, ...more] = row.parents;
    if (first === undefined) next.splice(place, 1);
    else next[place] = first;
    for (const parent of more) if (!next.includes(parent)) next.push(parent);
    open = [...new Set(next)];
    return { at, above, below: open.map((_, lane) => lane) };
  });
}
