import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { byId, inBrowser, RELEASE, rowOf, violations } from "./page";

const focused = (page: Page, css: string) => page.locator(`${css}:focus`).waitFor();
const shows = (page: Page, item: string) => page.locator(`${byId("item-detail")}[data-item="${item}"]`).waitFor();

inBrowser("a release by keyboard alone", (open) => {
  it("is walked by j and k, and an open pane follows the cursor", async () => {
    const page = await open(RELEASE);
    await page.locator(byId("item-row")).first().waitFor();
    await page.keyboard.press("j");
    await focused(page, rowOf("secrets.jwt-secret"));
    await page.keyboard.press("j");
    await focused(page, rowOf("secrets.encryption-key"));
    expect(await page.locator(byId("item-detail")).count(), "moving opens nothing").toBe(0);
    await page.keyboard.press("Enter");
    await shows(page, "secrets.encryption-key");
    await page.keyboard.press("j");
    await shows(page, "secrets.redis-password");
    await page.keyboard.press("k");
    await page.keyboard.press("k");
    await shows(page, "secrets.jwt-secret");
    await focused(page, rowOf("secrets.jwt-secret"));
    await page.keyboard.press("Escape");
    expect(await page.locator(byId("item-detail")).count()).toBe(0);
    await focused(page, rowOf("secrets.jwt-secret"));
  });

  it("ticks with t and Enter, and goes on from there", async () => {
    const page = await open(`${RELEASE}/signoff.rollback-tested`);
    await shows(page, "signoff.rollback-tested");
    await page.keyboard.press("t");
    await focused(page, byId("tick-done"));
    expect(await page.locator(rowOf("signoff.rollback-tested")).getAttribute("data-tick"), "t alone signs nothing").toBe("none");
    await page.keyboard.press("Enter");
    await page.locator(`${rowOf("signoff.rollback-tested")}[data-tick="done"]`).waitFor();
    await page.keyboard.press("j");
    await shows(page, "signoff.monitoring");
  });

  it("writes a note with n, signs it with Ctrl+Enter, and comes back by Escape", async () => {
    const page = await open(`${RELEASE}/secret-store.vault`);
    await shows(page, "secret-store.vault");
    await page.keyboard.press("n");
    await focused(page, byId("tick-note"));
    await page.keyboard.type("jkr? in the vault");
    await page.keyboard.press("Control+Enter");
    await page.locator(`${rowOf("secret-store.vault")}[data-state="settled"]`).waitFor();
    await page.keyboard.press("Escape");
    await focused(page, byId("item-detail"));
    await page.keyboard.press("Escape");
    await focused(page, rowOf("secret-store.vault"));
  });

  it("asks for an exception with x, chooses evidence with e, runs again with r", async () => {
    const page = await open(`${RELEASE}/database.least-privilege`, { pace: 200 });
    await shows(page, "database.least-privilege");
    await page.keyboard.press("x");
    await page.locator(byId("exception-reason")).waitFor();
    await page.keyboard.press("Escape");
    await page.locator(byId("exception-reason")).waitFor({ state: "detached" });
    const chooser = page.waitForEvent("filechooser");
    await page.keyboard.press("e");
    await (await chooser).setFiles([]);
    await page.keyboard.press("r");
    await page.locator(`${rowOf("database.least-privilege")}[data-outcome="running"]`).waitFor();
    await page.locator(`${rowOf("database.least-privilege")}[data-outcome="fail"]`).waitFor();
  });

  it("goes anywhere by g and a letter, and lists all keys on ?", async () => {
    const page = await open(RELEASE);
    await page.locator(byId("item-row")).first().waitFor();
    for (const [key, address] of [["s", "/signoff"], ["a", "/approve"], ["d", "/deployment"], ["c", "/checklist"], ["p", "#/p/demo"], ["t", "/timeline"], ["b", "#/board"], ["k", "#/secrets"]] as const) {
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      await page.waitForFunction((end) => location.hash.endsWith(end), address);
    }
    await page.keyboard.press("?");
    const sheet = page.locator(byId("shortcut-sheet"));
    await sheet.waitFor();
    for (const key of ["j", "k", "Enter", "t", "n", "e", "x", "r", "o", "s", "/", "?", "Esc", "g"]) {
      expect(await sheet.locator("kbd", { hasText: new RegExp(`^${key.replace("?", "\\?")}$`) }).count(), key).toBeGreaterThan(0);
    }
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await sheet.waitFor({ state: "detached" });
  });

  it("leaves what is typed alone", async () => {
    const page = await open(RELEASE);
    await page.locator(byId("item-row")).first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("gbjt?");
    expect(await page.locator(byId("item-search")).inputValue()).toBe("gbjt?");
    expect(new URL(page.url()).hash).toBe(RELEASE);
    expect(await page.locator(byId("shortcut-sheet")).count()).toBe(0);
  });
});
