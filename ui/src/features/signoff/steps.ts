// The way to Go as steps: what blocks, whose turn it is, in the gate's order.

import type { BlockerView, ItemRow, MemberView } from "../../host/host";
import type { Release } from "../release/release.svelte";
import { decides, needsMe } from "../release/turn";

/** What kind of act clears a blocker. */
export type Act = "run" | "fix" | "look" | "decide" | "sign";

export interface Step {
  blocker: BlockerView;
  act: Act;
  /** Whether it is the unlocked person's turn. */
  mine: boolean;
  /** Names of those whose turn it is, when the roster says so. */
  who: string[];
}

/** What the steps are told from. */
export interface Known {
  rows: ReadonlyMap<string, ItemRow>;
  members: readonly MemberView[];
  approvers: readonly string[];
  me: MemberView | null;
}

const RUN = new Set(["item-not-run", "item-stale"]);
const LOOK = new Set(["item-not-done", "item-open", "item-undecided"]);

function stepOf(blocker: BlockerView, { rows, members, approvers, me }: Known, itemsBlock: boolean): Step {
  if (blocker.role) {
    const holders = members.filter((member) => member.roles.includes(blocker.role ?? ""));
    // Nobody can approve while an item blocks.
    return { blocker, act: "sign", mine: !itemsBlock && me !== null && holders.includes(me), who: holders.map((each) => each.name) };
  }
  const row = blocker.item ? rows.get(blocker.item) : undefined;
  if (row?.exception?.state === "requested") {
    const deciding = members.filter((member) => decides(row, member, approvers));
    return { blocker, act: "decide", mine: me !== null && deciding.includes(me), who: deciding.map((each) => each.name) };
  }
  // A run is for anybody who works on the release: one press clears all of them.
  if (RUN.has(blocker.code)) return { blocker, act: "run", mine: me !== null, who: [] };
  if (row && LOOK.has(blocker.code)) return { blocker, act: "look", mine: needsMe(row, me, approvers), who: [] };
  return { blocker, act: row ? "fix" : "sign", mine: false, who: [] };
}

export function stepsOf(blockers: readonly BlockerView[], known: Known): Step[] {
  const itemsBlock = blockers.some((each) => each.item);
  return blockers.map((each) => stepOf(each, known, itemsBlock));
}

/** The steps of what blocks a release that is on the screen. */
export function stepsIn(release: Release, blockers: readonly BlockerView[]): Step[] {
  const items = (release.view?.sections ?? []).flatMap((section) => section.items);
  const { members = [], exception_approvers: approvers = [] } = release.project ?? {};
  return stepsOf(blockers, { rows: new Map(items.map((item) => [item.id, item])), members, approvers, me: release.me });
}

/** Items that one run may clear. */
export const runnable = (steps: readonly Step[]): string[] => steps.flatMap((step) => (step.act === "run" && step.blocker.item ? [step.blocker.item] : []));
