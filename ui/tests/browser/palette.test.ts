import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { byId, inBrowser, LOOKS, RELEASE, rowOf, violations } from "./page";

const command = (id: string) => `${byId("command")}[data-id="${id}"]`;
const offered = (page: Page) => page.locator(byId("command")).evaluateAll((all) => all.map((each) => (each as HTMLElement).dataset.id));

async function palette(page: Page, words = "") {
  await page.keyboard.press("Control+k");
  await page.locator(`${byId("palette-input")}:focus`).waitFor();
  await page.keyboard.type(words);
}

inBrowser("the palette", (open) => {
  it("opens an item by words of its title, from any tab", async () => {
    const page = await open("#/p/demo/r/r-240/signoff");
    await page.locator(byId("blocker")).first().waitFor();
    await palette(page, "redis snapshots");
    expect(await offered(page)).toEqual(["item-redis-hardening.persistence"]);
    await page.keyboard.press("Enter");
    await page.locator(`${byId("item-detail")}[data-item="redis-hardening.persistence"]`).waitFor();
    await page.locator(byId("palette")).waitFor({ state: "detached" });
  });

  it("runs actions, and moves by arrows with the input keeping the focus", async () => {
    const page = await open(RELEASE, { pace: 100 });
    await page.locator(byId("item-row")).first().waitFor();
    await palette(page, "run");
    expect(await offered(page)).toEqual(expect.arrayContaining(["run-all", "run-failed"]));
    await page.keyboard.press("ArrowDown");
    const at = await page.locator(byId("palette-input")).getAttribute("aria-activedescendant");
    expect(await page.locator(`[id="${at}"]`).getAttribute("aria-selected")).toBe("true");
    expect(await page.locator(`${byId("command")}[aria-selected="true"]`).count()).toBe(1);
    await page.locator(`${byId("palette-input")}:focus`).waitFor();
    await page.locator(command("run-all")).click();
    await page.locator(byId("cancel-check")).waitFor();
    await palette(page, "run all");
    expect(await offered(page), "a run is under way").not.toContain("run-all");
  });

  it("acts on the open item, and leaves the focus where the action put it", async () => {
    const page = await open(`${RELEASE}/secret-store.vault`);
    await page.locator(byId("item-detail")).waitFor();
    await palette(page, "write a note");
    expect(await offered(page)).toEqual(["note"]);
    await page.keyboard.press("Enter");
    await page.locator(`${byId("tick-note")}:focus`).waitFor();
    await page.waitForTimeout(150);
    expect(await page.locator(`${byId("tick-note")}:focus`).count(), "nothing takes it away again").toBe(1);
  });

  it("offers no tick for a line that follows from others, and no exception for a critical one", async () => {
    const page = await open(`${RELEASE}/signoff.all-critical`);
    await page.locator(byId("item-detail")).waitFor();
    await palette(page);
    for (const id of ["tick", "note", "rerun", "except"]) expect(await offered(page), id).not.toContain(id);
    await page.keyboard.press("Escape");
    await page.locator(byId("palette")).waitFor({ state: "detached" });
    await page.goto(page.url().replace("signoff.all-critical", "redis-auth.ping-with-password"));
    await page.locator(`${byId("item-detail")}[data-item="redis-auth.ping-with-password"]`).waitFor();
    await palette(page);
    expect(await offered(page)).toContain("tick");
    expect(await offered(page)).not.toContain("except");
  });

  it("sets a filter, finds releases, and says when nothing fits", async () => {
    const page = await open(RELEASE);
    await page.locator(byId("item-row")).first().waitFor();
    await palette(page, "show stale");
    await page.keyboard.press("Enter");
    await page.locator(`${byId("filter-stale")}[aria-pressed="true"]`).waitFor();
    expect(await page.locator(byId("item-row")).count()).toBe(1);
    await page.keyboard.press("g");
    await page.keyboard.press("b");
    await page.locator(byId("board")).waitFor();
    await palette(page, "2.4.0 no-go");
    expect(await offered(page), "the checklist's items went with their screen").toEqual(["release-demo-r-240"]);
    await page.keyboard.type(" nonsense");
    expect(await page.locator(`${byId("palette")} [role="status"]`).textContent()).toBe("Nothing fits these words.");
    await page.keyboard.press("Enter");
    expect(await page.locator(byId("palette")).count(), "Enter on nothing does nothing").toBe(1);
    await page.locator(byId("palette-input")).fill("2.4.0");
    await page.keyboard.press("Enter");
    await page.locator(rowOf("secrets.jwt-secret")).waitFor();
  });

  it("stays quick over two thousand items", async () => {
    const page = await open("#/p/demo/r/r-0/checklist", { scenario: "huge" });
    await page.locator(byId("item-row")).first().waitFor();
    await palette(page, "claim 7 of section 12 ");
    expect(await offered(page)).toContain("item-s11.i6");
    expect((await offered(page)).length, "a group shows its first dozen").toBeLessThanOrEqual(24);
  });

  it.each(LOOKS)("is free of axe violations and fits, at $width px, $theme", async (look) => {
    const page = await open(`${RELEASE}/secret-store.vault`, look);
    await page.locator(byId("item-detail")).waitFor();
    await palette(page, "e");
    expect(await violations(page)).toEqual([]);
    const box = await page.locator(byId("palette")).boundingBox();
    expect(box!.x).toBeGreaterThanOrEqual(0);
    expect(box!.x + box!.width).toBeLessThanOrEqual(look.width);
    expect(box!.y + box!.height).toBeLessThanOrEqual(look.height);
  });
});
