// May it go out? Score, blockers and signatures of one release.

import type { BlockerView, ChangeView, Counts, GateView, OwedView, PhaseCode, RoleState, Score, SignoffView } from "../wire.gen";
import { EMERGENCY, ROLE_TITLES } from "./people";
import { isSettled, machine, missingCode, missingCure, missingWords, standing, withoutException } from "./standing";
import { BEFORE, type Placed, type Signed, type Story } from "./story";

const WEIGHT = { critical: 5, high: 3, recommended: 1 } as const;
const ORDER = { critical: 0, high: 1, recommended: 2 } as const;

/** What counts before the deployment; computed lines follow from the rest. */
const counted = (story: Story): Placed[] => story.items(BEFORE).filter(({ item }) => !item.computed);

export function counts(story: Story): Counts {
  const counts: Counts = { total: 0, settled: 0, pass: 0, fail: 0, inconclusive: 0, not_run: 0, excepted: 0 };
  for (const { item } of counted(story)) {
    const stands = standing(story, item);
    counts.total += 1;
    if (isSettled(stands)) counts.settled += 1;
    if (stands.state === "excepted") counts.excepted += 1;
    const outcome = machine(story, item)?.outcome;
    if (outcome === "pass" || outcome === "not-applicable") counts.pass += 1;
    if (outcome === "fail" || outcome === "inconclusive") counts[outcome] += 1;
    if (outcome === "not-run") counts.not_run += 1;
  }
  return counts;
}

function score(story: Story): Score {
  let [all, now, bare, projected] = [0, 0, 0, 0];
  for (const { item } of counted(story)) {
    const stands = standing(story, item);
    if (stands.void) continue;
    const weight = WEIGHT[item.severity];
    all += weight;
    if (isSettled(stands)) now += weight;
    if (isSettled(withoutException(story, item))) bare += weight;
    if (isSettled(stands) || item.severity === "critical") projected += weight;
  }
  const points = (part: number) => Math.floor((part * 100) / Math.max(all, 1));
  return { now: points(now), without_exceptions: points(bare), projected: points(projected) };
}

/** What is signed beside the items. */
const EMERGENCY_PART = "emergency";

/** The material state in words, item by item. */
export function material(story: Story): Map<string, string> {
  const urgent: [string, string][] = story.emergency ? [[EMERGENCY_PART, story.emergency.reason]] : [];
  return new Map([
    ...urgent,
    ...counted(story).map(({ item }): [string, string] => {
      const outcome = machine(story, item)?.outcome ?? "by hand";
      const tick = story.ticks.get(item.id)?.tick ?? "no tick";
      return [item.id, `${outcome}, ${tick}, ${standing(story, item).state}`];
    }),
  ]);
}

export function digest(story: Story): string {
  let hash = 2166136261;
  for (const [id, text] of material(story)) {
    for (const char of id + text) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
  }
  return (hash >>> 0).toString(16).padStart(8, "0").repeat(8);
}

export function changesSince(story: Story, covers: Map<string, string>): ChangeView[] {
  const changes: ChangeView[] = [];
  const now = material(story);
  for (const id of new Set([...covers.keys(), ...now.keys()])) {
    const [from, to] = [covers.get(id) ?? "none", now.get(id) ?? "none"];
    if (id === EMERGENCY_PART && from !== to) changes.push({ what: id, item: null, from, to });
    else if (from !== to) changes.push({ what: story.find(id)?.item.title ?? id, item: id, from, to });
  }
  return changes;
}

function roleState(signed: Signed, changes: ChangeView[]): RoleState {
  if (signed.decision === "decline") return "declined";
  if (signed.decision === "revoke") return "revoked";
  return changes.length > 0 ? "stale" : "signed";
}

export function signoffs(story: Story): SignoffView[] {
  return Object.entries(ROLE_TITLES).map(([role, title]) => {
    const signed = story.signed.get(role);
    if (!signed) {
      return { role, title, seat: 1, people: 1, state: "missing", by: null, fingerprint: null, at: null, meaning: "", comment: "", covers: null, event: null, changes: [] };
    }
    const changes = changesSince(story, signed.covers);
    const state = roleState(signed, changes);
    const { by, fingerprint, at, meaning, comment, event } = signed;
    return { role, title, seat: 1, people: 1, state, by, fingerprint, at, meaning, comment, covers: signed.digest, event, changes: state === "stale" ? changes : [] };
  });
}

