// axe on a page, with the rules of WCAG 2.2 AA and its own best practice.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";

const AXE = readFileSync(join(import.meta.dirname, "../../node_modules/axe-core/axe.min.js"), "utf8");
const COLOURS = ["color-contrast", "link-in-text-block"];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

interface Axe {
  run(at: Document | string, options: unknown): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
}

/**
 * What axe finds; empty when nothing is wrong. `colours` asks only the rules about colour,
 * the others see the same document in every theme, and of a dialog only itself.
 */
export async function violations(page: Page, { colours = false } = {}): Promise<string[]> {
  // The policy refuses an injected script tag; evaluate() is outside of it.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  return page.evaluate(async ([rules, inside]) => {
    const { axe } = globalThis as unknown as { axe: Axe };
    const dialog = '[role="dialog"]';
    const found = await axe.run(inside && document.querySelector(dialog) ? dialog : document, { runOnly: rules });
    return found.violations.map(({ id, nodes }) => {
      const why = nodes[0]?.failureSummary?.split("\n")[1]?.trim() ?? "";
      return `${id}, ${nodes.length} times: ${nodes[0]?.html.slice(0, 200)} ${why}`;
    });
  }, [colours ? COLOURS : RULES, colours] as const);
}
