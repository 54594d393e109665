// Whether the list of views is whole, and whether its reference pictures are, and are
// small and able to fail.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PNG } from "pngjs";
import { describe, expect, it } from "vitest";
import { difference, halve, reference, referenceOf, REFERENCES, verdict } from "../views/compare";
import { VIEWS } from "../views/list";
import { looksOf } from "../views/look";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".svelte")).map((path) => join("src", path));

/** The test ids of all that covers a view, and the places where one has none. */
function covers(): string[] {
  return sources.flatMap((path) => {
    const text = read(path);
    return [...text.matchAll(/<(?:Dialog|Menu|Dialog\.Content)\s/g)].flatMap(({ index }) => {
      const tag = text.slice(index, index + 400);
      // The design system's own dialog and menu take the id from outside.
      if (/testid=\{testid\}|<Dialog\.Content class="dialog-content \{width\}"/.test(tag)) return [];
      return [/testid="([\w-]+)"/.exec(tag)?.[1] ?? `one without a test id in ${path}`];
    });
  });
}

describe("the list of views", () => {
  it("has every dialog and menu of the source", () => {
    const listed = VIEWS.flatMap((view) => (view.cover ? [view.cover.testid] : []));
    expect(new Set(listed)).toEqual(new Set(covers()));
  });

  it("has every route and every part of a release", () => {
    const router = read("src/router.svelte.ts");
    const routes = [...router.matchAll(/\{ view: "(\w+)"; ?|\{ view: "(\w+)" \}\n/g)].map(([, one, other]) => one ?? other);
    expect(routes.length).toBeGreaterThanOrEqual(5);
    expect(new Set(VIEWS.map((view) => view.route))).toEqual(new Set(routes));
    const tabs = /const TABS = (\[.*\]) as const/.exec(router)?.[1] ?? "[]";
    expect(new Set(VIEWS.flatMap((view) => view.tab ?? []))).toEqual(new Set(JSON.parse(tabs)));
  });

  it("has every story of the fake host", () => {
    const type = /export type Scenario = (.*);/.exec(read("src/host/fake/scenarios.ts"))?.[1] ?? "";
    expect(new Set(VIEWS.map((view) => view.scenario))).toEqual(new Set([...type.matchAll(/"([\w-]+)"/g)].map(([, name]) => name)));
  });

  it("names each view once, and asks each for a control", () => {
    const names = VIEWS.map((view) => view.name);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
    expect(VIEWS.filter((view) => view.controls.length === 0)).toEqual([]);
  });
});

describe("the reference pictures", () => {
  const wanted = VIEWS.flatMap((view) => looksOf(view).map((look) => `${view.name}.${look}.png`));

  it("are those of the list, and no others", () => {
    expect(readdirSync(REFERENCES).sort()).toEqual(wanted.sort());
  });

  it("are small", () => {
    const bytes = readdirSync(REFERENCES).reduce((sum, name) => sum + statSync(join(REFERENCES, name)).size, 0);
    expect(bytes).toBeLessThan(3_000_000);
  });

  it.each(VIEWS.filter((view) => view.readme))("are what the README shows of $name", ({ name, readme }) => {
    const shown = readFileSync(join(ROOT, `../docs/pictures/${readme}.png`));
    expect(verdict(difference(readFileSync(referenceOf(name, "light")), shown))).toBe("");
    expect(read("../README.md")).toContain(`docs/pictures/${readme}.png`);
  });
});

describe("the comparison", () => {
  const shot = readFileSync(join(ROOT, "../docs/pictures/release.png"));
  const kept = reference(shot);
  const changed = (change: (png: PNG) => void) => {
    const png = PNG.sync.read(shot);
    change(png);
    return verdict(difference(kept, PNG.sync.write(png)));
  };
  const each = (png: PNG, act: (at: number, x: number, y: number) => void) => {
    for (let y = 0; y < png.height; y += 1) for (let x = 0; x < png.width; x += 1) act((y * png.width + x) * 4, x, y);
  };

  it("finds the picture like its own reference", () => expect(changed(() => {})).toBe(""));

  it("does not mind another rounding of colours and of the edges of letters", () => {
    const found = changed((png) => {
      const before = Buffer.from(png.data);
      each(png, (at, x) => {
        for (let c = at; c < at + 3; c += 1) {
          const left = before[x > 0 ? c - 4 : c]!;
          // An eighth of a pixel to the right, and one step of brightness on every other.
          png.data[c] = Math.min(255, Math.round(before[c]! * 0.875 + left * 0.125) + (x & 1));
        }
      });
    });
    expect(found).toBe("");
  });

  it("minds a block of 60 by 20 pixels that moved by four", () => {
    const found = changed((png) => {
      const before = PNG.sync.read(shot);
      const { x, y } = { x: 1150, y: 158 };
      PNG.bitblt(before, png, x, y, 60, 20, x + 4, y);
    });
    expect(found).toContain("of the pixels differ");
  });

  it("minds a colour of one token that changed", () => {
    const found = changed((png) => each(png, (at) => {
      if (png.data.readUIntBE(at, 3) === 0x3a53cf) png.data[at + 1] = 0x70;
    }));
    expect(found).toContain("of the pixels differ");
  });

  it("minds an icon that is gone", () => {
    const found = changed((png) => PNG.bitblt(PNG.sync.read(shot), png, 236, 311, 14, 14, 252, 311));
    expect(found).toContain("of the pixels differ");
  });

  it("minds a ground of another shade", () => {
    const found = changed((png) => each(png, (at) => {
      if (png.data.readUIntBE(at, 3) === 0xffffff) png.data.writeUIntBE(0xf4f6fb, at, 3);
    }));
    expect(found).toContain("of the pixels have another shade");
  });

  it("minds another size", () => {
    expect(difference(kept, PNG.sync.write(new PNG({ width: 640, height: 400 }))).clear).toBe(1);
  });

  it("halves by the mean of four pixels", () => {
    const four = new PNG({ width: 2, height: 2 });
    four.data.set([0, 10, 20, 255, 4, 10, 20, 255, 8, 10, 20, 255, 12, 10, 24, 255]);
    expect([...halve(four).data]).toEqual([6, 10, 21, 255]);
  });
});
