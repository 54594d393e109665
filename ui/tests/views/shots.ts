// Pictures of every view in light and dark at two sizes, and one as narrow as a phone,
// with axe on each. `--accept` makes them the references that the tests compare with.

import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext } from "playwright-core";
import { build, preview } from "vite";
import { violations } from "./axe";
import { judge, keep, reference, referenceOf } from "./compare";
import { VIEWS, type View } from "./list";
import { DESK, launch, LOOKS, looksOf, picture, relight, show, stage, THEMES, type LookName } from "./look";

const ROOT = join(import.meta.dirname, "../..");
const OUT = join(ROOT, "tests/out/shots");
const DOCS = join(ROOT, "../docs/pictures");
const LARGE = { width: 2560, height: 1440 };
const SMALL = { width: 360, height: 740 };

const USAGE = `Usage: ./dev shots [--quick | --accept] [NAME...]

  NAME       only these views
  --quick    one size, light
  --accept   make what is seen now the references that the tests compare with, and the
             pictures of the README`;

interface Job {
  view: View;
  size: typeof DESK;
  looks: LookName[];
}

interface Tally {
  pictures: number;
  problems: string[];
}

function jobsOf(view: View, quick: boolean, accept: boolean): Job[] {
  if (quick) return [{ view, size: DESK, looks: ["light"] }];
  const desk = { view, size: DESK, looks: [...new Set([...THEMES, ...looksOf(view)])] };
  if (accept) return view.picture ? [desk] : [];
  return [desk, { view, size: LARGE, looks: THEMES }, { view, size: SMALL, looks: ["light"] }];
}

function accepted(view: View, look: LookName, shot: Buffer): void {
  keep(referenceOf(view.name, look), reference(shot));
  if (view.readme && look === "light") keep(join(DOCS, `${view.readme}.png`), shot);
}

async function shoot(context: BrowserContext, address: string, { view, size, looks }: Job, accept: boolean, tally: Tally): Promise<void> {
  const complain = (look: string, problem: string) => tally.problems.push(`${view.name}, ${look}, ${size.width} px: ${problem}`);
  const { page, errors } = await show(context, address, view, size);
  try {
    for (const look of looks) {
      await relight(page, look);
      const shot = await picture(page);
      keep(join(OUT, `${view.name}-${look}-${size.width}.png`), shot);
      tally.pictures += 1;
      if (accept) {
        accepted(view, look, shot);
        continue;
      }
      if (size === DESK && looksOf(view).includes(look)) {
        const wrong = judge(view.name, look, shot);
        if (wrong) tally.problems.push(wrong);
      }
      if (LOOKS[look]?.forcedColors !== "active") for (const found of await violations(page)) complain(look, `axe ${found}`);
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) complain("light", `${wide} px wider than the window`);
    for (const error of errors) complain("any", error);
  } finally {
    await page.close();
  }
}

/** Runs the jobs, two pages at a time, which keeps two cores busy. */
async function work(browser: Browser, address: string, jobs: Job[], accept: boolean): Promise<Tally> {
  const tally: Tally = { pictures: 0, problems: [] };
  const next = async () => {
    const context = await stage(browser);
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const { view } = job;
      await shoot(context, address, job, accept, tally).catch((error: Error) => tally.problems.push(`${view.name}: ${error.message.split("\n").slice(0, 4).join(" ")}`));
    }
  };
  await Promise.all([next(), next()]);
  return tally;
}

/** Does what the words ask for; gives the exit code. */
export async function shots(asked: string[]): Promise<number> {
  const flags = asked.filter((each) => each.startsWith("-"));
  const names = asked.filter((each) => !each.startsWith("-"));
  const unknown = [...flags.filter((each) => each !== "--quick" && each !== "--accept"), ...names.filter((each) => !VIEWS.some((view) => view.name === each))];
  if (unknown.length > 0 || flags.length > 1) {
    console.error(`${unknown.length > 0 ? `There is no ${unknown.join(", ")}.\n` : ""}${USAGE}\n\nViews: ${VIEWS.map((view) => view.name).join(", ")}`);
    return 64;
  }
  const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (!existsSync(chromium)) {
    console.error(`There is no Chromium at ${chromium}: install it, or name it in CHROMIUM.`);
    return 69;
  }
  const accept = flags.includes("--accept");
  const jobs = VIEWS.filter((view) => names.length === 0 || names.includes(view.name)).flatMap((view) => jobsOf(view, flags.includes("--quick"), accept));
  const { pictures, problems } = await taken(chromium, jobs, accept);
  for (const problem of problems) console.error(problem);
  console.log(`${pictures} pictures in ${OUT}; ${accept ? "accepted" : `${problems.length} problems`}`);
  return problems.length > 0 ? 1 : 0;
}

async function taken(chromium: string, jobs: Job[], accept: boolean): Promise<Tally> {
  const outDir = join(ROOT, "tests/out/dist");
  await rm(OUT, { recursive: true, force: true });
  await build({ root: ROOT, mode: "fake", logLevel: "error", build: { outDir, emptyOutDir: true } });
  const server = await preview({ root: ROOT, logLevel: "error", build: { outDir }, preview: { port: 0, host: "127.0.0.1" } });
  const browser = await launch(chromium);
  try {
    return await work(browser, server.resolvedUrls?.local[0] ?? "", jobs, accept);
  } finally {
    await browser.close();
    await server.close();
  }
}
