import { render } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import Markdown from "../src/components/Markdown.svelte";
import { Calm } from "../src/components/calm";
import { fromInput, relative } from "../src/components/time";
import { base64, bytes } from "../src/features/evidence/file";
import { Release } from "../src/features/release/release.svelte";
import { needsMe } from "../src/features/release/turn";
import { Session } from "../src/features/session/session.svelte";
import { worst } from "../src/features/item/outcome";
import { Toasts } from "../src/components/toasts.svelte";
import { fakeHost } from "../src/host/fake";
import { Failure, type ItemRow } from "../src/host/host";
import { legibleText } from "../src/host/legible";
import { parse, paths } from "../src/router.svelte";
import { DEMO } from "./stage";

describe("a verdict over several probes", () => {
  it.each([
    ["pass", "inconclusive", "inconclusive"],
    ["inconclusive", "pass", "inconclusive"],
    ["inconclusive", "fail", "fail"],
    ["not-applicable", "pass", "pass"],
    ["fail", "pass", "fail"],
  ] as const)("%s then %s is %s", (a, b, expected) => {
    expect(worst(a, b)).toBe(expected);
  });

  it("keeps the doubt of one probe when a second one of the same item passes", () => {
    const host = fakeHost({ scenario: "demo" });
    const release = new Release(host, new Session(host, new Toasts()), { project: "demo", release: "r-240" });
    const finished = { step: "finished", item: "a", probe: "p", done: 1, total: 2 } as const;
    release.progress({ step: "started", item: "a" });
    release.progress({ ...finished, outcome: "inconclusive", reason: "timed-out", summary: "no answer" });
    release.progress({ step: "started", item: "a" });
    release.progress({ ...finished, outcome: "pass", reason: null, summary: "fine", done: 2 });
    expect(release.live.get("a")).toMatchObject({ running: false, outcome: "inconclusive", reason: "timed-out", summary: "no answer" });
    expect(release.run).toMatchObject({ done: 2, total: 2 });
    release.stop();
  });
});

describe("whose turn it is", () => {
  const row = (change: object) =>
    ({ verify: "probe-or-person", state: "open", missing: "", machine: { outcome: "inconclusive", stale: false }, tick: null, exception: null, ...change }) as unknown as ItemRow;
  const me = { name: "Ana", fingerprint: "f", email: "", here: true, roles: ["security"] };
  const asked = (by: string) => ({ state: "requested", requested_by: by });
  it.each([
    ["a person looks where the machine could not tell", row({}), me, true],
    ["nobody ticks what only the machine settles", row({ verify: "probe" }), me, false],
    ["a failed check waits for a fix, not for a tick", row({ state: "failed", machine: { outcome: "fail", stale: false } }), me, false],
    ["an old verdict waits for a run", row({ machine: { outcome: "inconclusive", stale: true } }), me, false],
    ["a line by hand waits for its tick", row({ verify: "person", machine: null }), me, true],
    ["what is settled waits for nobody", row({ state: "settled" }), me, false],
    ["both means the tick comes after the pass", row({ verify: "both", machine: { outcome: "pass", stale: false } }), me, true],
    ["both waits for the machine first", row({ verify: "both", machine: { outcome: "not-run", stale: false } }), me, false],
    ["a computed line waits for nobody", row({ verify: "computed", machine: null }), me, false],
    ["an approver decides on another's exception", row({ state: "failed", machine: { outcome: "fail", stale: false }, exception: asked("Bo") }), me, true],
    ["nobody decides on their own exception", row({ state: "failed", machine: { outcome: "fail", stale: false }, exception: asked("Ana") }), me, false],
    ["an auditor is never waited for", row({}), { ...me, roles: ["auditor"] }, false],
    ["nobody is waited for while no key is unlocked", row({}), null, false],
  ])("%s", (_, item, who, expected) => {
    expect(needsMe(item, who, ["security"])).toBe(expected);
  });
});

describe("a command that takes its time", () => {
  it("shows its latest line while it runs, and no line afterwards", () => {
    const host = fakeHost({ scenario: "demo" });
    const release = new Release(host, new Session(host, new Toasts()), { project: "demo", release: "r-240" });
    release.progress({ step: "said", item: "a", line: "too early" });
    expect(release.live.get("a")).toBeUndefined();
    release.progress({ step: "started", item: "a" });
    release.progress({ step: "said", item: "a", line: "PASS src/a.test.ts" });
    expect(release.live.get("a")).toMatchObject({ running: true, line: "PASS src/a.test.ts", outcome: null });
    release.progress({ step: "finished", item: "a", probe: "p", outcome: "pass", reason: null, summary: "fine", done: 1, total: 1 });
    release.progress({ step: "said", item: "a", line: "too late" });
    expect(release.live.get("a")).toMatchObject({ running: false, line: "", outcome: "pass" });
    release.stop();
  });
});

