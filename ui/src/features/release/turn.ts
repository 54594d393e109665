// Whose turn it is to move an item on.

import type { ItemRow, MemberView, ReleaseRow } from "../../host/host";

/** Whether only the word of a person is missing: a tick, or a look where the machine could not tell. */
export function wantsPerson(item: ItemRow): boolean {
  if (item.verify === "computed" || item.verify === "probe" || item.state === "settled" || item.state === "excepted") return false;
  if (item.tick?.tick === "not-done" && item.machine?.outcome !== "fail") return true;
  const outcome = item.machine?.outcome;
  if (item.verify === "person") return item.state === "open";
  if (item.machine?.stale) return false;
  if (item.verify === "both") return outcome === "pass" || outcome === "not-applicable";
  return outcome === "inconclusive";
}

/** Whether an exception waits for this person's decision. */
export function decides(item: ItemRow, me: MemberView, approvers: readonly string[]): boolean {
  const asked = item.exception;
  return asked?.state === "requested" && asked.requested_by !== me.name && me.roles.some((role) => approvers.includes(role));
}

/** Whether the item waits for this person. Who only reads is never waited for. */
export function needsMe(item: ItemRow, me: MemberView | null, approvers: readonly string[]): boolean {
  if (!me || me.roles.every((role) => role === "auditor")) return false;
  return wantsPerson(item) || decides(item, me, approvers);
}

/** Whether nothing but signatures is missing, and one of them is of these roles. */
export function waitsForSignature(row: ReleaseRow, roles: readonly string[]): boolean {
  if (row.owed) return row.owed.roles.some((role) => roles.includes(role));
  const missing = row.roles.filter((light) => light.state !== "signed");
  const onlySignatures = row.verdict === "ready" || (row.verdict === "no-go" && row.blockers === missing.length);
  return row.stage === "open" && onlySignatures && missing.some((light) => roles.includes(light.role));
}
