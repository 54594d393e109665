// Builds the UI over the fake host, serves it with the window's policy, takes a picture
// of every view in light and dark at two sizes, and runs axe on each.
//   npm run shots [-- NAME…]   pictures go to tests/out/shots
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build, preview } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "tests/out");
const shots = join(out, "shots");
const outDir = join(out, "dist");
const asked = process.argv.slice(2);
// --quick: one size, one theme.
const quick = asked.includes("--quick");
const wanted = asked.filter((each) => !each.startsWith("--"));
const RELEASE = "#/p/demo/r/r-240";
const SIZES = [
  { width: 1280, height: 800 },
  { width: 2560, height: 1440 },
];
const SMALL = { width: 360, height: 740 };

const id = (name) => `[data-testid="${name}"]`;
const click = (name) => (page) => page.locator(id(name)).first().click();

/** Opens a packet of that path, as far as `steps` says: looked at, or merged. */
const packet = (path, steps) => async (page) => {
  await click("open-packet")(page);
  await page.locator(id("packet-path")).fill(path);
  await page.locator(id("packet-go")).click();
  await page.locator(id("packet-look")).waitFor();
  if (steps < 2) return;
  await page.locator(id("packet-go")).click();
  await page.locator(id("packet-result")).waitFor();
};

/** The approval with everything that it asks for. */
const shown = async (page) => {
  await page.locator(`${id("previous")}, ${id("first-release")}`).waitFor();
  await page.locator(`${id("statement")}, ${id("receipt")}`).waitFor();
};

/** Opens every exception of the approval. */
const readAll = async (page) => {
  await shown(page);
  for (const each of await page.locator(id("open-exception")).all()) await each.click();
};

/** Asks for a second DevOps, which the first one has to consent to. */
const proposal = async (page) => {
  await click("enroll")(page);
  for (const [field, text] of [["name", "Ola"], ["email", "ola@example.test"], ["public-key", "ssh-ed25519 AAAA"]]) {
    await page.locator(id(`enroll-${field}`)).fill(text);
  }
  await page.locator(`${id("enroll-role")}[data-role="devops"]`).click();
  await click("confirm-enroll")(page);
  await page.locator(id("proposal")).waitFor();
};

/** Name, scenario, address, what to do first. `only` limits the sizes. */
const VIEWS = [
  ["welcome", "first-run", "#/board"],
  ["create-key", "first-run", "#/board", click("begin-key")],
  ["agent-key", "first-run", "#/board", async (page) => {
    await click("begin-key")(page);
    await click("new-agent")(page);
    await page.locator(id("agent-key")).nth(1).click();
  }],
  ["board", "checked", "#/board"],
  ["board-turn", "successor", "#/board"],
  ["board-huge", "huge", "#/board"],
  ["open-release", "checked", "#/board", click("open-release")],
  ["verify-bundle", "checked", "#/board", click("verify-bundle")],
  ["release-fresh", "demo", RELEASE],
  ["release-running", "demo", `${RELEASE}/checklist`, async (page) => {
    await page.locator(id("run-checks")).click();
    await page.locator('[data-outcome="inconclusive"]').first().waitFor();
  }, { pace: 250 }],
  ["release-checked", "checked", RELEASE],
  ["release-detail", "checked", `${RELEASE}/checklist/redis-auth.ping-without-password`],
  ["release-inconclusive", "checked", `${RELEASE}/checklist/redis-hardening.commands`],
  ["release-excepted", "ready", `${RELEASE}/checklist/database.least-privilege`],
  ["release-menu", "checked", RELEASE, click("run-more")],
  ["release-nothing", "checked", RELEASE, (page) => page.locator(id("item-search")).fill("no such thing")],
  ["release-mine", "checked", RELEASE, click("filter-mine")],
  ["palette", "checked", `${RELEASE}/checklist/secret-store.vault`, (page) => page.keyboard.press("Control+k")],
  ["release-huge", "huge", "#/p/demo/r/r-0"],
  ["release-hostile", "hostile", `${RELEASE}/checklist/cors.no-wildcard`],
  ["emergency", "ready", `${RELEASE}/deployment`, async (page) => {
    await click("begin-emergency")(page);
    await page.locator(id("emergency-reason")).fill("The queue is stuck");
  }],
  ["shortcuts", "checked", RELEASE, click("shortcuts")],
  ["exception-dialog", "checked", `${RELEASE}/checklist/database.least-privilege`, click("ask-exception")],
  ["signoff-no-go", "checked", `${RELEASE}/signoff`],
  ["signoff-ready", "ready", `${RELEASE}/signoff`],
  ["signoff-stale", "stale", `${RELEASE}/signoff`],
  ["signoff-go", "go", `${RELEASE}/signoff`],
  ["sign-dialog", "ready", `${RELEASE}/signoff`, click("sign-button")],
  ["sign-receipt", "ready", `${RELEASE}/signoff`, async (page) => {
    await click("sign-button")(page);
    await page.locator(id("acknowledge")).first().check();
    await page.locator(id("use-demo-passphrase")).click();
    await page.locator(id("confirm-sign")).click();
    await page.locator(id("receipt")).waitFor();
  }],
  ["approve", "ready", `${RELEASE}/approve`, shown],
  ["approve-exceptions", "successor", `${RELEASE}/approve`, async (page) => {
    await shown(page);
    await click("open-exception")(page);
  }],
  ["approve-long", "successor", `${RELEASE}/approve`, async (page) => {
    await readAll(page);
    await click("more-recovered")(page);
    await page.locator(id("recovered")).last().scrollIntoViewIfNeeded();
  }],
  ["approve-no-go", "checked", `${RELEASE}/approve`, shown],
  ["approve-regressed", "regressed", `${RELEASE}/approve`, shown],
  ["approve-receipt", "successor", `${RELEASE}/approve`, async (page) => {
    await readAll(page);
    await page.locator(id("use-demo-passphrase")).click();
    await page.locator(id("confirm-sign")).click();
    await page.locator(id("receipt")).waitFor();
  }],
  ["approve-paper", "successor", `${RELEASE}/approve`, async (page) => {
    await shown(page);
    await page.emulateMedia({ media: "print" });
  }],
  ["deployment-locked", "ready", `${RELEASE}/deployment`],
  ["deployment-form", "go", `${RELEASE}/deployment`],
  ["deployment-recorded", "deployed", `${RELEASE}/deployment`, click("export-bundle")],
  ["project", "checked", "#/p/demo"],
  ["enroll", "checked", "#/p/demo", click("enroll")],
  ["project-waiting", "checked", "#/p/demo", proposal],
  ["card", "checked", "#/p/demo", click("write-card")],
  ["packet-stranger", "checked", "#/board", packet("/tmp/other.packet.zip", 1)],
  ["packet-news", "checked", "#/p/demo", packet("/tmp/news.packet.zip", 2)],
  ["timeline", "checked", "#/p/demo/timeline"],
  ["timeline-damaged", "damaged", "#/p/demo/timeline", (page) => page.locator('[data-testid="event"][data-trust="bad"] button').click()],
  ["timeline-huge", "huge", "#/p/demo/timeline"],
  ["secrets", "checked", "#/secrets", (page) => page.locator(id("reference")).first().waitFor()],
  ["secrets-made", "checked", "#/secrets", async (page) => {
    await click("make-all")(page);
    await page.locator(id("copy-redis-conf")).waitFor();
    await click("show-secret")(page);
    await click("copy-secret")(page);
    await page.locator(id("judge-value")).fill("changeme");
    await page.locator(`${id("secrets")} ${id("verdict")}[data-strong="false"]`).waitFor();
    await click("judge-references")(page);
    await page.locator(`${id("reference")} ${id("verdict")}`).first().waitFor();
  }],
  ["who-am-i", "checked", "#/board", click("switch-person")],
  ["unlock", "checked", "#/board", async (page) => {
    await click("switch-person")(page);
    await page.locator(id("person")).nth(1).click();
  }],
  ["not-found", "checked", "#/p/demo/r/nothing"],
];

