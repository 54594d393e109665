import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { fakeHost } from "../src/host/fake";
import { card, PASSPHRASE, release, sent, stage } from "./stage";

describe("the gate", () => {
  it.each([
    ["checked", "no-go", "No-go"],
    ["ready", "ready", "Ready"],
    ["go", "go", "Go"],
    ["stale", "no-go", "No-go"],
  ] as const)("says in a word and a reason where %s stands", async (scenario, verdict, word) => {
    await stage(scenario, release());
    const gate = await screen.findByTestId("gate");
    expect(gate).toHaveAttribute("data-verdict", verdict);
    expect(gate).toHaveTextContent(word);
    expect(screen.getByTestId("gate-reason")).not.toBeEmptyDOMElement();
  });

  it("lists what blocks in order, each with its cure", async () => {
    await stage("checked", release("signoff"));
    const blockers = await screen.findAllByTestId("blocker");
    expect(blockers.length).toBeGreaterThan(3);
    for (const blocker of blockers) expect(blocker.querySelector(".cure")).not.toBeEmptyDOMElement();
    expect(blockers[0]).toHaveTextContent("Fix it, then run the check again");
  });
});

describe("signing", () => {
  it("needs every exception acknowledged and the passphrase, then leaves a receipt", async () => {
    const { user, host } = await stage("ready", release("signoff"));
    await screen.findAllByTestId("signoff-card");
    await user.click(within(card("security")).getByTestId("sign-button"));
    const dialog = await screen.findByTestId("sign-dialog");
    expect(within(dialog).getByTestId("statement")).toHaveTextContent("As Security I have reviewed release 2.4.0");
    const sign = within(dialog).getByTestId("confirm-sign");
    await user.type(within(dialog).getByTestId("passphrase"), PASSPHRASE);
    expect(sign, "an exception is not acknowledged").toHaveAttribute("aria-disabled", "true");
    await user.click(sign);
    expect(sent(host, "signOff")).toHaveLength(0);
    for (const box of within(dialog).getAllByTestId("acknowledge")) await user.click(box);
    expect(sign).not.toHaveAttribute("aria-disabled");
    await user.click(sign);
    expect(await within(dialog).findByTestId("receipt")).toHaveTextContent("Sana Okafor signed as Security.");
    expect(sent(host, "signOff")).toEqual([expect.objectContaining({ role: "security", decision: "approve", exceptions: ["ex-1"] })]);
    await user.click(screen.getByTestId("close-receipt"));
    await waitFor(() => expect(card("security")).toHaveAttribute("data-state", "signed"));
  });

  it("refuses a wrong passphrase in place and forgets it", async () => {
    const { user } = await stage("ready", release("signoff"));
    await screen.findAllByTestId("signoff-card");
    await user.click(within(card("security")).getByTestId("sign-button"));
    const dialog = await screen.findByTestId("sign-dialog");
    await user.click(within(dialog).getByTestId("acknowledge"));
    await user.type(within(dialog).getByTestId("passphrase"), "wrong");
    await user.click(within(dialog).getByTestId("confirm-sign"));
    expect(await within(dialog).findByRole("alert")).toHaveTextContent("not the passphrase");
    expect(within(dialog).getByTestId("passphrase")).toHaveValue("");
    expect(card("security")).toHaveAttribute("data-state", "missing");
  });

  it("does not let an unready release be approved, but lets it be declined with a comment", async () => {
    const { user } = await stage("checked", release("signoff"));
    await screen.findAllByTestId("signoff-card");
    await user.click(within(card("security")).getByTestId("sign-button"));
    const dialog = await screen.findByTestId("sign-dialog");
    expect(within(dialog).getByTestId("refusal")).toHaveTextContent("Items still block");
    await user.type(within(dialog).getByTestId("passphrase"), PASSPHRASE);
    expect(within(dialog).getByTestId("confirm-sign")).toHaveAttribute("aria-disabled", "true");
    expect(within(dialog).getByTestId("decline")).toHaveAttribute("aria-disabled", "true");
    await user.type(within(dialog).getByTestId("sign-comment"), "Redis is open");
    await user.click(within(dialog).getByTestId("decline"));
    await within(dialog).findByTestId("receipt");
    expect(card("security")).toHaveAttribute("data-state", "declined");
  });

  it("asks the next person for their passphrase before showing what they would sign", async () => {
    const { user } = await stage("ready", release("signoff"));
    await screen.findAllByTestId("signoff-card");
    await user.click(within(card("devops")).getByRole("button", { name: "Sign as Dev Lindqvist" }));
    const unlock = await screen.findByTestId("unlock-dialog");
    await user.type(within(unlock).getByTestId("passphrase"), PASSPHRASE);
    await user.click(within(unlock).getByTestId("confirm-unlock"));
    const dialog = await screen.findByTestId("sign-dialog");
    expect(dialog).toHaveTextContent("Dev Lindqvist, dev@demo.invalid");
    expect(screen.getByTestId("switch-person")).toHaveTextContent("Dev Lindqvist");
  });

  it("unlocks first when nobody is unlocked, then shows the statement", async () => {
    const host = fakeHost({ scenario: "ready", pace: 1 });
    await host.lock();
    const { user } = await stage("ready", release("signoff"), host);
    await screen.findAllByTestId("signoff-card");
    await user.click(within(card("security")).getByTestId("sign-button"));
    const unlock = await screen.findByTestId("unlock-dialog");
    await user.click(within(unlock).getByTestId("use-demo-passphrase"));
    await user.click(within(unlock).getByTestId("confirm-unlock"));
    expect(await screen.findByTestId("statement")).toBeVisible();
  });

  it("says what changed on a card whose signature is stale", async () => {
    await stage("stale", release("signoff"));
    await screen.findAllByTestId("signoff-card");
    for (const role of ["security", "devops", "management"]) {
      expect(card(role)).toHaveAttribute("data-state", "stale");
      expect(within(card(role)).getByTestId("changes")).toHaveTextContent("PING without a password, or with a wrong one, is refused");
    }
  });
});
