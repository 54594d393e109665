// What failed before it held, and what is different from the release before: a small mirror
// of the rules of the domain.

import type { ApprovalView, HistoryEntry, ItemShiftView, PreviousView, RecoveredView, TurnView } from "../wire.gen";
import { digest } from "./gate";
import { isSettled, missingWords, standing, type Standing } from "./standing";
import { BEFORE, type Placed, type Story } from "./story";

const turned = ({ at, by, what, to, note, event }: HistoryEntry): TurnView => {
  const [probe = "", ...rest] = what === "verdict" ? note.split(": ") : [];
  return { at, by, probe: probe || null, value: to === "not-done" ? "not done" : to, words: probe ? rest.join(": ") : note, event };
};

const ORDER = { critical: 0, high: 1, recommended: 2 } as const;

function recovered(story: Story): RecoveredView[] {
  const all = story.items([...BEFORE, "after", "watch"]).flatMap(({ item }) => {
    if (standing(story, item).state !== "settled") return [];
    const turns = (story.history.get(item.id) ?? []).filter((each) => each.what === "verdict" || each.what === "tick");
    const failing = turns.filter((each) => each.to === "fail" || each.to === "not-done");
    const last = failing.at(-1);
    const later = last ? turns.slice(turns.indexOf(last) + 1) : [];
    // Another probe that held all along did not settle it.
    const after = later.find((each) => each.what === last?.what && turned(each).probe === (last && turned(last).probe)) ?? later.at(-1);
    if (!last || !after) return [];
    return [{ item: item.id, title: item.title, severity: item.severity, failures: failing.length, failed: turned(last), settled: turned(after) }];
  });
  return all.toSorted((a, b) => ORDER[a.severity] - ORDER[b.severity]);
}

const wordsOf = (stands: Standing) => (stands.missing ? missingWords(stands.missing) : stands.void ? "does not apply" : stands.state);

function before(story: Story, others: readonly Story[]): Story | undefined {
  return others
    .filter((other) => other !== story && other.seed.environment === story.seed.environment && other.deployment)
    .toSorted((a, b) => (a.deployment?.deployed_at ?? "").localeCompare(b.deployment?.deployed_at ?? ""))
    .at(-1);
}

function previous(story: Story, earlier: Story): PreviousView {
  const lists: Record<"regressed" | "fixed" | "added" | "excepted" | "removed", ItemShiftView[]> = { regressed: [], fixed: [], added: [], excepted: [], removed: [] };
  const counted = (of: Story) => of.items(BEFORE).filter(({ item }) => !item.computed);
  const shift = ({ item }: Placed, from: string, to: string): ItemShiftView => ({ item: item.id, title: item.title, severity: item.severity, from, to });
  for (const placed of counted(story)) {
    const known = earlier.find(placed.item.id);
    const then = known ? standing(earlier, known.item) : undefined;
    const now = standing(story, placed.item);
    const held = then?.state === "settled";
    const told = shift(placed, then ? wordsOf(then) : "", wordsOf(now));
    if (now.state === "excepted") lists.excepted.push(told);
    else if (!then) lists.added.push(told);
    else if (held && (now.state === "failed" || now.missing === "testable" || now.missing === "note")) lists.regressed.push(told);
    else if (!held && isSettled(now)) lists.fixed.push(told);
  }
  for (const placed of counted(earlier)) {
    if (!story.find(placed.item.id)) lists.removed.push(shift(placed, wordsOf(standing(earlier, placed.item)), ""));
  }
  const { id, version } = earlier.seed;
  const checklist = { what: "checklist", item: null, from: "51c09e2f77aa", to: "7ab37ab37ab3" };
  return { release: id, version, commit: "41d0c7aa93e2b6f8d5c1e07b6a49f2d83c5e1b07", deployed_at: earlier.deployment?.deployed_at ?? "", ...lists, rest: lists.removed.length > 0 ? [checklist] : [] };
}

export function approvalView(story: Story, others: readonly Story[]): ApprovalView {
  const earlier = before(story, others);
  return { state: digest(story), recovered: recovered(story), previous: earlier ? previous(story, earlier) : null };
}