await rm(shots, { recursive: true, force: true });
await mkdir(shots, { recursive: true });
await build({ root, mode: "fake", logLevel: "warn", build: { outDir, emptyOutDir: true } });
const server = await preview({ root, logLevel: "warn", build: { outDir }, preview: { port: 0, host: "127.0.0.1" } });
const address = server.resolvedUrls?.local[0];
const axe = await readFile(join(root, "node_modules/axe-core/axe.min.js"), "utf8");
const profile = await mkdtemp(join(tmpdir(), "shots-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

let problems = 0;
let pictures = 0;
const complain = (name, text) => {
  problems += 1;
  console.error(`${name}: ${text}`);
};

async function shoot([name, scenario, hash, prepare, { pace = 1 } = {}], theme, size) {
  const label = `${name}-${theme}-${size.width}`;
  const page = await browser.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") complain(label, `console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complain(label, `error: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(address) && !request.url().startsWith("data:")) complain(label, `network: ${request.url()}`);
  });
  try {
    page.setDefaultTimeout(20_000);
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.goto(`${address}?scenario=${scenario}&pace=${pace}${hash}`);
    await page.locator("main h1, main [data-testid], main p").first().waitFor();
    await page.waitForTimeout(120);
    if (prepare) {
      await prepare(page);
      await page.waitForTimeout(150);
    }
    await page.screenshot({ path: join(shots, `${label}.png`) });
    pictures += 1;
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) complain(label, `${wide} px wider than the window`);
    const title = await page.title();
    if (title.includes("owned")) complain(label, "hostile text ran");
    // The policy refuses injected script tags, evaluate() is outside of it.
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() =>
      globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
    );
    for (const violation of violations) {
      complain(label, `axe ${violation.id}: ${violation.help}\n    ${violation.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)}\n      ${node.failureSummary?.split("\n").slice(1, 3).join(" ")}`).join("\n    ")}`);
    }
  } catch (error) {
    complain(label, String(error.message).split("\n").slice(0, 4).join(" "));
  } finally {
    await page.close();
  }
}

const jobs = [];
for (const view of VIEWS) {
  if (wanted.length > 0 && !wanted.includes(view[0])) continue;
  if (quick) {
    jobs.push([view, "light", SIZES[0]]);
    continue;
  }
  for (const theme of ["light", "dark"]) {
    for (const size of SIZES) jobs.push([view, theme, size]);
  }
  jobs.push([view, "light", SMALL]);
}
// Two pages at a time keep two cores busy.
const work = async () => {
  for (let job = jobs.shift(); job; job = jobs.shift()) await shoot(...job);
};
try {
  await Promise.all([work(), work()]);
} finally {
  await browser.close();
  await server.close();
  await rm(profile, { recursive: true, force: true });
}
console.log(`${pictures} pictures in ${shots}; ${problems} problems`);
process.exitCode = problems > 0 ? 1 : 0;
