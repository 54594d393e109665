import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { fakeHost } from "../src/host/fake";
import { KEYS } from "../src/host/fake/people";
import { card, PASSPHRASE, release, sent, stage } from "./stage";

/** Dev Lindqvist, who holds DevOps, at a release with nothing missing but signatures. */
async function atWork(tab: string) {
  const host = fakeHost({ scenario: "ready", pace: 1 });
  await host.unlock(KEYS[1]?.fingerprint ?? "", PASSPHRASE);
  return stage("ready", release(tab), host);
}

const REASON = "The queue is stuck";
const REF = { project: "demo", release: "r-240" };

describe("an emergency", () => {
  it("is declared with a reason, goes out on its own roles, and owes the others", async () => {
    const { user, host } = await atWork("deployment");
    await user.click(await screen.findByTestId("begin-emergency"));
    const declare = screen.getByTestId("confirm-emergency");
    expect(declare, "no reason yet").toHaveAttribute("aria-disabled", "true");
    await user.type(screen.getByTestId("emergency-reason"), REASON);
    await user.click(declare);
    expect(await screen.findByTestId("emergency")).toHaveTextContent(`Emergency, declared by Dev Lindqvist ${REASON}`);
    expect(sent(host, "declareEmergency")).toEqual([{ ...REF, reason: REASON, withdraw: false }]);

    location.hash = release("signoff");
    await screen.findAllByTestId("signoff-card");
    expect(within(card("management")).getByTestId("signoff-later")).toHaveTextContent("it looks afterwards");
    expect(within(card("devops")).queryByTestId("signoff-later")).toBeNull();
    await user.click(within(card("devops")).getByTestId("sign-button"));
    const dialog = await screen.findByTestId("sign-dialog");
    for (const box of within(dialog).getAllByTestId("acknowledge")) await user.click(box);
    await user.type(within(dialog).getByTestId("passphrase"), PASSPHRASE);
    await user.click(within(dialog).getByTestId("confirm-sign"));
    await user.click(await screen.findByTestId("close-receipt"));
    await waitFor(() => expect(screen.getByTestId("gate-reason")).toHaveTextContent("that an emergency needs is current"));

    await host.recordDeployment({ ...REF, deployed_at: null, deployed_by: KEYS[1]?.fingerprint ?? "", verified_by: KEYS[2]?.fingerprint ?? "", reference: "" });
    await waitFor(() => expect(screen.getByTestId("emergency-owed")).toHaveTextContent("Owes the word of Security, Management"));
    expect(within(card("security")).getByTestId("signoff-later")).toHaveTextContent("Security looks at it now");
    expect(within(card("security")).getByTestId("sign-button")).not.toHaveAttribute("aria-disabled");
    location.hash = "#/board";
    expect(await screen.findByTestId("release-row")).toHaveTextContent("Owed: Owes Security, Management");
    location.hash = release("deployment");
    await waitFor(() => expect(screen.getByTestId("close-release")).toHaveAttribute("aria-disabled", "true"));
    expect(screen.getAllByTestId("blocker").some((each) => /Management has not looked/.test(each.textContent ?? ""))).toBe(true);
  });

  it("makes what was signed before stale, and again when it is withdrawn", async () => {
    const host = fakeHost({ scenario: "go", pace: 1 });
    await host.unlock(KEYS[1]?.fingerprint ?? "", PASSPHRASE);
    const { user } = await stage("go", release("signoff"), host);
    await screen.findAllByTestId("signoff-card");
    expect(card("security")).toHaveAttribute("data-state", "signed");
    await host.declareEmergency({ ...REF, reason: REASON, withdraw: false });
    await waitFor(() => expect(card("security")).toHaveAttribute("data-state", "stale"));
    expect(within(card("security")).getByTestId("changes")).toHaveTextContent(REASON);
    location.hash = release("deployment");
    await user.click(await screen.findByTestId("begin-emergency"));
    await user.type(screen.getByTestId("emergency-reason"), "It can wait");
    await user.click(screen.getByTestId("confirm-emergency"));
    await waitFor(() => expect(screen.queryByTestId("emergency")).toBeNull());
    expect(sent(host, "declareEmergency").at(-1)).toEqual({ ...REF, reason: "It can wait", withdraw: true });
  });

  it("asks for the passphrase of somebody who may declare it", async () => {
    const { user } = await stage("ready", release("deployment"));
    await user.click(await screen.findByTestId("begin-emergency"));
    await user.type(screen.getByTestId("emergency-reason"), REASON);
    expect(screen.getByTestId("confirm-emergency")).toHaveTextContent("as Dev Lindqvist");
    await user.click(screen.getByTestId("confirm-emergency"));
    const unlock = await screen.findByTestId("unlock-dialog");
    await user.type(within(unlock).getByTestId("passphrase"), PASSPHRASE);
    await user.click(within(unlock).getByTestId("confirm-unlock"));
    expect(await screen.findByTestId("emergency")).toHaveTextContent("Dev Lindqvist");
  });
});

