// The ledger and what is drawn from it; checklists; secrets.

import type { Host, ReleaseRef, TemplateView } from "../../host";
import { ROLE_TITLES } from "../people";
import type { World } from "../world";

export const recordAnswers = (world: World) =>
  ({
    async timeline(project: string) {
      return [...world.project(project).timeline];
    },

    async checkLedger() {
      return { path: "~/.local/share/countersign/ledger.db", events: world.events, problems: [] };
    },

    async exportBundle(of: ReleaseRef) {
      const { seed } = world.story(of);
      return {
        path: `~/.local/share/countersign/exports/${seed.project}-${seed.version}.zip`,
        sha256: "d41c".repeat(16),
        size: 184_320,
        heads: ["a".repeat(64)],
      };
    },

    async verifyBundle(path: string) {
      if (!path.endsWith(".zip")) world.fail("bad-bundle", `${path}: not a bundle.`, "Name a .zip that export wrote.");
      return {
        verdict: "good",
        summary: "Everything in it holds.",
        steps: [{ name: "Check sums", good: true, detail: "14 members" }, { name: "Signatures", good: true, detail: "62 events" }],
        unmet: [],
        version: "2.4.0",
        signed: Object.keys(ROLE_TITLES),
      };
    },

    async importChecklist(name: string, markdown: string) {
      const items = markdown.match(/^\s*[-*] \[[ xX]\]/gm)?.length ?? 0;
      if (items === 0) world.fail("empty-checklist", `${name}: no boxes found.`, "A checklist has lines that start with - [ ].");
      const template: TemplateView = { id: name.replace(/\.md$/, ""), title: name, version: "1", sha256: "90ef".repeat(16), items };
      world.templates.push(template);
      return template;
    },

    async templates() {
      return [...world.templates];
    },

    async generateSecret() {
      const bytes = crypto.getRandomValues(new Uint8Array(32));
      return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    },

    async judgeSecret(_name: string, value: string) {
      const strong = value.length >= 32;
      return { strong, summary: strong ? "Strong enough" : "Too short", length: value.length, alphabet: "text", bucket: strong ? "strong" : "weak" };
    },

    onLedgerChanged(listener: () => void) {
      world.listeners.add(listener);
      return () => world.listeners.delete(listener);
    },
  }) satisfies Partial<Host>;
