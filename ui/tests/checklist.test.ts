import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { fakeHost } from "../src/host/fake";
import { SEEN } from "../src/host/fake/seen";
import { DEMO } from "./stage";

interface Line {
  id: string;
  title: string;
  verify: string;
  probes?: { use: string }[];
  exception?: boolean;
}
interface Part {
  id: string;
  title: string;
  severity: string;
  phase: string;
  minutes?: number[];
  item: Line[];
}

const path = resolve(import.meta.dirname, "../../src-tauri/templates/production-security.toml");
const template = parse(readFileSync(path, "utf8")) as unknown as { section: Part[] };

describe("the fake's checklist", () => {
  it("asks for what the built-in template asks for, line by line", async () => {
    const { sections } = await fakeHost({ scenario: "demo" }).release(DEMO);
    const shown = sections.map(({ id, title, severity, phase, minutes, items }) => ({
      id, title, severity, phase, minutes,
      items: items.map(({ id, title, verify, probes, may_be_excepted }) => ({ id, title, verify, probes, excepted: may_be_excepted })),
    }));
    const meant = template.section.map(({ id, title, severity, phase, minutes, item }) => ({
      id, title, severity, phase, minutes: minutes ?? null,
      items: item.map(({ id, title, verify, probes, exception }) => ({
        id, title, verify,
        probes: (probes ?? []).map((probe) => probe.use),
        excepted: severity !== "critical" && verify !== "computed" && exception !== false,
      })),
    }));
    expect(shown).toEqual(meant);
    expect(meant.flatMap((section) => section.items).length).toBeGreaterThan(50);
  });

  it("has something to see for every line that a machine looks at, and for no other name", () => {
    const lines = template.section.flatMap((section) => section.item);
    const looked = lines.filter((line) => (line.probes ?? []).length > 0).map((line) => line.id);
    expect(looked.filter((id) => !(id in SEEN))).toEqual([]);
    expect(Object.keys(SEEN).filter((id) => !lines.some((line) => line.id === id))).toEqual([]);
  });

  it("treats a look that changes the target as one that needs leave in production", async () => {
    const host = fakeHost({ scenario: "demo", pace: 0 });
    await host.createProject('[project]\nname = "Shop"\n', ["security"]);
    const { row } = await host.openRelease({ project: "shop", version: "1", environment: "production", artifacts: [], reason: "", ticket: "" });
    const look = (allowActive: boolean) => host.startCheck({ project: "shop", release: row.id, items: ["tests.unit"], allowActive }, () => {});
    expect((await look(false)).items[0]).toMatchObject({ outcome: "inconclusive", reason: "not-allowed" });
    expect((await look(true)).items[0]).toMatchObject({ outcome: "pass" });
  });
});
