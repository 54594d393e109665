// The roster: enrolled at once where whoever acts speaks for every role concerned, else
// proposed to those roles.

import type { ConsentView, DecideChange, EnrollMember, Host, MemberView, ProposalView } from "../../host";
import { ROLE_TITLES } from "../people";
import type { World } from "../world";

export const rosterAnswers = (world: World) => {
  /** What each proposal would enroll. */
  const wanted = new Map<string, EnrollMember>();

  const keyOf = (request: EnrollMember) => world.keys.find((each) => each.public_key === request.public_key);
  const entryOf = (request: EnrollMember): MemberView => {
    const key = keyOf(request);
    return { name: request.name, email: request.email, fingerprint: key?.fingerprint ?? `SHA256:${btoa(request.email)}`, roles: request.roles, here: Boolean(key) };
  };

  function enroll(request: EnrollMember) {
    const { view } = world.project(request.project);
    const entry = entryOf(request);
    view.members = [...view.members.filter((each) => each.fingerprint !== entry.fingerprint), entry];
  }

  /** The roles that must consent, with what whoever acts says for them. */
  function needs(request: EnrollMember, me: MemberView): ConsentView[] {
    const { view } = world.project(request.project);
    const entry = entryOf(request);
    const before = view.members.find((each) => each.fingerprint === entry.fingerprint)?.roles ?? [];
    const touched = [...new Set([...before, ...entry.roles])].filter((role) => role !== "auditor" && before.includes(role) !== entry.roles.includes(role));
    const others = view.members.filter((each) => each.fingerprint !== entry.fingerprint);
    const speaks = (role: string) => me.fingerprint !== entry.fingerprint && me.roles.includes(role);
    return touched
      .filter((role) => others.some((each) => each.roles.includes(role)))
      .map((role) => ({ role, by: speaks(role) ? me.name : null, at: speaks(role) ? world.now().toISOString() : null }));
  }

  return {
    async enrollMember(request: EnrollMember) {
      const { view } = world.project(request.project);
      const me = world.member(request.project, world.signer());
      world.call("enrollMember", request);
      const consents = needs(request, me);
      const entry = entryOf(request);
      let proposed: ProposalView | null = null;
      if (consents.some((need) => !need.by)) {
        const titles = request.roles.map((role) => ROLE_TITLES[role] ?? role).join(", ");
        const known = view.members.some((each) => each.fingerprint === entry.fingerprint);
        proposed = {
          id: `${wanted.size + 1}`.padStart(64, "a"),
          change: `Enroll ${request.name} <${request.email}> as ${titles}`,
          note: request.note ?? "",
          proposed_by: me.name,
          proposer: me.fingerprint,
          proposed_at: world.now().toISOString(),
          about: known ? entry.fingerprint : null,
          needs: consents,
        };
        wanted.set(proposed.id, request);
        view.proposals = [...(view.proposals ?? []), proposed];
        world.log(request.project, "change-proposed", `proposed to enroll ${request.name}`);
      } else {
        enroll(request);
        world.log(request.project, "member-enrolled", `Enrolled ${request.name}`);
      }
      world.changed();
      return { project: { ...view }, proposed };
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
      const next = made || !request.approve ? [] : [{ ...found, needs }];
      view.proposals = (view.proposals ?? []).flatMap((each) => (each.id === found.id ? next : [each]));
      const change = wanted.get(found.id);
      if (made && change) enroll(change);
      world.changed();
      return { ...view };
    },
  } satisfies Partial<Host>;
};
