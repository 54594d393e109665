import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Bench, FORGOTTEN_AFTER } from "../src/features/secret/bench.svelte";
import { CLEARED_AFTER } from "../src/features/secret/copy.svelte";
import { fakeHost } from "../src/host/fake";
import type { Host } from "../src/host/host";
import { release, sent, stage } from "./stage";

/** What lies in the clipboard, and whether the web view tells and takes. */
const board = { text: "", tells: true, takes: true };
const refused = () => Promise.reject(new DOMException("no", "NotAllowedError"));

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  Object.assign(board, { text: "", tells: true, takes: true });
  localStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
});

/** After user-event has laid its own, which cannot hold an empty text. */
function layClipboard() {
  const writeText = (text: string) => (board.takes ? Promise.resolve(void (board.text = text)) : refused());
  const readText = () => (board.tells ? Promise.resolve(board.text) : refused());
  Object.defineProperty(navigator, "clipboard", { value: { writeText, readText }, configurable: true });
}

/** The bench, and every value that the host made. */
async function bench(hash = "#/secrets") {
  const host: Host = fakeHost({ scenario: "checked", pace: 1 });
  const made: string[] = [];
  const generate = host.generateSecret.bind(host);
  host.generateSecret = async (kind) => {
    const value = await generate(kind);
    made.push(value);
    return value;
  };
  const staged = await stage("checked", hash, host);
  layClipboard();
  await screen.findByTestId(hash === "#/secrets" ? "secrets" : "board");
  return { ...staged, made };
}

const slot = (kind: string) => within(screen.getAllByTestId("secret-slot").find((each) => each.dataset.kind === kind) as HTMLElement);
const state = () => screen.getByTestId("clipboard").dataset.state;
const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);

