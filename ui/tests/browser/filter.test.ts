import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { byId, DESK, inBrowser, RELEASE, violations } from "./page";

const chip = (name: string) => byId(`filter-${name}`);
const count = async (page: Page, name: string) => Number(await page.locator(`${chip(name)} .count`).textContent());
const rows = (page: Page) => page.locator(byId("item-row")).evaluateAll((all) => all.map((row) => ({ ...(row as HTMLElement).dataset })));

inBrowser("the filters of a checklist", (open) => {
  it("count what they show", async () => {
    const page = await open(RELEASE);
    await page.locator(byId("item-row")).first().waitFor();
    for (const name of ["blocking", "failed", "inconclusive", "mine", "stale", "all"]) {
      await page.locator(chip(name)).click();
      expect(await page.locator(chip(name)).getAttribute("aria-pressed")).toBe("true");
      const shown = await rows(page);
      expect(shown.length, name).toBe(await count(page, name));
      expect(shown.length, `${name} shows something`).toBeGreaterThan(0);
      expect(await page.locator(byId("shown-count")).textContent(), name).toContain(`${shown.length} `);
    }
  });

  it("show failed as failed, doubt as doubt, and an old verdict as too old", async () => {
    const page = await open(RELEASE);
    await page.locator(chip("failed")).click();
    expect(new Set((await rows(page)).map((row) => row.outcome))).toEqual(new Set(["fail"]));
    await page.locator(chip("inconclusive")).click();
    expect(new Set((await rows(page)).map((row) => row.outcome))).toEqual(new Set(["inconclusive"]));
    await page.locator(chip("stale")).click();
    expect((await rows(page)).map((row) => row.item)).toEqual(["database.no-createdb"]);
    expect(await page.locator(byId("item-row")).textContent()).toContain("Too old");
  });

  it("lists under Needs me only what a tick of this person settles, and lets it go once ticked", async () => {
    const page = await open(RELEASE);
    await page.locator(chip("mine")).click();
    const before = await rows(page);
    expect(before.map((row) => row.item)).toEqual(expect.arrayContaining(["secret-store.vault", "signoff.rollback-tested"]));
    for (const row of before) expect(row.state, row.item).toBe("open");
    expect(before.some((row) => row.item?.startsWith("watch.")), "what is due after the deployment is not due yet").toBe(false);
    await page.locator('[data-item="signoff.rollback-tested"]').click();
    await page.locator(byId("tick-done")).click();
    await page.locator('[data-testid="item-row"][data-item="signoff.rollback-tested"]').waitFor({ state: "detached" });
    expect(await count(page, "mine")).toBe(before.length - 1);
  });

  it("lead from / to what is searched and back, by keyboard", async () => {
    const page = await open(RELEASE);
    await page.locator(byId("item-row")).first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("redis ping");
    expect((await rows(page)).map((row) => row.item)).toEqual(["redis-auth.ping-with-password", "redis-auth.ping-without-password"]);
    await page.keyboard.press("Enter");
    await page.locator('[data-item="redis-auth.ping-with-password"]:focus').waitFor();
    await page.keyboard.press("/");
    await page.keyboard.press("Escape");
    expect(await page.locator(byId("item-search")).inputValue()).toBe("");
    await page.locator(`${byId("item-search")}:focus`).waitFor();
    await page.keyboard.press("Escape");
    await page.locator(`${byId("item-row")}:focus`).waitFor();
  });

  it.each(["light", "dark"] as const)("are free of axe violations, %s", async (theme) => {
    const page = await open(RELEASE, { ...DESK, theme });
    await page.locator(chip("mine")).click();
    expect(await violations(page)).toEqual([]);
  });
});
