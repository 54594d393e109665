import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { byId, inBrowser, LOOKS, RELEASE, rowOf } from "./page";

/** Faults of the list as it stands on the screen: gaps, overlaps, rows that cannot be clicked. */
async function faults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const near = (a: number, b: number) => Math.abs(a - b) <= 1;
    const groups = [...document.querySelectorAll<HTMLElement>('[role="listbox"] > [role="group"]')];
    const edge = document.querySelector<HTMLElement>('[role="listbox"]')?.parentElement?.getBoundingClientRect() ?? new DOMRect();
    let below = groups[0]?.getBoundingClientRect().top ?? 0;
    for (const group of groups) {
      const box = group.getBoundingClientRect();
      const head = group.firstElementChild as HTMLElement;
      const title = head.textContent?.trim().slice(0, 20) ?? "";
      const at = head.getBoundingClientRect();
      if (!near(box.top, below)) found.push(`${title}: a gap of ${box.top - below} before the section`);
      below = box.top + at.height;
      if (at.top < box.top - 1 || at.bottom > box.bottom + 1) found.push(`${title}: the heading leaves its section`);
      for (const row of group.querySelectorAll<HTMLElement>('[role="option"]')) {
        const line = row.getBoundingClientRect();
        if (!near(line.top, below)) found.push(`${row.dataset.item}: a gap of ${line.top - below} above the row`);
        below = line.bottom;
        const middle = line.top + line.height / 2;
        const covered = middle < at.bottom || middle < edge.top || middle > Math.min(edge.bottom, innerHeight) - 1;
        const hit = document.elementFromPoint(line.left + 60, middle);
        // Under its own heading at the top of the list it is scrolled away.
        if (!covered && hit && !row.contains(hit) && !hit.closest('[data-testid="item-detail"], header')) found.push(`${row.dataset.item}: covered by ${hit.className}`);
      }
      if (!near(box.bottom, below)) found.push(`${title}: ${box.bottom - below} left over after the rows`);
    }
    if (document.scrollingElement && document.scrollingElement.scrollTop !== 0) found.push(`the whole page is scrolled by ${document.scrollingElement.scrollTop}`);
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 0) found.push(`${wide} px wider than the window`);
    return found;
  });
}

inBrowser("the list of a release", (open) => {
  it.each(LOOKS)("has its headings above its rows and no gap, at $width px, $theme, with an item open", async (look) => {
    const page = await open(`${RELEASE}/headers.csp`, look);
    await page.locator(byId("item-detail")).waitFor();
    expect(await page.locator(rowOf("headers.csp")).count()).toBe(1);
    expect(await faults(page)).toEqual([]);
    for (const item of ["secret-store.vault", "deployed.rate-limit", "watch.traffic", "secrets.jwt-secret"]) {
      await page.locator(rowOf(item)).evaluate((row) => row.scrollIntoView({ block: "center" }));
      expect(await faults(page), `scrolled to ${item}`).toEqual([]);
    }
  });

  it("stays so while outcomes stream in and the pane opens", async () => {
    const page = await open(RELEASE, { scenario: "demo", pace: 20 });
    await page.locator(byId("run-checks")).click();
    await page.locator('[data-outcome="fail"]').first().waitFor();
    await page.locator(rowOf("secret-store.rotation")).click();
    await page.locator(byId("item-detail")).waitFor();
    expect(await faults(page)).toEqual([]);
    await page.locator(byId("run-checks")).waitFor();
    expect(await faults(page)).toEqual([]);
  });

  it("does not move the whole page when something far down is brought into view", async () => {
    const page = await open(RELEASE);
    await page.locator(rowOf("watch.traffic")).evaluate((row) => row.scrollIntoView({ block: "center" }));
    expect(await page.evaluate(() => [document.scrollingElement?.scrollTop, document.querySelector(".shell")?.scrollTop])).toEqual([0, 0]);
    const lower = await page.evaluate(() => document.documentElement.scrollHeight - document.documentElement.clientHeight);
    expect(lower, "nothing makes the document longer than the window").toBe(0);
  });
});

inBrowser("a run under way", (open) => {
  it("fills its bar as far as the words beside it say", async () => {
    const page = await open(RELEASE, { scenario: "demo", pace: 60 });
    await page.locator(byId("run-checks")).click();
    await page.locator('[data-outcome="inconclusive"]').first().waitFor();
    for (let look = 0; look < 3; look += 1) {
      const seen = await page.locator(byId("progress")).evaluate((bar) => ({
        now: Number(bar.getAttribute("aria-valuenow")),
        max: Number(bar.getAttribute("aria-valuemax")),
        text: bar.parentElement?.nextElementSibling?.textContent,
        share: (bar.firstElementChild?.getBoundingClientRect().width ?? 0) / bar.getBoundingClientRect().width,
      }));
      expect(seen.now).toBeGreaterThan(0);
      expect(seen.text).toBe(`${seen.now} of ${seen.max}`);
      expect(seen.share).toBeCloseTo(seen.now / seen.max, 1);
      await page.waitForTimeout(150);
    }
  });

  it("shows an icon beside the word Running, and the colour of each outcome at once", async () => {
    const page = await open(RELEASE, { scenario: "demo", pace: 1500 });
    await page.locator(byId("run-checks")).click();
    const running = page.locator('[data-outcome="running"] .running').first();
    await running.waitFor();
    const ring = await running.evaluate((at) => {
      const spinner = at.querySelector(".spinner")!;
      const look = getComputedStyle(spinner);
      return { width: spinner.getBoundingClientRect().width, line: look.borderTopWidth, colour: look.borderTopColor, text: at.textContent };
    });
    expect(ring).toMatchObject({ width: 14, line: "2px", text: "Running" });
    expect(ring.colour).not.toMatch(/, 0\)$|transparent/);
    await page.locator('[data-item="secrets.jwt-secret"][data-state="failed"]').waitFor();
    const moving = await page.evaluate(() =>
      [...document.querySelectorAll("*")].filter((each) => {
        const { transitionDuration, animationName } = getComputedStyle(each);
        return !/^0s(, 0s)*$/.test(transitionDuration) || animationName !== "none";
      }).length,
    );
    expect(moving, "with reduced motion nothing takes its time").toBe(0);
  });
});
