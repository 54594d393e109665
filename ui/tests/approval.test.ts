import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { fakeHost } from "../src/host/fake";
import { AGENT_KEYS, KEYS, PASSPHRASE } from "../src/host/fake/people";
import type { ExceptionView, Host } from "../src/host/host";
import { approvalPage, release, sent, stage } from "./stage";

const HERE = release("approve");
const [SANA, , MARA] = KEYS.map((key) => key.fingerprint) as [string, string, string];

const readers = () => screen.queryAllByTestId("exception-reader").filter((each) => each.dataset.read !== undefined);
const opener = (reader: HTMLElement) => within(reader).getByTestId("open-exception");

describe("the approval page", () => {
  it("says what goes out, where to, and exactly which bits", async () => {
    await stage("ready", HERE);
    await approvalPage();
    const ships = screen.getByTestId("ships");
    expect(ships).toHaveTextContent("MailAgent (demo) 2.4.0 → demo");
    expect(ships).toHaveTextContent("9f2c4b7e1d0a8356f4c21be97d05a6e83b1c7f42");
    expect(ships).toHaveTextContent(`SHA-256 of api.tar.zst ${"c1d2".repeat(16)}`);
    expect(ships).toHaveTextContent("OPS-412");
    expect(ships).toHaveTextContent("Adds calendar sharing between tenants");
    expect(ships).toHaveTextContent(/Planned for .*UTC/);
    expect(ships).not.toHaveTextContent("Uncommitted changes");
  });

  it("shows a dirty work tree, and says when neither commit nor artifact is named", async () => {
    const host: Host = fakeHost({ scenario: "ready", pace: 1 });
    const whole = host.release.bind(host);
    host.release = async (of) => {
      const view = await whole(of);
      return { ...view, subject: { ...view.subject, dirty: true, artifacts: [] } };
    };
    await stage("ready", HERE, host);
    await approvalPage();
    expect(screen.getByTestId("ships")).toHaveTextContent("Uncommitted changes");
    expect(screen.getByTestId("ships")).toHaveTextContent("No artifact is named");
  });

  it.each([
    ["checked", "no-go", "No-go: it may not go out", /items block\./],
    ["ready", "ready", "Ready: it may go out once it is signed", /3 signatures\./],
    ["go", "go", "Go: it may go out", /Every required sign-off is current\./],
  ] as const)("says in words whether %s may go out, and why", async (scenario, verdict, words, why) => {
    await stage(scenario, HERE);
    await approvalPage();
    const told = screen.getByTestId("verdict");
    expect(told).toHaveAttribute("data-verdict", verdict);
    expect(told).toHaveTextContent(words);
    expect(screen.getByTestId("verdict-reason")).toHaveTextContent(why);
  });

  it("tells the score with and without exceptions", async () => {
    await stage("successor", HERE);
    await approvalPage();
    expect(screen.getByTestId("verdict-score")).toHaveTextContent("Score 100 of 100, and 95 without exceptions: 5 points rest on 2 exceptions.");
  });

  it("names the first blockers with who has to act, and leads to the rest", async () => {
    await stage("checked", HERE);
    await approvalPage();
    const blockers = within(screen.getByTestId("verdict")).getAllByTestId("blocker");
    expect(blockers).toHaveLength(3);
    expect(blockers[0]).toHaveTextContent("Fix it, then run the check again");
    for (const blocker of blockers) expect(within(blocker).getByTestId("turn")).not.toBeEmptyDOMElement();
    expect(within(screen.getByTestId("verdict")).getByRole("link", { name: "See everything that is missing" })).toHaveAttribute("href", release("signoff"));
  });
});

