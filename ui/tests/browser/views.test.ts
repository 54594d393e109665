// Every view and dialog of the list: looks as accepted, free of axe violations in light
// and dark, its controls have their names, and the focus is neither lost nor trapped.

import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { violations } from "../views/axe";
import { judge } from "../views/compare";
import { walk } from "../views/focus";
import { VIEWS, type View } from "../views/list";
import { launch, looksOf, picture, relight, show, stage, THEMES, type LookName } from "../views/look";

/** What was found at a view; each list is empty when nothing is wrong. */
interface Visit {
  errors: string[];
  looks: string[];
  axe: Partial<Record<LookName, string[]>>;
  nameless: string[];
  focus: string[];
}

async function visit(context: BrowserContext, address: string, view: View): Promise<Visit> {
  const { page, errors } = await show(context, address, view);
  try {
    const found: Visit = { errors, looks: [], axe: {}, nameless: [], focus: [] };
    for (const look of new Set([...THEMES, ...looksOf(view)])) {
      await relight(page, look);
      if (looksOf(view).includes(look)) found.looks.push(judge(view.name, look, await picture(page)));
      if (look !== "forced" && !view.endless) found.axe[look] = await violations(page, { colours: look !== "light" });
    }
    found.looks = found.looks.filter(Boolean);
    await relight(page, "light");
    for (const [role, name] of view.controls) {
      if ((await page.getByRole(role, { name, exact: true }).count()) === 0) found.nameless.push(`no ${role} ${name}`);
    }
    found.focus = await walk(page, view);
    return found;
  } finally {
    await page.close();
  }
}

/** Fails with what was found, in full. */
const nothing = (found: string[] | undefined) => expect(found, found?.join("\n")).toEqual([]);

const address = inject("address");

describe.skipIf(!address)("each view", () => {
  let browser: Browser;
  let lanes: BrowserContext[];
  const visits = new Map<number, Promise<Visit>>();

  beforeAll(async () => {
    browser = await launch(inject("chromium"));
    lanes = [await stage(browser), await stage(browser)];
  });
  afterAll(async () => {
    await Promise.allSettled(visits.values());
    await browser?.close();
  });

  function begin(index: number): void {
    const view = VIEWS[index];
    if (!view || visits.has(index)) return;
    const own = visit(lanes[index % 2]!, address, view);
    visits.set(index, own);
    // Whoever asks for it is told.
    own.catch(() => undefined);
  }

  describe.each(VIEWS)("$name", (view) => {
    const index = VIEWS.indexOf(view);
    const found = () => {
      begin(index);
      // The next one at the same time keeps two cores busy.
      begin(index + 1);
      return visits.get(index)!;
    };
    if (!view.endless) it.each(THEMES)("has no axe violation, %s", async (theme) => nothing((await found()).axe[theme]));
    if (view.picture) it("looks as it was accepted", async () => nothing((await found()).looks));
    it("has its controls by role and name", async () => nothing((await found()).nameless));
    if (!view.endless) it("neither loses nor traps the focus", async () => nothing((await found()).focus));
    it("complains of nothing", async () => nothing((await found()).errors));
  });
});

describe.skipIf(!address)("the comparison of a view", () => {
  const view = VIEWS.find((each) => each.name === "release-checked")!;
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch(inject("chromium"));
  });
  afterAll(() => browser?.close());

  it("fails when a token has another colour or a block has moved, and says what to do", async () => {
    const { page } = await show(await stage(browser), address, view);
    const root = page.locator("html");
    expect(judge(view.name, "light", await picture(page))).toBe("");
    await root.evaluate((html) => html.style.setProperty("--surface", "#f4f6fb"));
    const recoloured = judge(view.name, "light", await picture(page));
    expect(recoloured).toMatch(/^release-checked, light: [\d.]+ % of the pixels have another shade/);
    expect(recoloured).toContain("tests/out/differences/release-checked.light.png");
    expect(recoloured).toContain("./dev shots --accept release-checked");
    await root.evaluate((html) => html.style.removeProperty("--surface"));
    expect(judge(view.name, "light", await picture(page))).toBe("");
    await page.locator('[data-testid="run-checks"]').evaluate((button) => (button.style.translate = "-6px"));
    expect(judge(view.name, "light", await picture(page))).toContain("of the pixels differ");
  });

  it("is the same whether the system is dark or dark was chosen", async () => {
    const { page } = await show(await stage(browser), address, view);
    await page.locator('[data-testid="theme"]').click();
    await page.getByRole("menuitem", { name: "Dark" }).click();
    await page.getByRole("menu").waitFor({ state: "detached" });
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.mouse.move(640, 790);
    // The button says by its picture which one was chosen: all else is as it is in the dark.
    await page.locator('[data-testid="theme"]').evaluate((button) => (button.style.visibility = "hidden"));
    const chosen = await picture(page);
    await page.evaluate(() => delete document.documentElement.dataset.theme);
    await relight(page, "dark");
    expect((await picture(page)).equals(chosen)).toBe(true);
  });
});
