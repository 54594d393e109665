// Every view and dialog of the window over the fake host, once: pictures, comparison,
// axe, names and keyboard all walk this list.

import type { Page } from "playwright-core";
import type { Scenario } from "../../src/host/fake";
import type { Route } from "../../src/router.svelte";

/** Something that lies over a view and takes the keys: a dialog or a menu. */
export interface Cover {
  testid: string;
  kind: "dialog" | "menu";
  /** Test id of what opened it, where the focus goes back to. */
  opener: string;
}

/** A control by its role and its name. */
export type Control = [role: Parameters<Page["getByRole"]>[0], name: string | RegExp];

export interface View {
  name: string;
  route: Route["view"];
  /** Which part of the route, where it has parts. */
  tab?: string;
  scenario: Scenario;
  address: string;
  /** What is done before it shows. */
  prepare?: (page: Page) => Promise<unknown>;
  cover?: Cover;
  /** Milliseconds that each item of a run takes. */
  pace?: number;
  /** Where a reference picture is kept, in `looks` beside light and dark. */
  picture?: true | "contrast";
  /** The name under which the README shows it. */
  readme?: string;
  /** Controls without which it would be of no use. */
  controls: Control[];
  /** So long that axe and Tab take half a minute: they walk the same view with less in it, and `shots` all of it. */
  endless?: boolean;
}

const RELEASE = "#/p/demo/r/r-240";
const id = (name: string) => `[data-testid="${name}"]`;
const click = (name: string) => (page: Page) => page.locator(id(name)).first().click();
const dialog = (testid: string, opener: string): Cover => ({ testid, kind: "dialog", opener });
const menu = (testid: string): Cover => ({ testid, kind: "menu", opener: testid });

async function fill(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [field, text] of Object.entries(fields)) await page.locator(id(field)).fill(text);
}

/** Creates the first key of the machine. */
async function makeKey(page: Page): Promise<void> {
  await click("begin-key")(page);
  await fill(page, { "key-owner": "Ana Alvarez", "key-email": "ana@shop.example", passphrase: "tea at five", "passphrase-again": "tea at five" });
  await click("create-key")(page);
  await page.locator(id("project-toml")).waitFor();
}

/** Opens a packet of that path, as far as `steps` says: looked at, or merged. */
const packet = (path: string, steps: 1 | 2) => async (page: Page) => {
  await click("open-packet")(page);
  await fill(page, { "packet-path": path });
  await click("packet-go")(page);
  await page.locator(id("packet-look")).waitFor();
  if (steps < 2) return;
  await click("packet-go")(page);
  await page.locator(id("packet-result")).waitFor();
};

/** Asks for a second DevOps, which the first one has to consent to. */
async function propose(page: Page): Promise<void> {
  await click("enroll")(page);
  await fill(page, { "enroll-name": "Ola", "enroll-email": "ola@example.test", "enroll-public-key": "ssh-ed25519 AAAA" });
  await page.locator(`${id("enroll-role")}[data-role="devops"]`).click();
  await click("confirm-enroll")(page);
  await page.locator(id("proposal")).waitFor();
}

async function sign(page: Page): Promise<void> {
  await click("sign-button")(page);
  await page.locator(id("acknowledge")).first().check();
  await click("use-demo-passphrase")(page);
  await click("confirm-sign")(page);
  await page.locator(id("receipt")).waitFor();
}

/** Once the page has read what it is about, and what would be signed. */
async function approvalShown(page: Page): Promise<void> {
  await page.locator(`${id("previous")}, ${id("first-release")}`).waitFor();
  await page.locator(`${id("statement")}, ${id("receipt")}`).waitFor();
}

/** Opens each exception, as one must before one signs. */
async function readAll(page: Page): Promise<void> {
  await approvalShown(page);
  for (const each of await page.locator(id("open-exception")).all()) await each.click();
}

/** An entry of the menu of people. */
const person = (entry: string, at = 0) => async (page: Page) => {
  await click("switch-person")(page);
  await page.locator(id(entry)).nth(at).click();
};

const checklist = { route: "release", tab: "checklist", scenario: "checked", address: RELEASE } as const;
const signoff = { route: "release", tab: "signoff", address: `${RELEASE}/signoff` } as const;
const approve = { route: "release", tab: "approve", address: `${RELEASE}/approve` } as const;
const deployment = { route: "release", tab: "deployment", address: `${RELEASE}/deployment` } as const;
const board = { route: "board", scenario: "checked", address: "#/board" } as const;
const project = { route: "project", scenario: "checked", address: "#/p/demo" } as const;
const timeline = { route: "timeline", address: "#/p/demo/timeline" } as const;
const secrets = { route: "secrets", scenario: "checked", address: "#/secrets" } as const;
const start = { route: "start", scenario: "first-run", address: "#/board" } as const;

