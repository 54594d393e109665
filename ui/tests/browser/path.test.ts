import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { byId, inBrowser, LOOKS, violations } from "./page";

const SIGNOFF = "#/p/demo/r/r-240/signoff";
const step = (page: Page, text: string) => page.locator(byId("blocker"), { hasText: text });
const turn = (page: Page, text: string) => step(page, text).locator(byId("turn"));

inBrowser("the fastest path to Go", (open) => {
  it("says of each step whose turn it is and how long it takes, critical steps first", async () => {
    const page = await open(SIGNOFF);
    await page.locator(byId("blocker")).first().waitFor();
    expect(await page.locator(byId("blocker")).first().getAttribute("data-code")).toBe("item-failed");
    expect(await turn(page, "JWT_SECRET holds").textContent()).toContain("Whoever can fix it");
    expect(await turn(page, "JWT_SECRET holds").textContent()).toContain("1 min");
    expect(await turn(page, "Users can join only the rooms").textContent()).toContain("Your turn");
    expect(await turn(page, "The rollback plan has been tried").textContent()).toContain("Your turn");
    expect(await turn(page, "Security has not signed").textContent(), "nobody can approve yet").toMatch(/^Sana Okafor\s*$/);
    expect(await turn(page, "DevOps has not signed").textContent()).toContain("Dev Lindqvist");
    expect(await turn(page, "Management has not signed").textContent()).toContain("Mara Petit");
  });

  it("makes it this person's turn to sign once nothing else is missing", async () => {
    const page = await open(SIGNOFF, { scenario: "ready" });
    await turn(page, "Security has not signed").waitFor();
    expect(await turn(page, "Security has not signed").textContent()).toContain("Your turn");
    expect(await turn(page, "DevOps has not signed").textContent()).toMatch(/^Dev Lindqvist\s*$/);
    expect(await page.locator(byId("blocker")).count()).toBe(3);
  });

  it("clears by one button what only needs a run", async () => {
    const page = await open(SIGNOFF);
    await step(page, "The role can neither create nor drop a database").waitFor();
    const before = await page.locator(byId("blocker")).count();
    await page.locator(byId("run-blocking")).click();
    await step(page, "The role can neither create nor drop a database").waitFor({ state: "detached" });
    expect(await page.locator(byId("blocker")).count()).toBe(before - 1);
    expect(await page.locator(byId("run-blocking")).count()).toBe(0);
  });

  it("waits for another approver once an exception is asked for", async () => {
    const page = await open("#/p/demo/r/r-240/checklist/database.least-privilege");
    await page.locator(byId("ask-exception")).click();
    await page.locator(byId("exception-reason")).fill("migrations");
    await page.locator(byId("exception-control")).fill("audit log");
    await page.locator(byId("send-exception")).click();
    await page.locator(byId("exception")).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    const asked = turn(page, "no more rights than it needs");
    await asked.waitFor();
    expect(await asked.textContent(), "Sana asked, so Mara decides").toContain("Mara Petit");
    expect(await asked.textContent()).not.toContain("Sana");
  });

  it("leads to the item", async () => {
    const page = await open(SIGNOFF);
    await step(page, "JWT_SECRET holds").locator("a").click();
    await page.locator(`${byId("item-detail")}[data-item="secrets.jwt-secret"]`).waitFor();
  });

  it.each(LOOKS)("is free of axe violations and fits, at $width px, $theme", async (look) => {
    const page = await open(SIGNOFF, look);
    await page.locator(byId("blocker")).first().waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  });
});
