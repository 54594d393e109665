// Packets from other machines, and enrollment cards.

import type { CardView, Host, MergeView, PacketLook } from "../../host";
import type { World } from "../world";

const FOUNDER = { fingerprint: "SHA256:Qm4tWc8yXn2kVb7rLs1pZd6hGf3jAe9uTo5iRqKvNwE", phrase: "orbit velvet canoe harvest tiger lemon", events: 41 };

/** A path that names `other` holds a project that is not here, `news` one with surprises, `fork` a change from behind. */
export const packetAnswers = (world: World) => {
  let opened = false;
  const lookAtPacket = async (path: string): Promise<PacketLook> => {
    if (!path.endsWith(".zip")) world.fail("packet", "the packet is damaged: the file is not a zip archive", "Ask for the file again: what was sent may have been cut");
    const other = path.includes("other") && !opened;
    return { project: other ? "shop" : "demo", name: other ? "Shop" : "Demo: Inbox service", founder: FOUNDER, known: !other, events: 64, files: 3 };
  };
  return {
    lookAtPacket,

    async writePacket(project: string) {
      world.call("writePacket", project);
      const { timeline } = world.project(project);
      return { path: `~/.local/share/countersign/exports/${project}.packet.zip`, sha256: "7be1".repeat(16), size: 48_128, events: timeline.length, files: 2, heads: ["b".repeat(64)] };
    },

    async openPacket(path: string, trust: string | null, acceptFork: boolean) {
      world.call("openPacket", { path, trust, acceptFork });
      const look = await lookAtPacket(path);
      if (!look.known && trust !== FOUNDER.fingerprint) world.fail("stranger", "nobody here knows the project", "Call the founder and compare");
      if (path.includes("fork") && !acceptFork) world.fail("roster-fork", "this packet brings a change of the roster or the policy from behind what is known here: Sana Okafor enrolled Eve as Security", "Nothing was taken in. Ask the admins by voice who changed what, and when.");
      const news = path.includes("news");
      const merge: MergeView = {
        project: look.project,
        name: look.name ?? look.project,
        merged: opened ? 0 : 12,
        known: 52,
        files: opened ? 0 : 3,
        refused: [],
        waiting: news ? 2 : 0,
        strangers: news ? [{ ...FOUNDER, events: 2 }] : [],
        conflicts: news ? [{ release: "2.4.0", matter: "the item database.tls", by: ["Sana Okafor", "Dev Lindqvist"], events: ["1".repeat(64), "2".repeat(64)] }] : [],
        heads: ["b".repeat(64)],
      };
      opened = true;
      world.changed();
      return merge;
    },

    async writeCard() {
      const key = world.signer();
      const card: CardView = { path: `~/.local/share/countersign/exports/${key.name}.card.json`, name: key.owner, email: key.email, public_key: key.public_key, fingerprint: key.fingerprint, phrase: FOUNDER.phrase };
      return card;
    },

    async readCard(text: string) {
      if (!text.includes("countersign-card")) world.fail("input", "card: not a card", "Ask its owner for a new one");
      return { path: "", name: "Ben Okoro", email: "ben@example.test", public_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBen", fingerprint: "SHA256:Ben", phrase: "apple winter ladder copper falcon mirror" };
    },
  } satisfies Partial<Host>;
};