describe("exceptions on the approval page", () => {
  it("must each be opened before the button lives, and the button says how many are left", async () => {
    const { user, host } = await stage("successor", HERE);
    await approvalPage();
    const sign = await screen.findByTestId("confirm-sign");
    await user.type(screen.getByTestId("passphrase"), PASSPHRASE);
    expect(readers().map((each) => each.dataset.read)).toEqual(["false", "false"]);
    expect(sign).toHaveTextContent("Sign (2 exceptions unread)");
    expect(sign).toHaveAttribute("aria-disabled", "true");
    expect(screen.getByTestId("sign-why")).toHaveTextContent("Read 2 more exceptions first");
    await user.click(opener(readers()[0]!));
    expect(sign).toHaveTextContent("Sign (1 exception unread)");
    expect(screen.getByTestId("read-count")).toHaveTextContent("1 of 2 read");
    await user.click(sign);
    await user.type(screen.getByTestId("passphrase"), "{Enter}");
    expect(sent(host, "signOff"), "nothing is signed while one is unread").toHaveLength(0);
    await user.click(opener(readers()[1]!));
    expect(sign).toHaveTextContent(/^Sign$/);
    expect(sign).not.toHaveAttribute("aria-disabled");
    await user.click(sign);
    await screen.findByTestId("receipt");
    expect(sent(host, "signOff")).toEqual([expect.objectContaining({ role: "security", decision: "approve", exceptions: ["ex-1", "ex-2"] })]);
  });

  it("show reason, control, owner, end and approver only once opened", async () => {
    const { user } = await stage("successor", HERE);
    await approvalPage();
    const [first] = readers();
    const reason = within(first!).getByText(/Migrations still run/);
    expect(reason).not.toBeVisible();
    expect(opener(first!)).toHaveAttribute("aria-expanded", "false");
    await user.click(opener(first!));
    expect(reason).toBeVisible();
    for (const text of ["Database audit log is watched", "Dev Lindqvist", "Sana Okafor", "Accepted until 2.5."]) expect(first).toHaveTextContent(text);
    await user.click(opener(first!));
    expect(reason, "closing it again").not.toBeVisible();
    expect(first, "does not make it unread").toHaveAttribute("data-read", "true");
  });

  it("are unread again once they change, and closed", async () => {
    const host = fakeHost({ scenario: "successor", pace: 1 });
    const [whole, stated] = [host.release.bind(host), host.statement.bind(host)];
    let control = "";
    const changed = (all: ExceptionView[]) => all.map((each) => (control && each.id === "ex-1" ? { ...each, compensating_control: control } : each));
    host.release = async (of) => {
      const view = await whole(of);
      return { ...view, state: view.state + control, exceptions: changed(view.exceptions) };
    };
    host.statement = async (of, role) => {
      const told = await stated(of, role);
      return { ...told, exceptions: changed(told.exceptions) };
    };
    const { user } = await stage("successor", HERE, host);
    await approvalPage();
    await screen.findByTestId("confirm-sign");
    for (const each of readers()) await user.click(opener(each));
    expect(screen.getByTestId("confirm-sign")).toHaveTextContent(/^Sign$/);
    control = "None any more";
    await host.attest({ project: "demo", release: "r-240", item: "signoff.rollback-tested", tick: "done", note: "" });
    await waitFor(() => expect(screen.getByTestId("confirm-sign")).toHaveTextContent("Sign (1 exception unread)"));
    const first = readers().find((each) => each.dataset.exception === "ex-1")!;
    expect(first).toHaveAttribute("data-read", "false");
    expect(opener(first)).toHaveAttribute("aria-expanded", "false");
    await user.click(opener(first));
    expect(first).toHaveTextContent("None any more");
    expect(screen.getByTestId("confirm-sign")).toHaveTextContent(/^Sign$/);
  });

  it("are unread again on the next visit", async () => {
    const { user } = await stage("ready", HERE);
    await approvalPage();
    await user.click(opener(readers()[0]!));
    expect(readers()[0]).toHaveAttribute("data-read", "true");
    location.hash = release("checklist");
    await screen.findAllByTestId("item-row");
    location.hash = HERE;
    await approvalPage();
    expect(readers()[0]).toHaveAttribute("data-read", "false");
  });

  it("say so where there is none", async () => {
    await stage("checked", HERE);
    await approvalPage();
    expect(screen.getByTestId("no-exceptions")).toBeVisible();
  });

  it("that wait for a decision are shown but need not be read", async () => {
    const host = fakeHost({ scenario: "checked", pace: 1 });
    await host.requestException({ project: "demo", release: "r-240", item: "database.least-privilege", reason: "migrations", compensating_control: "audit log", owner: "Dev", expires_at: "2030-01-01T00:00:00Z" });
    await stage("checked", HERE, host);
    await approvalPage();
    const asked = screen.getByTestId("exception-reader");
    expect(asked).toHaveTextContent("Waits for a decision");
    expect(asked).not.toHaveAttribute("data-read");
    expect(await screen.findByTestId("confirm-sign")).toHaveTextContent(/^Sign$/);
  });
});