const everywhere: Control[] = [["link", "Countersign: board"], ["button", "Commands (Ctrl+K)"], ["button", "Appearance"]];
const ofRelease: Control[] = [...everywhere, ["link", /^Checklist/], ["link", /^Sign-off/], ["link", "Deployment"]];
const ofList: Control[] = [...ofRelease, ["button", "Run checks"], ["button", "More ways to run checks"], ["searchbox", "Search items"], ["button", /^Failed/], ["button", "Keyboard shortcuts"]];
const closes: Control = ["button", "Close"];

export const VIEWS: View[] = [
  { name: "welcome", ...start, picture: true, controls: [...everywhere, ["heading", /^Know that/], ["button", "Try the demo"], ["button", "Create my key"]] },
  { name: "create-key", ...start, prepare: click("begin-key"), picture: true, controls: [["radio", /sealed/], ["textbox", "Name"], ["textbox", "E-mail"], ["textbox", "Passphrase"], ["textbox", "Passphrase again"], ["button", "Create my key"]] },
  { name: "agent-key", ...start, controls: [["textbox", "Name"], ["button", /^Use/]], prepare: async (page) => {
    await click("begin-key")(page);
    await click("new-agent")(page);
    await page.locator(id("agent-key")).nth(1).click();
  } },
  { name: "new-project", ...start, prepare: makeKey, picture: true, controls: [["textbox", "countersign.toml"], ["checkbox", "Security"], ["button", "Create project"]] },
  { name: "board-empty", ...start, route: "board", prepare: async (page) => {
    await makeKey(page);
    await page.evaluate(() => (location.hash = "#/board"));
    await page.locator(id("board")).waitFor();
  }, controls: [["button", "Begin"], ["button", "Open packet"]] },
  { name: "board", ...board, picture: "contrast", controls: [...everywhere, ["searchbox", "Search releases"], ["combobox", "Sort by"], ["button", "Ready"], ["button", "Verify a bundle"], ["button", "Open release"], ["link", /2\.4\.0/]] },
  { name: "board-turn", ...board, scenario: "successor", controls: [["link", /Your turn/]] },
  { name: "board-huge", ...board, scenario: "huge", endless: true, controls: [["link", /3\.0\.1/]] },
  { name: "theme-menu", ...board, prepare: click("theme"), cover: menu("theme"), controls: [["menuitem", "Dark"], ["menuitem", "As the system"]] },
  { name: "who-am-i", ...board, prepare: click("switch-person"), cover: menu("switch-person"), picture: true, controls: [["menuitem", /Dev Lindqvist/], ["menuitem", "Lock"], ["menuitem", "Create my key"]] },
  { name: "unlock", ...board, prepare: person("person", 1), cover: dialog("unlock-dialog", "switch-person"), picture: true, controls: [closes, ["combobox", "Person"], ["textbox", "Passphrase"], ["button", "Unlock"], ["button", "Cancel"]] },
  { name: "key-dialog", ...board, prepare: person("new-key"), cover: dialog("key-dialog", "switch-person"), controls: [closes, ["textbox", "Name"], ["button", "Create my key"]] },
  { name: "open-release", ...board, prepare: click("open-release"), cover: dialog("open-dialog", "open-release"), picture: true, controls: [closes, ["combobox", "Project"], ["combobox", "Environment"], ["textbox", "Version"], ["combobox", "Checklist"], ["button", "Import Markdown"], ["button", "Open release"]] },
  { name: "verify-bundle", ...board, prepare: async (page) => {
    await click("verify-bundle")(page);
    await fill(page, { "verify-path": "/srv/release.bundle.zip" });
    await click("confirm-verify")(page);
    await page.locator(id("verify-result")).waitFor();
  }, cover: dialog("verify-dialog", "verify-bundle"), picture: true, controls: [closes, ["textbox", "Path of the bundle"], ["button", "Verify"]] },
  { name: "packet-stranger", ...board, prepare: packet("/tmp/other.packet.zip", 1), cover: dialog("packet-dialog", "open-packet"), picture: true, controls: [closes, ["checkbox", /./], ["textbox", /./]] },
  { name: "packet-news", ...project, prepare: packet("/tmp/news.packet.zip", 2), cover: dialog("packet-dialog", "open-packet"), controls: [closes, ["button", "Go to the project"]] },
  { name: "release-fresh", ...checklist, scenario: "demo", controls: ofList },
  { name: "release-running", ...checklist, scenario: "demo", address: `${RELEASE}/checklist`, pace: 250, prepare: async (page) => {
    await click("run-checks")(page);
    await page.locator('[data-outcome="inconclusive"]').first().waitFor();
  }, controls: [["button", "Cancel"], ["progressbar", /./]] },
  { name: "release-checked", ...checklist, picture: true, controls: [...ofList, ["listbox", "Checklist items"], ["option", /JWT_SECRET/]] },
  { name: "release-detail", ...checklist, address: `${RELEASE}/checklist/redis-auth.ping-without-password`, picture: "contrast", readme: "release", controls: [...ofList, ["region", "Item"], ["button", "Run again"], ["button", "Copy this block"], ["button", "Close the item"]] },
  { name: "release-by-hand", ...checklist, address: `${RELEASE}/checklist/secret-store.vault`, controls: [["textbox", "Note"], ["button", "Done"], ["button", "Not done"], ["button", "Choose file"]] },
  { name: "release-inconclusive", ...checklist, address: `${RELEASE}/checklist/redis-hardening.commands`, controls: [["button", "Run again"]] },
  { name: "release-excepted", ...checklist, scenario: "ready", address: `${RELEASE}/checklist/database.least-privilege`, controls: [["button", "Ask for one"]] },
  { name: "release-menu", ...checklist, prepare: click("run-more"), cover: menu("run-more"), controls: [["menuitem", "All checks"]] },
  { name: "demo-menu", ...checklist, prepare: click("demo-target"), cover: menu("demo-target"), controls: [["menuitem", "Repair the planted faults"]] },
  { name: "release-nothing", ...checklist, prepare: (page) => fill(page, { "item-search": "no such thing" }), picture: true, controls: [["button", "Clear the filter"]] },
  { name: "release-mine", ...checklist, prepare: click("filter-mine"), controls: [["button", /^Needs me/]] },
  { name: "release-huge", ...checklist, scenario: "huge", address: "#/p/demo/r/r-0", endless: true, picture: true, controls: [["option", /Claim 2 of section 1 /]] },
  { name: "release-hostile", ...checklist, scenario: "hostile", address: `${RELEASE}/checklist/cors.no-wildcard`, picture: true, controls: [["region", "Item"]] },
  { name: "release-unknown", ...checklist, address: "#/p/demo/r/nothing", picture: true, controls: [["heading", /nothing/], ["button", "Try again"], ["button", "Board"]] },
  { name: "palette", ...checklist, address: `${RELEASE}/checklist/secret-store.vault`, // Where the window is narrow, the open item lies over the button.
    prepare: (page) => page.locator(id("open-palette")).press("Enter"), cover: dialog("palette", "open-palette"), picture: true, controls: [["combobox", "Type a command, an item or a release"], ["option", /Tick this item/]] },
  { name: "shortcuts", ...checklist, prepare: click("shortcuts"), cover: dialog("shortcut-sheet", "shortcuts"), picture: true, controls: [closes] },
  { name: "exception-dialog", ...checklist, address: `${RELEASE}/checklist/database.least-privilege`, prepare: click("ask-exception"), cover: dialog("exception-dialog", "ask-exception"), picture: true, controls: [closes, ["textbox", /^Why/], ["textbox", /^Compensating/], ["textbox", "Owner"]] },
  { name: "signoff-no-go", ...signoff, scenario: "checked", picture: true, controls: [...ofRelease, ["link", /^JWT_SECRET/], ["button", "Review and sign"]] },
  { name: "signoff-ready", ...signoff, scenario: "ready", picture: "contrast", readme: "signoff", controls: [["button", "Review and sign"], ["button", "Sign as Dev Lindqvist"]] },
  { name: "signoff-stale", ...signoff, scenario: "stale", picture: true, controls: [["heading", "Security"]] },
  { name: "signoff-go", ...signoff, scenario: "go", controls: [["heading", "Management"]] },
  { name: "sign-dialog", ...signoff, scenario: "ready", prepare: click("sign-button"), cover: dialog("sign-dialog", "sign-button"), picture: true, controls: [closes, ["checkbox", /database role/], ["textbox", /^Passphrase/], ["button", "Decline"], ["button", /^Sign/]] },
  { name: "sign-receipt", ...signoff, scenario: "ready", prepare: sign, cover: dialog("sign-dialog", "signoff-card"), picture: true, controls: [["button", "Done"]] },
  { name: "approve", ...approve, scenario: "ready", prepare: approvalShown, picture: true, controls: [...ofRelease, ["button", /exception unread/]] },
  { name: "approve-exceptions", ...approve, scenario: "successor", prepare: async (page) => {
    await approvalShown(page);
    await click("open-exception")(page);
  }, picture: true, controls: [["button", /unread/]] },
  { name: "approve-long", ...approve, scenario: "successor", prepare: async (page) => {
    await readAll(page);
    await click("more-recovered")(page);
    await page.locator(id("recovered")).last().scrollIntoViewIfNeeded();
  }, controls: [["button", "Decline"]] },
  { name: "approve-no-go", ...approve, scenario: "checked", prepare: approvalShown, picture: true, controls: [["button", "Decline"]] },
  { name: "approve-regressed", ...approve, scenario: "regressed", prepare: approvalShown, controls: [["button", "Decline"]] },
  { name: "approve-receipt", ...approve, scenario: "successor", prepare: async (page) => {
    await readAll(page);
    await click("use-demo-passphrase")(page);
    await click("confirm-sign")(page);
    await page.locator(id("receipt")).waitFor();
  }, picture: true, controls: [["button", /^Print/]] },
  { name: "deployment-locked", ...deployment, scenario: "ready", controls: [["button", "Record deployment"]] },
  { name: "emergency", ...deployment, scenario: "ready", picture: true, prepare: async (page) => {
    await click("begin-emergency")(page);
    await fill(page, { "emergency-reason": "The queue is stuck" });
  }, controls: [["textbox", "Why it cannot wait"], ["button", /^Declare the emergency/]] },
  { name: "emergency-owed", ...signoff, scenario: "emergency", picture: true, controls: [["button", "Review and sign"], ["heading", "Management"]] },
  { name: "emergency-review", ...approve, scenario: "emergency", prepare: approvalShown, controls: [["button", "Decline"]] },
  { name: "board-owed", ...board, scenario: "emergency", controls: [["link", /Owes Security/]] },
  { name: "deployment-form", ...deployment, scenario: "go", picture: true, readme: "deployment", controls: [["combobox", "Deployed by"], ["combobox", "Verified by"], ["button", "Export bundle"]] },
  { name: "deployment-recorded", ...deployment, scenario: "deployed", prepare: click("export-bundle"), picture: true, controls: [["button", "Run these checks"], ["button", /erif/]] },
  { name: "project", ...project, picture: true, controls: [["table", ""], ["button", "Enroll"], ["button", "Open packet"], ["button", "Verify again"]] },
  { name: "policy-dialog", ...project, prepare: click("change-policy"), cover: dialog("policy-dialog", "change-policy"), picture: true, controls: [closes, ["spinbutton", "Security"], ["checkbox", "Never longer than"], ["button", "Set the policy"]] },
  { name: "remove-dialog", ...project, prepare: click("remove-member"), cover: dialog("remove-dialog", "remove-member"), controls: [closes, ["textbox", "Why"], ["button", "Remove"]] },
  { name: "project-waiting", ...project, prepare: propose, controls: [["button", "Consent"], ["button", /^(Take back|Refuse)$/]] },
  { name: "project-unknown", ...project, address: "#/p/nothing", controls: [["heading", /nothing/], ["button", "Try again"]] },
  { name: "enroll", ...project, prepare: click("enroll"), cover: dialog("enroll-dialog", "enroll"), picture: true, controls: [closes, ["textbox", "Name"], ["checkbox", /^DevOps/], ["button", "Enroll"]] },
  { name: "card", ...project, prepare: click("write-card"), controls: [["button", /card/]] },
  { name: "secrets", ...secrets, prepare: (page) => page.locator(id("reference")).first().waitFor(), picture: true, controls: [["button", /^Make/]] },
  { name: "secrets-made", ...secrets, prepare: async (page) => {
    await click("make-all")(page);
    await page.locator(id("copy-redis-conf")).waitFor();
    await click("show-secret")(page);
    await click("copy-secret")(page);
    await fill(page, { "judge-value": "changeme" });
    await page.locator(`${id("secrets")} ${id("verdict")}[data-strong="false"]`).waitFor();
    await click("judge-references")(page);
    await page.locator(`${id("reference")} ${id("verdict")}`).first().waitFor();
  }, controls: [["button", /^Clear/]] },
  { name: "timeline", ...timeline, scenario: "checked", controls: [["searchbox", "Search events"], ["combobox", "Show signatures that are"], ["list", "Events, newest first"]] },
  { name: "timeline-damaged", ...timeline, scenario: "damaged", prepare: (page) => page.locator('[data-testid="event"][data-trust="bad"] button').click(), picture: true, controls: [["region", "Event"], ["button", "Copy the event id"]] },
  { name: "timeline-huge", ...timeline, scenario: "huge", controls: [["list", "Events, newest first"]] },
];
