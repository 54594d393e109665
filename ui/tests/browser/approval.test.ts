import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { byId, DESK, inBrowser, LOOKS, violations, type Look } from "./page";

const APPROVE = "#/p/demo/r/r-240/approve";
const focused = (page: Page, css: string) => page.locator(`${css}:focus`).waitFor();
const wide = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Waits for everything that the page asks for. */
async function shown(page: Page) {
  await page.locator(`${byId("previous")}, ${byId("first-release")}`).waitFor();
  await page.locator(`${byId("statement")}, ${byId("receipt")}, ${byId("not-mine")}`).first().waitFor();
}

/** The narrowest screen, and a laptop's at twice its zoom. */
const SMALL: Look[] = [
  { width: 320, height: 568, theme: "light" },
  { width: 320, height: 568, theme: "dark" },
  { width: 640, height: 400, theme: "light" },
];

inBrowser("the approval page", (open) => {
  it("is reached, read and signed by keyboard alone", async () => {
    const page = await open("#/p/demo/r/r-240/checklist", { scenario: "successor" });
    await page.locator(byId("item-row")).first().waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await shown(page);
    expect(new URL(page.url()).hash).toBe(APPROVE);
    await page.keyboard.press("s");
    await focused(page, byId("passphrase"));
    await page.keyboard.type("demo demo demo");
    await page.keyboard.press("Enter");
    expect(await page.locator(byId("receipt")).count(), "two exceptions are unread").toBe(0);
    await page.keyboard.press("Escape");
    await page.keyboard.press("o");
    await focused(page, `[data-exception="ex-1"] ${byId("open-exception")}`);
    await page.locator(`${byId("confirm-sign")}`, { hasText: "Sign (1 exception unread)" }).waitFor();
    await page.keyboard.press("j");
    await focused(page, `[data-exception="ex-2"] ${byId("open-exception")}`);
    expect(await page.locator('[data-exception="ex-2"]').first().getAttribute("data-read"), "moving opens nothing").toBe("false");
    await page.keyboard.press("Enter");
    await page.locator(`${byId("exception-reader")}[data-exception="ex-2"][data-read="true"]`).waitFor();
    await page.keyboard.press("k");
    await focused(page, `[data-exception="ex-1"] ${byId("open-exception")}`);
    await page.keyboard.press("s");
    await focused(page, byId("confirm-sign"));
    await page.keyboard.press("Enter");
    await focused(page, byId("receipt"));
    expect(await page.locator(byId("receipt")).textContent()).toContain("SHA256:");
    expect(await violations(page)).toEqual([]);
  });

  it("is found in the palette", async () => {
    const page = await open("#/p/demo/r/r-240/checklist");
    await page.locator(byId("item-row")).first().waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("approve");
    await page.keyboard.press("Enter");
    await shown(page);
    expect(new URL(page.url()).hash).toBe(APPROVE);
  });

  it("keeps the signature within reach while the rest is scrolled", async () => {
    const page = await open(APPROVE, { scenario: "successor" });
    await shown(page);
    const button = page.locator(byId("confirm-sign"));
    await page.locator(byId("more-recovered")).click();
    await page.locator(byId("recovered")).last().evaluate((at) => at.scrollIntoView({ block: "end" }));
    const box = await button.boundingBox();
    expect(box && box.y > 0 && box.y + box.height <= DESK.height, "it is on the screen").toBe(true);
    const tall = await open(APPROVE, { scenario: "successor", width: 1920, height: 1200 });
    await shown(tall);
    await tall.locator(byId("more-recovered")).click();
    const top = await tall.locator(byId("decision")).boundingBox();
    await tall.locator(byId("recovered")).last().evaluate((at) => at.scrollIntoView({ block: "end" }));
    expect((await tall.locator(byId("decision")).boundingBox())?.y, "where it fits it stays").toBeLessThanOrEqual(top?.y ?? 0);
    expect((await tall.locator(byId("statement")).boundingBox())?.y).toBeGreaterThan(0);
  });

  it("does nothing by its keys while somebody writes", async () => {
    const page = await open(APPROVE, { scenario: "successor" });
    await shown(page);
    await page.locator(byId("sign-comment")).click();
    await page.keyboard.type("jokes");
    expect(await page.locator(byId("sign-comment")).inputValue()).toBe("jokes");
    expect(await page.locator('[data-read="true"]').count()).toBe(0);
  });

  it.each([...LOOKS, ...SMALL])("is free of axe violations and fits, at $width px, $theme", async (look) => {
    const page = await open(APPROVE, { ...look, scenario: "regressed" });
    await shown(page);
    for (const each of await page.locator(byId("open-exception")).all()) await each.click();
    expect(await violations(page)).toEqual([]);
    expect(await wide(page)).toBe(0);
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('[data-testid="approval"] :is(p, dd, li, h2, h3, button)')]
        .filter((each) => each.offsetParent && each.getBoundingClientRect().right > innerWidth + 1)
        .map((each) => each.textContent?.slice(0, 40)),
    );
    expect(cut, "nothing leaves the screen").toEqual([]);
  });

  it.each(["first-release", "signed", "locked"] as const)("is free of axe violations where it says less: %s", async (state) => {
    const page = await open(APPROVE, { scenario: state === "signed" ? "go" : "ready" });
    if (state === "locked") {
      await page.locator(byId("switch-person")).click();
      await page.getByRole("menuitem", { name: "Lock" }).click();
      await page.locator(byId("not-mine")).waitFor();
    }
    await shown(page);
    expect(await violations(page)).toEqual([]);
  });

  it("is printed whole, on white, with every exception open and nothing to press", async () => {
    const page = await open(APPROVE, { scenario: "successor", theme: "dark" });
    await shown(page);
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const paper = await page.evaluate(() => ({
      ground: getComputedStyle(document.body).backgroundColor,
      recovered: [...document.querySelectorAll<HTMLElement>('[data-testid="recovered"]')].filter((each) => !each.checkVisibility()).length,
      reasons: [...document.querySelectorAll<HTMLElement>('[data-testid="exception"]')].map((each) => each.checkVisibility()),
      buttons: [...document.querySelectorAll<HTMLElement>('[data-testid="approval"] button')].filter((each) => each.checkVisibility() && each.dataset.testid !== "open-exception").length,
      skip: document.querySelector<HTMLElement>("a.skip")?.checkVisibility(),
      tabs: document.querySelector<HTMLElement>('[data-testid="tab-approve"]')?.checkVisibility(),
      scrolled: [...document.querySelectorAll<HTMLElement>("main, .shell, .screen, .scroll")].filter((each) => each.scrollHeight > each.clientHeight + 1).length,
    }));
    expect(paper).toEqual({ ground: "rgb(255, 255, 255)", recovered: 0, reasons: [true, true], buttons: 0, skip: false, tabs: false, scrolled: 0 });
    const pdf = await page.pdf({ format: "A4" });
    expect(pdf.length, "more than a blank page").toBeGreaterThan(20_000);
    await page.emulateMedia({ media: "screen" });
    expect(await page.locator('[data-read="true"]').count(), "printing reads nothing").toBe(0);
  });
});

inBrowser("the board", (open) => {
  it.each(LOOKS)("marks the row that waits for this person, at $width px, $theme", async (look) => {
    const page = await open("#/board", { ...look, scenario: "successor" });
    const row = page.locator(`${byId("release-row")}[data-turn="true"]`);
    await row.waitFor();
    expect(await wide(page)).toBe(0);
    expect(await violations(page)).toEqual([]);
    await row.focus();
    await page.keyboard.press("Enter");
    await shown(page);
  });
});