describe("what an emergency owes", () => {
  it("is late in words, leads there from the board, and is signed on the approval page", async () => {
    const { user, host } = await stage("emergency", "#/board");
    const row = await screen.findByTestId("release-row");
    expect(row).toHaveTextContent("Your turn");
    expect(row).toHaveTextContent("Overdue: Owes Security, Management");
    await user.click(row);
    await screen.findByTestId("approval");
    expect(screen.getByTestId("emergency")).toHaveAttribute("data-overdue", "true");
    expect(screen.getByTestId("emergency-owed")).toHaveTextContent("Overdue since");
    const decision = await screen.findByTestId("decision");
    await within(decision).findByTestId("statement");
    for (const exception of screen.getAllByTestId("open-exception")) await user.click(exception);
    await user.type(within(decision).getByTestId("passphrase"), PASSPHRASE);
    await user.click(within(decision).getByTestId("confirm-sign"));
    expect(await within(decision).findByTestId("receipt")).toHaveTextContent("Sana Okafor signed as Security.");
    expect(sent(host, "signOff")).toHaveLength(1);
    await waitFor(() => expect(screen.getByTestId("emergency-owed")).toHaveTextContent("Owes the word of Management"));
  });

  it("stands where the path to Go stood, with whose turn it is", async () => {
    await stage("emergency", release("signoff"));
    await screen.findByText("Owed after the emergency");
    expect(screen.getAllByTestId("blocker").map((each) => /[A-Za-z]+/.exec(each.textContent ?? "")?.[0])).toEqual(["Security", "Management"]);
    expect(screen.queryByText("Nothing is missing.")).toBeNull();
  });

  it("is nothing for whoever signed before it went out", async () => {
    const host = fakeHost({ scenario: "emergency", pace: 1 });
    await host.unlock(KEYS[1]?.fingerprint ?? "", PASSPHRASE);
    await stage("emergency", release("approve"), host);
    const decision = await screen.findByTestId("decision");
    await within(decision).findByTestId("receipt");
    expect(within(decision).queryByTestId("sign-again")).toBeNull();
    expect(within(decision).queryByTestId("confirm-sign")).toBeNull();
  });
});

describe("several signers", () => {
  it("each have a card, and whoever has signed is not asked again", async () => {
    const host = fakeHost({ scenario: "go", pace: 1 });
    const plain = host.release.bind(host);
    // Security takes two, of whom one has signed.
    host.release = async (of) => {
      const view = await plain(of);
      const [first, ...rest] = view.gate.signoffs;
      if (!first) throw new Error("no sign-off");
      const empty = { ...first, seat: 2, people: 2, state: "missing" as const, by: null, at: null, fingerprint: null, meaning: "", comment: "", covers: null, event: null, changes: [] };
      const roles = view.row.roles.map((each) => (each.role === "security" ? { ...each, signed: 1, people: 2 } : each));
      return { ...view, row: { ...view.row, roles }, gate: { ...view.gate, signoffs: [{ ...first, people: 2 }, empty, ...rest] } };
    };
    await stage("go", release("signoff"), host);
    const cards = (await screen.findAllByTestId("signoff-card")).filter((each) => each.dataset.role === "security");
    expect(cards.map((each) => within(each).getByRole("heading").textContent)).toEqual(["Security 1 of 2", "Security 2 of 2"]);
    expect(within(cards[1]!).getByTestId("sign-button"), "Sana has signed").toHaveAttribute("aria-disabled", "true");
    expect(document.querySelector(".lights")).toHaveTextContent("Security 1/2");
  });
});
