// The roster and the policy: changed at once where whoever acts speaks for every role
// concerned, else proposed to those roles.

import type { ConsentView, DecideChange, EnrollMember, Host, MemberView, ProposalView, RemoveMember, SetPolicy } from "../../host";
import { ROLE_TITLES } from "../people";
import type { World } from "../world";

/** A change, with the roles that it touches and whose entry it is about. */
interface Change {
  project: string;
  words: string;
  note: string;
  about: string | null;
  touched: string[];
  log: [kind: string, text: string];
  make: () => void;
}

const titles = (roles: readonly string[]) => roles.map((role) => ROLE_TITLES[role] ?? role).join(", ");

export const rosterAnswers = (world: World) => {
  /** What each proposal would do. */
  const wanted = new Map<string, () => void>();

  const entryOf = (request: EnrollMember): MemberView => {
    const key = world.keys.find((each) => each.public_key === request.public_key);
    return { name: request.name, email: request.email, fingerprint: key?.fingerprint ?? `SHA256:${btoa(request.email)}`, roles: request.roles, here: Boolean(key) };
  };

  /** The roles that must consent, with what whoever acts says for them. */
  function needs({ project, touched, about }: Change, me: MemberView): ConsentView[] {
    const others = world.project(project).view.members.filter((each) => each.fingerprint !== about);
    const speaks = (role: string) => me.fingerprint !== about && me.roles.includes(role);
    return touched
      .filter((role) => others.some((each) => each.roles.includes(role)))
      .map((role) => ({ role, by: speaks(role) ? me.name : null, at: speaks(role) ? world.now().toISOString() : null }));
  }

  /** Who may consent to it, and who may refuse it or take it back. */
  function deciders(project: string, { about, needs, proposer }: Pick<ProposalView, "about" | "needs" | "proposer">): Pick<ProposalView, "approvers" | "rejecters"> {
    const others = world.project(project).view.members.filter((each) => each.fingerprint !== about);
    const holding = (roles: string[]) => others.filter((each) => each.roles.some((role) => roles.includes(role))).map((each) => each.fingerprint);
    return { approvers: holding(needs.filter((need) => !need.by).map((need) => need.role)), rejecters: [...new Set([proposer, ...holding(["admin", ...needs.map((need) => need.role)])])] };
  }

  function answer(change: Change) {
    const { view } = world.project(change.project);
    const me = world.member(change.project, world.signer());
    const consents = needs(change, me);
    let proposed: ProposalView | null = null;
    if (consents.some((need) => !need.by)) {
      proposed = {
        id: `${wanted.size + 1}`.padStart(64, "a"),
        change: change.words,
        note: change.note,
        proposed_by: me.name,
        proposer: me.fingerprint,
        proposed_at: world.now().toISOString(),
        about: view.members.some((each) => each.fingerprint === change.about) ? change.about : null,
        needs: consents,
        ...deciders(change.project, { about: change.about, needs: consents, proposer: me.fingerprint }),
      };
      wanted.set(proposed.id, change.make);
      view.proposals = [...(view.proposals ?? []), proposed];
      world.log(change.project, "change-proposed", `proposed: ${change.words}`);
    } else {
      change.make();
      world.log(change.project, ...change.log);
    }
    world.changed();
    return { project: { ...view }, proposed };
  }

  return {
    async enrollMember(request: EnrollMember) {
      world.call("enrollMember", request);
      const { view } = world.project(request.project);
      const entry = entryOf(request);
      const before = view.members.find((each) => each.fingerprint === entry.fingerprint)?.roles ?? [];
      return answer({
        project: request.project,
        words: `Enroll ${request.name} <${request.email}> as ${titles(request.roles)}`,
        note: request.note ?? "",
        about: entry.fingerprint,
        touched: [...new Set([...before, ...entry.roles])].filter((role) => role !== "auditor" && before.includes(role) !== entry.roles.includes(role)),
        log: ["member-enrolled", `Enrolled ${request.name}`],
        make: () => (view.members = [...view.members.filter((each) => each.fingerprint !== entry.fingerprint), entry]),
      });
    },

    async removeMember(request: RemoveMember) {
      world.call("removeMember", request);
      const { view } = world.project(request.project);
      const entry = view.members.find((each) => each.fingerprint === request.member) ?? world.fail("not-found", "There is no such member.");
      const alone = entry.roles.filter((role) => view.required_roles.includes(role) && view.members.filter((each) => each.roles.includes(role)).length === 1);
      if (alone.length > 0) world.fail("requirement-impossible", `nobody on the roster could sign for ${alone.join(", ")}: each required role needs another person`, "Enroll somebody else first.");
      return answer({
        project: request.project,
        words: `Remove ${entry.name} <${entry.email}>, ${titles(entry.roles)}`,
        note: request.note ?? "",
        about: entry.fingerprint,
        touched: entry.roles.filter((role) => role !== "auditor"),
        log: ["member-removed", `Removed ${entry.name}`],
        make: () => (view.members = view.members.filter((each) => each.fingerprint !== entry.fingerprint)),
      });
    },

    async setPolicy(request: SetPolicy) {
      world.call("setPolicy", request);
      const { view } = world.project(request.project);
      if (request.required_roles.length === 0) world.fail("policy", "a policy needs at least one required role, each once, and not auditor", "Choose a role that signs.");
      const signers = request.signers ?? {};
      const words = request.required_roles.map((role) => ((signers[role] ?? 1) > 1 ? `${signers[role]} of ${titles([role])}` : titles([role]))).join(", ");
      const rules = [`signed by ${words}`, `exceptions approved by ${titles(request.exception_approvers)}`, "changes need the roles that they touch"];
      if (request.freshness_hours) rules.push(`no check counts after ${request.freshness_hours} h`);
      if (request.emergency) rules.push(`in an emergency only ${titles(request.emergency.roles)} must sign before it goes out, the rest within ${request.emergency.review_hours} h`);
      const now = view.policy ?? [];
      return answer({
        project: request.project,
        words: `Policy: ${rules.filter((rule) => !now.includes(rule)).join("; ") || "none"}. Now: ${now.filter((rule) => !rules.includes(rule)).join("; ") || "none"}`,
        note: request.note ?? "",
        about: null,
        touched: [...new Set([...view.required_roles, ...request.required_roles])],
        log: ["policy-set", `Set the policy: ${rules.join("; ")}`],
        make: () => Object.assign(view, { required_roles: request.required_roles, exception_approvers: request.exception_approvers, signers, freshness_hours: request.freshness_hours ?? null, emergency: request.emergency ?? null, policy: rules }),
      });
    },

    async decideChange(request: DecideChange) {
      world.call("decideChange", request);
      const { view } = world.project(request.project);
      const me = world.member(request.project, world.signer());
      const found = view.proposals?.find((each) => each.id === request.proposal) ?? world.fail("unknown-proposal", "No change was proposed by that event.");
      if (request.approve && found.about === me.fingerprint) world.fail("own-change", `${me.name} is whom this change is about, and cannot decide on it`, "Let another holder of the role decide");
      world.log(request.project, "change-decided", request.approve ? "consented to the change" : "refused the change");
      const needs = found.needs.map((need) => (request.approve && !need.by && me.roles.includes(need.role) ? { ...need, by: me.name, at: world.now().toISOString() } : need));
      const made = needs.every((need) => need.by);
      const next = made || !request.approve ? [] : [{ ...found, needs, ...deciders(request.project, { ...found, needs }) }];
      view.proposals = (view.proposals ?? []).flatMap((each) => (each.id === found.id ? next : [each]));
      if (made) wanted.get(found.id)?.();
      world.changed();
      return { ...view };
    },
  } satisfies Partial<Host>;
};
