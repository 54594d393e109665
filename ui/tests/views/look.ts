// How a view is lit and how wide it is; and a browser that paints the same everywhere.

import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import type { View } from "./list";

export type LookName = "light" | "dark" | "contrast" | "forced";

/** What the system says to the page. `forced` is a palette of the system's own, as Windows has. */
export const LOOKS: Record<LookName, Parameters<Page["emulateMedia"]>[0]> = {
  light: { colorScheme: "light", contrast: "no-preference", forcedColors: "none" },
  dark: { colorScheme: "dark", contrast: "no-preference", forcedColors: "none" },
  contrast: { colorScheme: "light", contrast: "more", forcedColors: "none" },
  forced: { colorScheme: "dark", contrast: "no-preference", forcedColors: "active" },
};

export const THEMES: LookName[] = ["light", "dark"];

/** The looks in which a view has a reference picture. */
export const looksOf = (view: View): LookName[] => (view.picture === "contrast" ? [...THEMES, "contrast", "forced"] : view.picture ? THEMES : []);

export const DESK = { width: 1280, height: 800 };

/** When the fake's story takes place, so that every picture tells the same time. */
const NOW = new Date("2026-03-02T09:30:00Z");

/** Letters and colours do not follow the machine: no hinting, no subpixels, one profile. */
const SAME = ["--font-render-hinting=none", "--disable-lcd-text", "--disable-font-subpixel-positioning", "--force-color-profile=srgb", "--lang=en-US"];
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync"];

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: [...QUIET, ...SAME], env: { ...process.env, LANG: "en_US.UTF-8", LANGUAGE: "en_US", TZ: "UTC" } });
}

export interface Stage {
  page: Page;
  /** What the page complained of so far. */
  errors: string[];
}

/** Where views are shown one after the other, so that each finds what the last one loaded. */
export const stage = (browser: Browser): Promise<BrowserContext> =>
  browser.newContext({ viewport: DESK, colorScheme: "light", reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC" });

/** A page at the view, in light, at its moment. */
export async function show(context: BrowserContext, address: string, view: View, size = DESK): Promise<Stage> {
  const page = await context.newPage();
  await page.setViewportSize(size);
  page.setDefaultTimeout(20_000);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(address) && !request.url().startsWith("data:")) errors.push(`it asks the network for ${request.url()}`);
  });
  await page.clock.setFixedTime(NOW);
  await page.goto(`${address}?scenario=${view.scenario}&pace=${view.pace ?? 1}${view.address}`);
  await page.locator("main h1, main [data-testid]").first().waitFor();
  await settled(page);
  await view.prepare?.(page);
  await settled(page);
  return { page, errors };
}

/** Changes what the system says, and waits until it is painted. */
export async function relight(page: Page, look: LookName): Promise<void> {
  await page.emulateMedia({ ...LOOKS[look], reducedMotion: "reduce" });
  await painted(page);
}

/** Nothing is under way: letters are there, and the page has stopped changing. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    await new Promise<void>((resolve) => {
      const done = () => {
        watch.disconnect();
        resolve();
      };
      let timer = setTimeout(done, 80);
      const end = setTimeout(done, 2000);
      const watch = new MutationObserver(() => {
        clearTimeout(timer);
        timer = setTimeout(() => (clearTimeout(end), done()), 80);
      });
      watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    });
  });
  await painted(page);
}

const painted = (page: Page) => page.evaluate(() => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))));

export const picture = (page: Page): Promise<Buffer> => page.screenshot({ animations: "disabled", caret: "hide" });