function itemBlockers(story: Story, phases: PhaseCode[]): BlockerView[] {
  const blockers = story
    .items(phases)
    .filter(({ item }) => !item.computed && item.severity !== "recommended")
    .flatMap(({ item, section }) => {
      const { missing } = standing(story, item);
      if (!missing) return [];
      const minutes = section.minutes ? Math.ceil(section.minutes[1] / section.items.length) : null;
      const view: BlockerView = { code: missingCode(missing), item: item.id, role: null, text: `${item.title}: ${missingWords(missing)}`, cure: missingCure(missing), minutes };
      return [{ severity: item.severity, view }];
    });
  const rank = (each: (typeof blockers)[number]) => ORDER[each.severity] * 1000 + (each.view.minutes ?? 999);
  return blockers.sort((a, b) => rank(a) - rank(b)).map((each) => each.view);
}

function roleBlocker({ role, title, state, by }: SignoffView): BlockerView {
  const [text, cure] =
    state === "stale" ? [`${title}'s sign-off by ${by} is stale`, `${title} looks at what changed and signs again`]
    : state === "declined" ? [`${title} declined`, `${title} signs once the reason is gone`]
    : [`${title} has not signed`, `${title} reviews and signs`];
  return { code: `signoff-${state}`, item: null, role, text, cure, minutes: null };
}

function reason(items: BlockerView[], roles: BlockerView[], verdict: GateView["verdict"], emergency: boolean): string {
  if (verdict === "go" && emergency) return "Every sign-off that an emergency needs is current";
  if (verdict === "go") return "Every required sign-off is current";
  if (items.length > 0) return `${items.length} ${items.length === 1 ? "item blocks" : "items block"}`;
  if (verdict === "no-go") return "A sign-off is stale or was declined";
  return `Nothing is missing but ${roles.length} ${roles.length === 1 ? "signature" : "signatures"}`;
}

export function gate(story: Story): GateView {
  const items = itemBlockers(story, BEFORE);
  const asked = story.emergency ? EMERGENCY.roles : Object.keys(ROLE_TITLES);
  const roles = signoffs(story).filter((each) => asked.includes(each.role) && each.state !== "signed");
  const signatures = roles.map(roleBlocker);
  const blocked = items.length > 0 || roles.some((each) => each.state !== "missing");
  const verdict = blocked ? "no-go" : roles.length > 0 ? "ready" : "go";
  return {
    verdict,
    summary: reason(items, signatures, verdict, story.emergency !== null),
    blockers: [...items, ...signatures],
    score: score(story),
    signoffs: signoffs(story),
    emergency: story.emergency && { ...story.emergency, owed: owed(story) },
    emergency_rule: story.deployment ? null : EMERGENCY,
    at: story.now(),
  };
}

/** What an emergency release still owes. */
export function owed(story: Story): OwedView | null {
  if (!story.owed || story.owed.roles.length === 0) return null;
  return { ...story.owed, overdue: Date.parse(story.owed.due) < Date.parse(story.now()) };
}

function owedBlocker(role: string): BlockerView {
  const title = ROLE_TITLES[role] ?? role;
  return { code: "signoff-owed", item: null, role, text: `${title} has not looked at this emergency yet`, cure: `${title} reviews what went out, and signs or declines`, minutes: null };
}

/** What keeps a deployed release from being closed. */
export function closing(story: Story): BlockerView[] {
  const { deployment } = story;
  if (!deployment) return [];
  const items = [...itemBlockers(story, ["after"]), ...(story.owed?.roles ?? []).map(owedBlocker)];
  if (deployment.verified_at) return items;
  return [
    ...items,
    {
      code: "deployment-unverified",
      item: null,
      role: null,
      text: "The deployment has not been verified",
      cure: `${deployment.verified_by} looks at it and says what was seen`,
      minutes: null,
    },
  ];
}
