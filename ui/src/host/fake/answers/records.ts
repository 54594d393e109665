// The ledger and what is drawn from it; checklists; secrets.

import type { CheckedView, Host, RecordFormat, ReleaseRef, TemplateView } from "../../host";
import { KEYS, ROLE_TITLES } from "../people";
import type { World } from "../world";

export const recordAnswers = (world: World) =>
  ({
    async timeline(project: string) {
      return [...world.project(project).timeline];
    },

    async event(project: string, event: string) {
      const row = world.project(project).timeline.find((each) => each.event === event);
      if (!row) world.fail("not-found", `There is no event ${event}.`, "Name one that the timeline shows.");
      const text = JSON.stringify({ at: row.at, author: row.fingerprint, body: { kind: row.kind }, parents: row.parents, project, version: 1 });
      const signature = "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ\n-----END SSH SIGNATURE-----\n";
      const commands = `printf '%s' '${text}' > event.json\nssh-keygen -Y verify -f signers -I author -n countersign-event-v1 -s event.sig < event.json\n`;
      return { event, text, signature, public_key: KEYS.find((each) => each.fingerprint === row.fingerprint)?.public_key ?? null, commands };
    },

    async checkLedger(progress: (now: CheckedView) => void) {
      world.call("checkLedger");
      const rows = [...world.projects.values()].flatMap((each) => each.timeline.map((row) => ({ row, project: each.view.id })));
      world.stopped = false;
      for (let part = 1; part <= 4; part += 1) {
        await new Promise((go) => setTimeout(go, world.pace));
        if (world.stopped) world.fail("stopped", "The check of the ledger was stopped before its end: nothing was found out.");
        progress({ done: Math.floor((rows.length * part) / 4), total: rows.length });
      }
      const damage = rows.filter(({ row }) => row.trust === "bad" && row.refused?.startsWith("It does not verify")).map(({ row, project }) => ({
        event: row.event, project, problem: `event ${row.event.slice(0, 8)}: signature: does not match the bytes`,
        cure: "Do not rely on this event: keep the file as it is, and take the project's events from a backup or from another machine's packet into a new folder",
      }));
      return { path: "~/.local/share/countersign/ledger.sqlite", events: rows.length, files: 0, at: world.now().toISOString(), problems: damage.map((each) => each.problem), damage };
    },

    async cancelLedgerCheck() {
      world.stopped = true;
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

    async exportAs(of: ReleaseRef, format: RecordFormat) {
      const { seed } = world.story(of);
      const ending = format === "pdf" ? "pdf" : `${format}.json`;
      return {
        path: `~/.local/share/countersign/exports/${seed.project}-${seed.version}.${ending}`,
        sha256: "c0de".repeat(16),
        size: 96_256,
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

    onLedgerChanged(listener: () => void) {
      world.listeners.add(listener);
      return () => world.listeners.delete(listener);
    },
  }) satisfies Partial<Host>;
