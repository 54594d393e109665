// Walks a page by Tab as a person without a mouse does, and says where that goes wrong.

import type { Page } from "playwright-core";
import type { Cover, View } from "./list";

interface Walk {
  /** Presses of Tab that reach everything once, with some to spare. */
  presses: number;
  faults(): string[];
}

/** In the page: notes every stop before the focus leaves it. */
function begin(within: string): void {
  const named = (at: Element) => at.closest("[data-testid]")?.getAttribute("data-testid") ?? "";
  const describe = (at: Element) => `<${at.tagName.toLowerCase()}> ${(at.getAttribute("aria-label") ?? at.textContent ?? "").trim().slice(0, 40)} [${named(at)}]`;
  const root = document.querySelector(within) ?? document.body;
  // What was pressed to get here may have moved since.
  if (root === document.body) (document.activeElement as HTMLElement | null)?.blur();
  const radioGroups = new Set<string>();
  const stops = [...root.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary, [tabindex]")].filter((at) => {
    if (at.tabIndex < 0 || at.matches(":disabled") || at.closest("[inert]") || !at.checkVisibility({ visibilityProperty: true })) return false;
    if (!(at instanceof HTMLInputElement) || at.type !== "radio") return true;
    // A group of radio buttons is one stop.
    const chosen = root.querySelector(`input[name="${at.name}"]:checked`);
    if (chosen ? chosen !== at : radioGroups.has(at.name)) return false;
    radioGroups.add(at.name);
    return true;
  });
  const reached = new Set<Element>();
  const faults = new Set<string>();

  /** A ring of its own, or of what holds it. */
  const shown = (at: Element) => {
    const style = getComputedStyle(at);
    if (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) return true;
    const holder = at.closest("label");
    return holder !== null && getComputedStyle(holder).boxShadow !== "none";
  };
  const look = () => {
    const at = document.activeElement;
    if (!at || at === document.body) return;
    reached.add(at);
    if (!root.contains(at)) faults.add(`Tab leaves it for ${describe(at)}`);
    const box = at.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) faults.add(`the focus is on something invisible: ${describe(at)}`);
    else if (box.bottom < 1 || box.right < 1 || box.top > innerHeight - 1 || box.left > innerWidth - 1) faults.add(`the focus is outside of the window: ${describe(at)}`);
    if (!shown(at)) faults.add(`nothing shows the focus on ${describe(at)}`);
  };
  addEventListener("keydown", (event) => event.key === "Tab" && look(), { capture: true });
  const dates = stops.filter((at) => at.matches('input[type="datetime-local"]')).length;
  (globalThis as unknown as { walk: Walk }).walk = {
    // Each date is several stops in one element; two presses go round by the window itself.
    presses: stops.length + dates * 8 + 3,
    faults() {
      look();
      for (const stop of stops) if (stop.isConnected && !reached.has(stop)) faults.add(`Tab never reaches ${describe(stop)}`);
      return [...faults];
    },
  };
}

async function tabThrough(page: Page, within: string): Promise<string[]> {
  await page.evaluate(begin, within);
  const presses = await page.evaluate(() => (globalThis as unknown as { walk: Walk }).walk.presses);
  for (let press = 0; press < presses; press += 1) await page.keyboard.press("Tab");
  return page.evaluate(() => (globalThis as unknown as { walk: Walk }).walk.faults());
}

const focusOf = (page: Page) => page.evaluate(() => document.activeElement?.closest("[data-testid], body, main")?.getAttribute("data-testid") ?? document.activeElement?.tagName ?? "nothing");

/** Escape closes it, and the focus is where it was opened. */
async function leave(page: Page, cover: Cover): Promise<string[]> {
  await page.keyboard.press("Escape");
  try {
    await page.locator(`[role="${cover.kind}"]`).waitFor({ state: "detached", timeout: 3000 });
  } catch {
    return [`Escape does not close the ${cover.kind} ${cover.testid}`];
  }
  try {
    await page.waitForFunction((opener) => document.activeElement?.closest("[data-testid]")?.getAttribute("data-testid") === opener, cover.opener, { timeout: 3000 });
    return [];
  } catch {
    return [`after Escape the focus is on ${await focusOf(page)}, not on ${cover.opener}, which opened ${cover.testid}`];
  }
}

/** What goes wrong for somebody who has no mouse; empty when nothing does. */
export async function walk(page: Page, view: View): Promise<string[]> {
  const { cover } = view;
  if (!cover) return view.endless ? [] : tabThrough(page, "body");
  const faults = cover.kind === "dialog" ? await tabThrough(page, '[role="dialog"]') : [];
  faults.push(...(await leave(page, cover)));
  if (faults.length > 0) return faults;
  // And by keyboard alone: open it, or the menu that leads to it, and come back.
  await page.keyboard.press("Enter");
  await page.locator('[role="dialog"], [role="menu"]').waitFor();
  return leave(page, { ...cover, kind: (await page.locator('[role="menu"]').count()) > 0 ? "menu" : "dialog" });
}