describe("asking again", () => {
  it("turns a burst of changes into one query and one more for what came meanwhile", async () => {
    let runs = 0;
    const calm = new Calm(async () => {
      runs += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }, 5);
    for (let i = 0; i < 100; i += 1) calm.ask();
    await new Promise((resolve) => setTimeout(resolve, 15));
    for (let i = 0; i < 100; i += 1) calm.ask();
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(runs).toBe(2);
    calm.stop();
    calm.ask();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(runs).toBe(2);
  });

  it("does not let a late answer replace a newer one", async () => {
    const host = fakeHost({ scenario: "checked" });
    const old = await host.release(DEMO);
    const answers: ((view: typeof old) => void)[] = [];
    host.release = () => new Promise((resolve) => answers.push(resolve));
    const release = new Release(host, new Session(host, new Toasts()), DEMO);
    const first = release.load();
    const second = release.load();
    answers[1]?.({ ...old, state: "new" });
    answers[0]?.({ ...old, state: "old" });
    await Promise.all([first, second]);
    expect(release.view?.state).toBe("new");
  });
});

describe("text from outside", () => {
  it.each([
    ["a right-to-left override is shown", "a\u202egnp.exe", "a⟨U+202E⟩gnp.exe"],
    ["an escape code is shown", "\u001b[31mred", "⟨U+001B⟩[31mred"],
    ["tabs and lines stay", "a\tb\nc", "a\tb\nc"],
    ["accents stay", "Zoë Ångström", "Zoë Ångström"],
  ])("%s", (_, input, expected) => {
    expect(legibleText(input)).toBe(expected);
  });

  it("is cut when it is endless, and says so", () => {
    const text = legibleText("A".repeat(1_000_000));
    expect(text.length).toBeLessThan(101_000);
    expect(text).toContain("900000 more characters");
  });

  it("loses the pile of marks that hides the lines around it", () => {
    expect(legibleText(`Z${"\u0351".repeat(200)}`)).toBe(`Z${"\u0351".repeat(4)}`);
  });

  it("is text in Markdown too, and links open nothing", () => {
    const { container } = render(Markdown, { text: '# Head\n\n<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> [see](javascript:alert(1)) **bold** `a<b`\n\n- one\n- two\n\n```sh\nls\n```' });
    expect(container.querySelector("script, img, a")).toBeNull();
    expect(container).toHaveTextContent("<script>alert(1)</script>");
    expect(container).toHaveTextContent("javascript:alert(1)");
    expect(container.querySelector("strong")).toHaveTextContent("Head");
    expect(container.querySelectorAll("li")).toHaveLength(2);
    expect(container.querySelector("pre")).toHaveTextContent("ls");
    expect(container).toHaveTextContent("a<b");
  });
});

describe("addresses", () => {
  it.each([
    ["", { view: "board" }],
    ["#/start", { view: "start" }],
    ["#/p/demo", { view: "project", project: "demo" }],
    ["#/p/demo/timeline", { view: "timeline", project: "demo" }],
    ["#/p/demo/r/1", { view: "release", project: "demo", release: "1", tab: "checklist", item: "" }],
    ["#/p/demo/r/1/signoff", { view: "release", project: "demo", release: "1", tab: "signoff", item: "" }],
    ["#/p/demo/r/1/nonsense/x", { view: "release", project: "demo", release: "1", tab: "checklist", item: "x" }],
    ["#/p/%E0%A4%A", { view: "project", project: "%E0%A4%A" }],
  ])("%s", (hash, expected) => {
    expect(parse(hash)).toEqual(expected);
  });

  it("come back whole from ids with strange characters", () => {
    const of = { project: "a/b c", release: "r#1?" };
    expect(parse(paths.release(of, "deployment", "x/y"))).toEqual({ view: "release", ...of, tab: "deployment", item: "x/y" });
  });
});

describe("small things", () => {
  it("says times as people do", () => {
    const now = Date.parse("2026-01-10T12:00:00Z");
    expect(relative("2026-01-10T11:55:00Z", now)).toMatch(/5 min/);
    expect(relative("2026-01-13T12:00:00Z", now)).toMatch(/in 3 days/);
    expect(relative("2026-01-10T11:59:50Z", now)).toBe("just now");
    expect(relative("nonsense", now)).toBe("nonsense");
  });

  it("sends local times as UTC", () => {
    expect(fromInput("2026-01-10T12:00")).toMatch(/^2026-01-\d\dT\d\d:\d\d:00\.000Z$/);
  });

  it("sends large files whole", async () => {
    const content = new Uint8Array(200_000).fill(65);
    expect(atob(await base64(new Blob([content])))).toBe("A".repeat(200_000));
    expect(bytes(999)).toBe("999 B");
    expect(bytes(184_320)).toBe("184.3 kB");
  });

  it("makes a failure of whatever was thrown", () => {
    expect(Failure.of({ code: "locked", message: "m", hint: "h" })).toMatchObject({ code: "locked", message: "m", hint: "h" });
    expect(Failure.of("odd")).toMatchObject({ code: "unexpected", message: "odd" });
  });
});
