// A page of a real browser, as wide and as lit as a test asks for.

import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, inject } from "vitest";
import type { Scenario } from "../../src/host/fake";

export { violations } from "../views/axe";

export const RELEASE = "#/p/demo/r/r-240/checklist";

export interface Look {
  width: number;
  height: number;
  theme: "light" | "dark";
}

export const DESK: Look = { width: 1280, height: 800, theme: "light" };
export const LOOKS: Look[] = [
  DESK,
  { ...DESK, theme: "dark" },
  { width: 2560, height: 1440, theme: "light" },
  { width: 2560, height: 1440, theme: "dark" },
  { width: 390, height: 844, theme: "light" },
  { width: 390, height: 844, theme: "dark" },
];

export interface Ask extends Partial<Look> {
  scenario?: Scenario;
  /** Milliseconds that each item of a run takes. */
  pace?: number;
}

export const byId = (id: string) => `[data-testid="${id}"]`;
export const rowOf = (item: string) => `[data-testid="item-row"][data-item="${item}"]`;

/** A group of tests with a browser; `open` gives a page of its own to each test. */
export function inBrowser(name: string, tests: (open: (hash: string, ask?: Ask) => Promise<Page>) => void): void {
  const address = inject("address");
  describe.skipIf(!address)(name, () => {
    let browser: Browser;
    const errors: string[] = [];

    beforeAll(async () => {
      browser = await chromium.launch({
        executablePath: inject("chromium"),
        args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
      });
    });
    afterEach(async () => {
      for (const context of browser.contexts()) await context.close();
      expect(errors.splice(0), "the page complains of nothing").toEqual([]);
    });
    afterAll(() => browser?.close());

    tests(async (hash, { scenario = "checked", pace = 1, width = DESK.width, height = DESK.height, theme = DESK.theme } = {}) => {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme, reducedMotion: "reduce" });
      page.setDefaultTimeout(20_000);
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      await page.goto(`${address}?scenario=${scenario}&pace=${pace}${hash}`);
      await page.locator("main h1, main [data-testid]").first().waitFor();
      return page;
    });
  });
}
