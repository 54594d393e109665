// Signatures, deployment, closing.

import type { CloseRelease, DeclareEmergency, Host, KeyView, RecordDeployment, ReleaseRef, SignOff, VerifyDeployment } from "../../host";
import { changesSince, closing, digest, gate } from "../gate";
import { EMERGENCY, ROLE_TITLES } from "../people";
import { HOUR, type Story } from "../story";
import { releaseView } from "../views";
import type { World } from "../world";

/** Why this person cannot approve now; empty when they can. */
function refusal(world: World, story: Story, role: string, key: KeyView): string {
  const member = world.member(story.seed.project, key);
  if (!member.roles.includes(role)) return `${key.owner} does not hold the role ${ROLE_TITLES[role] ?? role}.`;
  const own = [...story.signed].find(([other, each]) => other !== role && each.fingerprint === key.fingerprint && each.decision === "approve");
  if (own) return `${key.owner} has signed as ${ROLE_TITLES[own[0]] ?? own[0]} already: each role needs another person.`;
  if (story.owed) return story.owed.roles.includes(role) ? "" : "The release has been deployed already.";
  const blocked = gate(story).blockers.some((each) => each.item);
  return blocked ? "Items still block: only a release that is Ready can be approved." : "";
}

export const signoffAnswers = (world: World) =>
  ({
    async statement(of: ReleaseRef, role: string) {
      const key = world.signer();
      const story = world.story(of);
      const signed = story.signed.get(role);
      return {
        name: key.owner,
        email: key.email,
        fingerprint: key.fingerprint,
        role,
        meaning: world.meaning(story, role),
        state: digest(story),
        verdict: gate(story).verdict,
        refusal: refusal(world, story, role, key),
        exceptions: story.exceptions.filter((each) => each.state === "approved"),
        changes: signed ? changesSince(story, signed.covers) : [],
      };
    },

    async signOff(request: SignOff) {
      const key = world.signer();
      world.call("signOff", request);
      const story = world.story(request);
      if (key.held === "agent" && !request.confirmed) world.fail("unconfirmed", "This signature was not confirmed.", "Read the statement, then confirm that you sign it.");
      world.prove(key, request.passphrase);
      if (request.state !== digest(story)) world.fail("state-moved", "The release changed while you were reading.", "Open the statement again.");
      world.sign(story, request.role, key, request.decision, request.comment);
      if (story.owed) story.owed = { ...story.owed, roles: story.owed.roles.filter((each) => each !== request.role) };
      world.changed();
      return releaseView(story);
    },

    async declareEmergency(request: DeclareEmergency) {
      const key = world.signer();
      world.call("declareEmergency", request);
      const story = world.story(request);
      const { roles } = world.member(request.project, key);
      const asked = request.withdraw ? Object.keys(ROLE_TITLES) : EMERGENCY.roles;
      if (!asked.some((role) => roles.includes(role))) world.fail("not-authorised", `This needs the role ${asked.join(" or ")}.`, "Ask somebody who holds it.");
      story.emergency = request.withdraw ? null : { reason: request.reason, by: key.owner, at: world.now().toISOString() };
      world.log(request.project, request.withdraw ? "emergency-withdrawn" : "emergency-declared", `${request.withdraw ? "Withdrew" : "Declared"} the emergency: ${request.reason}`, story.seed.id);
      world.changed();
      return releaseView(story);
    },

    async recordDeployment(request: RecordDeployment) {
      world.signer();
      world.call("recordDeployment", request);
      const story = world.story(request);
      if (gate(story).verdict !== "go") world.fail("not-go", "The gate does not say Go.", "Every required role must sign first.");
      if (request.deployed_by === request.verified_by) world.fail("same-person", "The one who deploys cannot verify.", "Choose somebody else.");
      const { members } = world.project(request.project).view;
      const name = (fingerprint: string) => members.find((each) => each.fingerprint === fingerprint)?.name ?? fingerprint;
      story.stage = "deployed";
      const missing = gate(story).signoffs.filter((each) => each.state !== "signed").map((each) => each.role);
      if (story.emergency && missing.length > 0) story.owed = { roles: missing, due: new Date(world.now().getTime() + EMERGENCY.review_hours * HOUR).toISOString() };
      story.deployment = {
        deployed_at: request.deployed_at ?? world.now().toISOString(),
        deployed_by: name(request.deployed_by),
        verified_by: name(request.verified_by),
        verifier: request.verified_by,
        verified_at: null,
        note: "",
        reference: request.reference,
        approved_before: true,
        next_review: "2027-02-24",
      };
      world.log(request.project, "deployment-recorded", `Recorded the deployment of ${story.seed.version}`, story.seed.id);
      world.changed();
      return releaseView(story);
    },

    async verifyDeployment(request: VerifyDeployment) {
      const key = world.signer();
      const story = world.story(request);
      if (!story.deployment) world.fail("not-deployed", "There is no deployment to verify.");
      if (story.deployment.verifier !== key.fingerprint) world.fail("not-the-verifier", `Only ${story.deployment.verified_by} verifies this deployment.`, "Switch person.");
      story.stage = "verified";
      story.deployment = { ...story.deployment, verified_at: world.now().toISOString(), note: request.note };
      world.log(request.project, "deployment-verified", "Verified the deployment", story.seed.id);
      world.changed();
      return releaseView(story);
    },

    async closeRelease(request: CloseRelease) {
      world.signer();
      const story = world.story(request);
      const blocker = closing(story)[0];
      if (blocker) world.fail("not-closable", blocker.text, blocker.cure);
      story.stage = "closed";
      world.log(request.project, "release-closed", "Closed the release", story.seed.id);
      world.changed();
      return releaseView(story);
    },
  }) satisfies Partial<Host>;
