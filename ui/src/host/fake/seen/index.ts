// What the fake sees of each item.

import { CRITICAL } from "./critical";
import { EDGE } from "./edge";
import { RESULTS } from "./results";
import { holds, pass, type Looks, type Seen } from "./seen";
import { SERVERS } from "./servers";

export type { Looks, Seen } from "./seen";

export const SEEN: Record<string, Looks> = { ...CRITICAL, ...SERVERS, ...EDGE, ...RESULTS };

const OTHERWISE = holds("Holds");

/** What each of an item's probes sees, after `before` earlier runs. */
export function look(item: { id: string; probes: string[] }, before: number, looks: Record<string, Looks> = SEEN): Seen[] {
  const { first, later } = looks[item.id] ?? OTHERWISE;
  return item.probes.map((_, slot) => (slot > 0 ? pass("Holds") : before === 0 ? first : (later ?? first)));
}
