// What a fake probe sees.

import type { OutcomeCode } from "../../wire.gen";

export interface Seen {
  outcome: OutcomeCode;
  reason?: string;
  summary: string;
  expected?: string;
  observed?: string;
  reproduce?: string;
  transcript?: string[];
  note?: string;
}

/** What the first probe of an item sees; the item's other probes pass. */
export interface Looks {
  first: Seen;
  /** What later runs see; the same as the first when absent. */
  later?: Seen;
}

export const pass = (summary: string, expected = "", observed = expected): Seen => ({ outcome: "pass", summary, expected, observed });

/** It holds at the first look already. */
export const holds = (summary: string, expected = "", observed = expected): Looks => ({ first: pass(summary, expected, observed) });