/** No value stands anywhere in the page or in what outlives it. */
function nowhere(values: string[]) {
  expect(values.length).toBeGreaterThan(0);
  const kept = [document.documentElement.outerHTML, document.title, location.href, JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
  for (const value of values) for (const place of kept) expect(place.includes(value), "a value is kept").toBe(false);
}

async function makeOne(user: Awaited<ReturnType<typeof bench>>["user"], kind = "jwt-secret") {
  await user.click(slot(kind).getByTestId("make-secret"));
  await slot(kind).findByTestId("verdict");
}

describe("secrets that are made", () => {
  it("are what the checklist asks for, judged, and hidden until they are shown", async () => {
    const { user, host, made } = await bench();
    const logged = (["log", "info", "warn", "error", "debug"] as const).map((level) => vi.spyOn(console, level));
    await user.click(screen.getByTestId("make-all"));
    await waitFor(() => expect(screen.getAllByTestId("verdict")).toHaveLength(3));
    expect(sent(host, "judgeSecret")).toEqual([
      { name: "JWT_SECRET", length: 128 },
      { name: "ENCRYPTION_KEY", length: 64 },
      { name: "REDIS_PASSWORD", length: 44 },
    ]);
    for (const verdict of screen.getAllByTestId("verdict")) expect(verdict).toHaveTextContent(/^Fine/);
    nowhere(made);
    await user.click(slot("encryption-key").getByRole("button", { name: "Show ENCRYPTION_KEY" }));
    const [, key] = made as [string, string, string];
    expect(slot("encryption-key").getByTestId("secret-value")).toHaveTextContent(key);
    expect(document.documentElement.outerHTML.split(key), "it stands in one place").toHaveLength(2);
    nowhere(made.filter((value) => value !== key));
    await user.click(slot("encryption-key").getByRole("button", { name: "Hide ENCRYPTION_KEY" }));
    nowhere(made);
    for (const level of logged) expect(level).not.toHaveBeenCalled();
  });

  it("are hidden again when the window loses the focus", async () => {
    const { user, made } = await bench();
    await makeOne(user);
    await user.click(slot("jwt-secret").getByTestId("show-secret"));
    expect(document.body).toHaveTextContent(made[0] as string);
    await fireEvent.blur(window);
    nowhere(made);
  });

  it("are copied as a value, as lines for .env, and as redis.conf wants them", async () => {
    const { user, made } = await bench();
    await user.click(screen.getByTestId("make-all"));
    const [jwt, key, redis] = await waitFor(() => {
      expect(screen.getAllByTestId("verdict")).toHaveLength(3);
      return made as [string, string, string];
    });
    await user.click(slot("jwt-secret").getByTestId("copy-secret"));
    expect(board.text).toBe(jwt);
    await user.click(slot("encryption-key").getByTestId("copy-env"));
    expect(board.text).toBe(`ENCRYPTION_KEY=${key}`);
    await user.click(slot("redis-password").getByTestId("copy-redis-conf"));
    expect(board.text).toBe(`requirepass ${redis}`);
    await user.click(screen.getByTestId("copy-all"));
    expect(board.text).toBe(`JWT_SECRET=${jwt}\nENCRYPTION_KEY=${key}\nREDIS_PASSWORD=${redis}\n`);
    nowhere(made);
  });

  it("are forgotten one by one, and when the page is left", async () => {
    const { user, made } = await bench();
    await user.click(screen.getByTestId("make-all"));
    await waitFor(() => expect(screen.getAllByTestId("verdict")).toHaveLength(3));
    await user.click(screen.getByRole("button", { name: "Forget JWT_SECRET" }));
    expect(slot("jwt-secret").queryByTestId("secret-value")).toBeNull();
    expect(screen.getAllByTestId("secret-value")).toHaveLength(2);
    await user.type(screen.getByTestId("judge-value"), "changeme");
    location.hash = "#/board";
    await screen.findByTestId("board");
    nowhere(made);
    location.hash = "#/secrets";
    await screen.findByTestId("secrets");
    expect(screen.queryAllByTestId("secret-value")).toEqual([]);
    expect(screen.getByTestId("judge-value")).toHaveValue("");
    expect(screen.queryAllByTestId("verdict")).toEqual([]);
  });

  it("are dropped when they arrive after the page was left", async () => {
    const host: Host = fakeHost({ scenario: "checked", pace: 1 });
    let arrive = (_value: string) => {};
    host.generateSecret = () => new Promise((resolve) => (arrive = resolve));
    const left = new Bench(host);
    const making = left.make(left.slots[0]!);
    await left.leave();
    arrive("ab".repeat(64));
    await making;
    expect(left.lines).toEqual([]);
  });
});

describe("a copied secret", () => {
  it("is cleared after 30 seconds, and the bar counts them", async () => {
    const { user, made } = await bench();
    await makeOne(user);
    await user.click(slot("jwt-secret").getByTestId("copy-secret"));
    expect(await screen.findByText(/Copied JWT_SECRET\. The clipboard is cleared in 30 s/)).toBeVisible();
    await pass(10);
    expect(screen.getByTestId("clipboard-left")).toHaveTextContent(/^(20|19) s left$/);
    expect(board.text).toBe(made[0]);
    await pass(CLEARED_AFTER - 10);
    await waitFor(() => expect(state()).toBe("cleared"));
    expect(board.text).toBe("");
    expect(screen.getByTestId("clipboard")).toHaveTextContent("JWT_SECRET is no longer in the clipboard");
    expect(screen.queryByTestId("clear-now")).toBeNull();
  });

  it("gives way to what was copied since, and that is left alone", async () => {
    const { user } = await bench();
    await makeOne(user);
    await user.click(slot("jwt-secret").getByTestId("copy-secret"));
    board.text = "a recipe";
    await pass(CLEARED_AFTER + 1);
    await waitFor(() => expect(state()).toBe("replaced"));
    expect(board.text).toBe("a recipe");
  });

  it("has its time begin anew when it is copied again", async () => {
    const { user, made } = await bench();
    await makeOne(user);
    await user.click(slot("jwt-secret").getByTestId("copy-secret"));
    await pass(CLEARED_AFTER - 5);
    await user.click(slot("jwt-secret").getByTestId("copy-secret"));
    await pass(10);
    expect(board.text).toBe(made[0]);
    await pass(CLEARED_AFTER - 10);
    await waitFor(() => expect(state()).toBe("cleared"));
  });

  it("is cleared at once by Clear now", async () => {
    const { user } = await bench();
    await makeOne(user);
    await user.click(slot("jwt-secret").getByTestId("copy-secret"));
    await user.click(await screen.findByTestId("clear-now"));
    await waitFor(() => expect(state()).toBe("cleared"));
    expect(board.text).toBe("");
  });

  it("stays where the clipboard cannot be looked at, is tried again in focus, and Clear now overwrites", async () => {
    const { user, made } = await bench();
    await makeOne(user);
    await user.click(slot("jwt-secret").getByTestId("copy-secret"));
    board.tells = false;
    await pass(CLEARED_AFTER + 1);
    await waitFor(() => expect(state()).toBe("held"));
    expect(screen.getByTestId("clipboard")).toHaveTextContent("it may still hold JWT_SECRET");
    board.tells = true;
    expect(board.text).toBe(made[0]);
    await fireEvent.focus(window);
    await waitFor(() => expect(state()).toBe("cleared"));
    expect(board.text).toBe("");

    await user.click(slot("jwt-secret").getByTestId("copy-secret"));
    board.tells = false;
    await user.click(await screen.findByTestId("clear-now"));
    await waitFor(() => expect(state()).toBe("cleared"));
    expect(board.text).toBe("");
  });

  it("is cleared when the page is left, and where that cannot be known it is said without the value", async () => {
    const { user, made } = await bench();
    await makeOne(user);
    await user.click(slot("jwt-secret").getByTestId("copy-secret"));
    location.hash = "#/board";
    await screen.findByTestId("board");
    await waitFor(() => expect(board.text).toBe(""));

    location.hash = "#/secrets";
    await screen.findByTestId("secrets");
    await makeOne(user);
    await user.click(slot("jwt-secret").getByTestId("copy-secret"));
    board.tells = false;
    location.hash = "#/board";
    expect(await screen.findByText("The clipboard may still hold a secret")).toBeVisible();
    nowhere(made);
  });

  it("is cleared too when the page was left before it had arrived there", async () => {
    layClipboard();
    const one = new Bench(fakeHost({ scenario: "checked", pace: 1 }));
    const write = navigator.clipboard.writeText;
    let arrive = () => {};
    vi.spyOn(navigator.clipboard, "writeText").mockImplementationOnce((text) => new Promise((resolve) => (arrive = () => resolve(write(text)))));
    const copying = one.copy.copy("JWT_SECRET", "ab".repeat(64));
    await one.leave();
    arrive();
    await copying;
    expect(board.text).toBe("");
  });

  it("that the clipboard refuses is said to be not copied", async () => {
    const { user } = await bench();
    await makeOne(user);
    board.takes = false;
    await user.click(slot("jwt-secret").getByTestId("copy-secret"));
    await waitFor(() => expect(state()).toBe("refused"));
    expect(screen.getByTestId("clipboard")).toHaveTextContent("Nothing was copied");
    expect(document.querySelector("body > textarea")).toBeNull();
  });
});

describe("an idle bench", () => {
  it("forgets everything after 5 minutes, clipboard included, and says so", async () => {
    const { user, made } = await bench();
    await makeOne(user);
    await user.click(slot("jwt-secret").getByTestId("show-secret"));
    await user.type(screen.getByTestId("judge-value"), "changeme");
    await pass(FORGOTTEN_AFTER / 1000 - 5);
    expect(document.body).toHaveTextContent(made[0] as string);
    await user.keyboard("{Shift}");
    await pass(FORGOTTEN_AFTER / 1000 - 5);
    expect(screen.queryByTestId("idled"), "a key puts it off").toBeNull();
    await pass(6);
    expect(await screen.findByTestId("idled")).toHaveTextContent("Forgotten after 5 minutes without activity");
    nowhere(made);
    expect(screen.getByTestId("judge-value")).toHaveValue("");
    await makeOne(user);
    expect(screen.queryByTestId("idled")).toBeNull();
  });

  it("says nothing when there was nothing to forget", async () => {
    await bench();
    await pass(FORGOTTEN_AFTER / 1000 + 5);
    expect(screen.queryByTestId("idled")).toBeNull();
  });

  it("forgets at the first key after a sleep in which no timer ran", async () => {
    const one = new Bench(fakeHost({ scenario: "checked", pace: 1 }));
    one.touch();
    await one.make(one.slots[0]!);
    vi.setSystemTime(Date.now() + FORGOTTEN_AFTER + 1000);
    expect(one.lines).toHaveLength(1);
    one.touch();
    expect(one.lines).toEqual([]);
    expect(one.idled).toBe(true);
    await one.leave();
  });
});

describe("a secret that is pasted", () => {
  it("is judged under its name in words, and never shown", async () => {
    const { user } = await bench();
    const field = screen.getByTestId("judge-value");
    expect(field).toHaveAttribute("type", "password");
    expect(field).toHaveAttribute("autocomplete", "off");
    await user.click(field);
    await user.paste("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    const verdict = () => screen.findByTestId("verdict");
    expect(await verdict()).toHaveTextContent("Not good enough");
    expect(await verdict()).toHaveTextContent("It has 64 characters instead of 128.");
    await user.selectOptions(screen.getByTestId("judge-name"), "ENCRYPTION_KEY");
    await waitFor(async () => expect(await verdict()).toHaveTextContent(/^Fine/));
    nowhere(["9f86d081884c7d659a2feaa0c55ad015"]);
    await user.selectOptions(screen.getByTestId("judge-name"), "Another secret");
    await user.clear(field);
    await user.type(field, "your-token-here");
    await waitFor(async () => expect(await verdict()).toHaveTextContent("It is a placeholder that nobody filled in."));
  });

  it("is dropped by Escape and by the button beside it", async () => {
    const { user } = await bench();
    const field = screen.getByTestId("judge-value");
    for (const drop of [() => user.keyboard("{Escape}"), () => user.click(screen.getByTestId("judge-empty"))]) {
      await user.type(field, "changeme");
      await screen.findByTestId("verdict");
      await drop();
      expect(field).toHaveValue("");
      expect(screen.queryByTestId("verdict")).toBeNull();
    }
  });
});

describe("secrets that an environment references", () => {
  it("are judged by the program, each with its reason, and one that is missing says why", async () => {
    const { user, host } = await bench();
    await user.click(await screen.findByTestId("judge-references"));
    const reference = (name: string) => screen.getAllByTestId("reference").find((each) => each.dataset.name === name);
    await waitFor(() => expect(reference("REDIS_PASSWORD")).toHaveTextContent("It is on the list of values that everybody tries."));
    expect(reference("USER_B_TOKEN")).toHaveTextContent("No value there");
    expect(reference("USER_B_TOKEN")).toHaveTextContent("correct the reference");
    expect(sent(host, "judgeReferencedSecret")).toContainEqual({ project: "demo", environment: "demo", name: "JWT_SECRET" });
  });
});

describe("the bench by keyboard", () => {
  it("is one link away from a secret that failed, and from no other item", async () => {
    await stage("checked", release("checklist", "secrets.jwt-secret"));
    expect(await screen.findByRole("link", { name: "Make a new one on the secrets bench" })).toHaveAttribute("href", "#/secrets");
    location.hash = release("checklist", "headers.csp");
    await waitFor(() => expect(screen.getByTestId("item-detail")).toHaveAttribute("data-item", "headers.csp"));
    await screen.findAllByTestId("finding");
    expect(screen.queryByTestId("to-secrets")).toBeNull();
  });

  it("is reached by g k and from the palette", async () => {
    const { user } = await bench("#/board");
    await user.keyboard("gk");
    await screen.findByTestId("secrets");
    await user.keyboard("gb");
    await screen.findByTestId("board");
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await within(await screen.findByRole("dialog")).findByRole("combobox"), "secrets bench");
    await user.keyboard("{Enter}");
    expect(await screen.findByTestId("secrets")).toBeVisible();
    expect(document.title).toContain("Secrets bench");
  });

  it("makes, shows, copies and clears with Tab and Enter", async () => {
    const { user, made } = await bench();
    const to = async (id: string) => {
      for (let step = 0; step < 40; step += 1) {
        if ((document.activeElement as HTMLElement | null)?.dataset.testid === id) return;
        await user.tab();
      }
      throw new Error(`${id} is not reached`);
    };
    await to("make-all");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(screen.getAllByTestId("verdict")).toHaveLength(3));
    await to("show-secret");
    await user.keyboard("{Enter}");
    expect(screen.getAllByTestId("secret-value")[0]).toHaveTextContent(made[0] as string);
    await to("copy-secret");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(state()).toBe("copied"));
    expect(board.text).toBe(made[0]);
    await to("judge-value");
    await to("judge-references");
    await to("clear-now");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(state()).toBe("cleared"));
  });
});
