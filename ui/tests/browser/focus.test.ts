import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { byId, inBrowser, RELEASE } from "./page";

/** What has the focus: its test id, or what it is. */
const focus = (page: Page) =>
  page.evaluate(() => {
    const at = document.activeElement as HTMLElement | null;
    return at?.dataset.testid ?? at?.tagName.toLowerCase() ?? "nothing";
  });
const press = async (page: Page, id: string, key = "Enter") => {
  await page.locator(byId(id)).first().focus();
  await page.keyboard.press(key);
};
const comesTo = (page: Page, ...ids: string[]) =>
  page.waitForFunction((wanted) => {
    const at = document.activeElement as HTMLElement | null;
    return wanted.includes(at?.dataset.testid ?? at?.tagName.toLowerCase() ?? "");
  }, ids, { timeout: 5000 }).catch(async () => expect.fail(`the focus is on ${await focus(page)}, not on ${ids.join(" or ")}`));

inBrowser("the focus, when what had it goes away", (open) => {
  it("goes into the form that took the button's place, and on from there", async () => {
    const page = await open("#/board", { scenario: "first-run" });
    await press(page, "begin-key");
    await comesTo(page, "new-sealed");
    for (const field of ["key-owner", "key-email"]) {
      await page.keyboard.press("Tab");
      await comesTo(page, field);
    }
  });

  it("goes from Run to Cancel and back", async () => {
    const page = await open(RELEASE, { scenario: "demo", pace: 20 });
    await press(page, "run-checks");
    await comesTo(page, "cancel-check");
    await page.locator(byId("run-checks")).waitFor();
    await comesTo(page, "run-checks");
  });

  it("goes to the new screen when a link led there, so that the arrows walk its list", async () => {
    const page = await open("#/board");
    await page.locator(byId("release-row")).first().focus();
    await page.keyboard.press("Enter");
    await page.locator(byId("release")).waitFor();
    await comesTo(page, "main");
    await page.keyboard.press("ArrowDown");
    await page.locator(`${byId("item-row")}:focus`).waitFor();
  });

  it("stays with the card once its button has signed", async () => {
    const page = await open("#/p/demo/r/r-240/signoff", { scenario: "ready" });
    await press(page, "sign-button");
    await page.locator(byId("acknowledge")).first().focus();
    await page.keyboard.press("Space");
    await press(page, "use-demo-passphrase");
    await press(page, "confirm-sign");
    await page.locator(byId("receipt")).waitFor();
    await press(page, "close-receipt");
    await page.waitForFunction(() => document.activeElement?.closest('[data-testid="signoff-card"]')?.getAttribute("data-role") === "security");
  });

  it("is let go by a click beside everything", async () => {
    const page = await open("#/board");
    await page.locator(byId("board-search")).focus();
    await page.mouse.click(640, 700);
    await page.evaluate(() => document.querySelector('[data-testid="board-search"]')?.remove());
    await page.waitForTimeout(100);
    expect(await page.evaluate(() => document.activeElement?.matches("body, main"))).toBe(true);
  });
});
