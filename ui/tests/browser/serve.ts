// Builds the UI over the fake host once and serves it with the window's policy, for every
// test in a real browser.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { build, preview } from "vite";
import type { TestProject } from "vitest/node";

const root = join(import.meta.dirname, "../..");
const outDir = join(root, "tests/out/browser");

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the UI is served; empty without a browser to open it. */
    address: string;
    chromium: string;
  }
}

export default async function serve(project: TestProject) {
  const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
  project.provide("chromium", chromium);
  if (!existsSync(chromium)) {
    console.warn(`No Chromium at ${chromium}: the tests in a browser are skipped. Install it, or name it in CHROMIUM.`);
    project.provide("address", "");
    return undefined;
  }
  await build({ root, mode: "fake", logLevel: "error", build: { outDir, emptyOutDir: true } });
  const server = await preview({ root, logLevel: "error", build: { outDir }, preview: { port: 0, host: "127.0.0.1" } });
  project.provide("address", server.resolvedUrls?.local[0] ?? "");
  return () => server.close();
}