describe("signing on the approval page", () => {
  it("shows the exact statement, and afterwards a receipt with the fingerprint in its place", async () => {
    const { user } = await stage("ready", HERE);
    await approvalPage();
    expect(await screen.findByTestId("statement")).toHaveTextContent("As Security I have reviewed release 2.4.0");
    const digest = screen.getByTestId("decision");
    expect(digest).toHaveTextContent(SANA);
    await user.click(opener(readers()[0]!));
    await user.type(screen.getByTestId("passphrase"), PASSPHRASE);
    await user.click(screen.getByTestId("confirm-sign"));
    const receipt = await screen.findByTestId("receipt");
    expect(receipt).toHaveTextContent("Sana Okafor signed as Security.");
    expect(receipt).toHaveTextContent(SANA);
    expect(receipt).toHaveFocus();
    expect(screen.getByTestId("approval")).toContainElement(receipt);
    expect(screen.queryByTestId("passphrase")).toBeNull();
    const security = screen.getAllByTestId("signature").find((each) => each.dataset.role === "security");
    await waitFor(() => expect(security).toHaveAttribute("data-state", "signed"));
  });

  it("passes the machine on to the next one after a signature", async () => {
    const { user } = await stage("ready", HERE);
    await approvalPage();
    await user.click(opener(readers()[0]!));
    await user.type(await screen.findByTestId("passphrase"), PASSPHRASE);
    await user.click(screen.getByTestId("confirm-sign"));
    await screen.findByTestId("receipt");
    await waitFor(() => expect(screen.getAllByTestId("become").map((each) => each.dataset.role)).toEqual(["devops", "management"]));
    await user.click(screen.getAllByTestId("become")[1]!);
    const unlock = await screen.findByTestId("unlock-dialog");
    await user.type(within(unlock).getByTestId("passphrase"), PASSPHRASE);
    await user.click(within(unlock).getByTestId("confirm-unlock"));
    expect(await screen.findByTestId("statement")).toHaveTextContent("As Management");
    await waitFor(() => expect(screen.queryByTestId("unlock-dialog")).toBeNull());
    expect(screen.queryByTestId("receipt"), "the receipt is hers who signed").toBeNull();
    expect(screen.getByTestId("passphrase")).toHaveValue("");
  });

  it("declines only with a comment and the passphrase, also what may not go out", async () => {
    const { user, host } = await stage("checked", HERE);
    await approvalPage();
    const decline = await screen.findByTestId("decline");
    expect(screen.getByTestId("refusal")).toHaveTextContent("Items still block");
    expect(screen.getByTestId("confirm-sign")).toHaveAttribute("aria-disabled", "true");
    await user.type(screen.getByTestId("passphrase"), PASSPHRASE);
    expect(decline).toHaveAttribute("aria-disabled", "true");
    expect(decline).toHaveAttribute("title", "Say in the comment why you decline");
    await user.click(decline);
    expect(sent(host, "signOff")).toHaveLength(0);
    await user.type(screen.getByTestId("sign-comment"), "Redis is open");
    await user.click(decline);
    expect(await screen.findByTestId("receipt")).toHaveTextContent("Sana Okafor declined as Security.");
    expect(sent(host, "signOff")).toEqual([expect.objectContaining({ decision: "decline", comment: "Redis is open", exceptions: [] })]);
  });

  it("refuses a wrong passphrase in place, and keeps what was read", async () => {
    const { user } = await stage("ready", HERE);
    await approvalPage();
    await user.click(opener(readers()[0]!));
    await user.type(await screen.findByTestId("passphrase"), "wrong");
    await user.click(screen.getByTestId("confirm-sign"));
    expect(await screen.findByRole("alert")).toHaveTextContent("not the passphrase");
    expect(screen.getByTestId("passphrase")).toHaveValue("");
    expect(readers()[0]).toHaveAttribute("data-read", "true");
  });

  it("takes the typed role in the place of a passphrase from a key in ssh-agent", async () => {
    const host = fakeHost({ scenario: "ready", pace: 1 });
    const fingerprint = AGENT_KEYS[0]!.fingerprint;
    await host.useAgentKey({ key: fingerprint, owner: "Sana Okafor", email: "sana@demo.invalid" });
    await host.unlock(SANA, PASSPHRASE);
    const key = (await host.status()).keys.find((each) => each.fingerprint === fingerprint);
    await host.enrollMember({ project: "demo", name: "Sana Okafor", email: "sana@demo.invalid", public_key: key?.public_key ?? "", roles: ["security"] });
    await host.unlock(fingerprint, "");
    const { user } = await stage("ready", HERE, host);
    await approvalPage();
    await user.click(opener(readers()[0]!));
    expect(screen.queryByTestId("passphrase")).toBeNull();
    await user.type(await screen.findByTestId("confirmation"), "security");
    await user.click(screen.getByTestId("confirm-sign"));
    await screen.findByTestId("receipt");
    expect(sent(host, "signOff")).toEqual([expect.objectContaining({ confirmed: true, passphrase: "" })]);
  });

  it("asks who signs while nobody is unlocked, then shows that person's statement", async () => {
    const host = fakeHost({ scenario: "ready", pace: 1 });
    await host.lock();
    const { user } = await stage("ready", HERE, host);
    await approvalPage();
    expect(screen.getByTestId("not-mine")).toHaveTextContent("Unlock your key");
    expect(screen.queryByTestId("statement")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Mara Petit for Management" }));
    const unlock = await screen.findByTestId("unlock-dialog");
    await user.type(within(unlock).getByTestId("passphrase"), PASSPHRASE);
    await user.click(within(unlock).getByTestId("confirm-unlock"));
    expect(await screen.findByTestId("statement")).toHaveTextContent("As Management I have reviewed");
    expect(screen.getByTestId("decision")).toHaveTextContent(MARA);
  });

  it("shows the receipt of a signature that stands, and gives it to nobody else", async () => {
    const host = fakeHost({ scenario: "go", pace: 1 });
    const { user } = await stage("go", HERE, host);
    await approvalPage();
    expect(await screen.findByTestId("receipt")).toHaveTextContent("Sana Okafor signed as Security.");
    await host.unlock(MARA, PASSPHRASE);
    await host.attest({ project: "demo", release: "r-240", item: "signoff.documentation", tick: "done", note: "" });
    await waitFor(() => expect(screen.getByTestId("receipt")).toHaveTextContent("Mara Petit signed as Management."));
    await user.click(screen.getByTestId("sign-again"));
    expect(await screen.findByTestId("statement")).toHaveTextContent("As Management");
  });

  it("keeps to the own signature where several people sign for a role", async () => {
    const host: Host = fakeHost({ scenario: "go", pace: 1 });
    const [whole, project] = [host.release.bind(host), host.project.bind(host)];
    host.release = async (of) => {
      const view = await whole(of);
      const [security] = view.gate.signoffs;
      const empty = { ...security!, state: "missing" as const, by: null, fingerprint: null, at: null, event: null, covers: null };
      return { ...view, gate: { ...view.gate, verdict: "ready", signoffs: [empty, empty, ...view.gate.signoffs] } };
    };
    host.project = async (id) => {
      const view = await project(id);
      const second = { name: "Ola Berg", email: "ola@demo.invalid", fingerprint: "SHA256:ola", roles: ["security"], here: true };
      return { ...view, members: [...view.members, second] };
    };
    await stage("go", HERE, host);
    await approvalPage();
    expect(await screen.findByTestId("receipt")).toHaveTextContent("Sana Okafor signed as Security.");
    expect(screen.getAllByTestId("become").map((each) => each.textContent?.trim()), "who has not signed, once").toEqual(["Ola Berg for Security"]);
  });

  it("says when what was just signed does not count any more", async () => {
    const { user, host } = await stage("ready", HERE);
    await approvalPage();
    await user.click(opener(readers()[0]!));
    await user.type(await screen.findByTestId("passphrase"), PASSPHRASE);
    await user.click(screen.getByTestId("confirm-sign"));
    await screen.findByTestId("receipt");
    await host.attest({ project: "demo", release: "r-240", item: "signoff.rollback-tested", tick: "not-done", note: "" });
    await screen.findByText("Something changed after this was signed.");
    await user.click(screen.getByTestId("sign-again"));
    expect(await screen.findByTestId("refusal")).toHaveTextContent("Items still block");
    expect(screen.getByTestId("since-mine")).toHaveTextContent("The rollback plan has been tried");
  });

  it("signs nothing more once it is out", async () => {
    await stage("deployed", HERE);
    await approvalPage();
    expect(screen.getByTestId("verdict")).toHaveTextContent("It is out: Deployed");
    expect(screen.queryByTestId("confirm-sign")).toBeNull();
    expect(screen.queryByTestId("sign-again")).toBeNull();
  });
});
