import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { fakeHost } from "../src/host/fake";
import { AGENT_KEYS, KEYS, PASSPHRASE } from "../src/host/fake/people";
import { Failure, type Host } from "../src/host/host";
import { card, release, sent, stage } from "./stage";

const [PLAIN, TOUCH] = AGENT_KEYS.map((key) => key.fingerprint) as [string, string, string];

/** Sana signs with a key that lives in ssh-agent. */
async function ready(fingerprint: string) {
  const host = fakeHost({ scenario: "ready", pace: 1 });
  await host.useAgentKey({ key: fingerprint, owner: "Sana Okafor", email: "sana@demo.invalid" });
  // With the key that she has on the roster she consents for Security.
  await host.unlock(KEYS[0]?.fingerprint ?? "", PASSPHRASE);
  const key = (await host.status()).keys.find((each) => each.fingerprint === fingerprint);
  await host.enrollMember({ project: "demo", name: "Sana Okafor", email: "sana@demo.invalid", public_key: key?.public_key ?? "", roles: ["security"] });
  await host.unlock(fingerprint, "");
  return stage("ready", release("signoff"), host);
}

async function dialog(user: Awaited<ReturnType<typeof stage>>["user"]) {
  await screen.findAllByTestId("signoff-card");
  await user.click(within(card("security")).getByTestId("sign-button"));
  const found = await screen.findByTestId("sign-dialog");
  for (const box of within(found).queryAllByTestId("acknowledge")) await user.click(box);
  return within(found);
}

describe("a key in ssh-agent", () => {
  it("is chosen from what the agent offers, and its owner is signed in with it", async () => {
    const { user, host } = await stage("first-run");
    await user.click(screen.getByTestId("begin-key"));
    await user.click(screen.getByRole("radio", { name: "Use a key from ssh-agent" }));
    const offered = await screen.findAllByTestId("agent-key");
    expect(offered).toHaveLength(3);
    expect(offered[2]).toHaveTextContent("Of a type that cannot sign here");
    expect(within(offered[2] as HTMLElement).getByRole("radio")).toBeDisabled();
    const use = screen.getByTestId("use-agent-key");
    expect(use, "none is chosen").toHaveAttribute("aria-disabled", "true");
    await user.click(within(offered[0] as HTMLElement).getByRole("radio"));
    await user.type(screen.getByTestId("agent-owner"), "Ana");
    await user.type(screen.getByTestId("agent-email"), "ana@example.test");
    await user.click(use);
    await waitFor(() => expect(screen.getByTestId("switch-person")).toHaveTextContent("Ana"));
    expect(sent(host, "useAgentKey")).toEqual([{ key: PLAIN, owner: "Ana", email: "ana@example.test" }]);
    expect(sent(host, "unlock")).toEqual([{ fingerprint: PLAIN }]);
  });

  it("says what to do when there is no agent, and looks again", async () => {
    const host: Host = fakeHost({ scenario: "first-run", pace: 1 });
    const agentKeys = host.agentKeys.bind(host);
    let down = true;
    host.agentKeys = () => (down ? Promise.reject(new Failure({ code: "no-agent", message: "No agent is known here.", hint: "Start one." })) : agentKeys());
    const { user } = await stage("first-run", "#/board", host);
    await user.click(screen.getByTestId("begin-key"));
    await user.click(screen.getByTestId("new-agent"));
    expect(await screen.findByRole("alert")).toHaveTextContent("No agent is known here.");
    down = false;
    await user.click(screen.getByTestId("agent-look"));
    expect(await screen.findAllByTestId("agent-key")).toHaveLength(3);
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("stays on this machine when the agent then does not sign, and the form says why", async () => {
    const host: Host = fakeHost({ scenario: "first-run", pace: 1 });
    host.unlock = () => Promise.reject(new Failure({ code: "agent-refused", message: "The ssh-agent refused to sign.", hint: "Confirm when it asks." }));
    const { user } = await stage("first-run", "#/board", host);
    await user.click(screen.getByTestId("begin-key"));
    await user.click(screen.getByTestId("new-agent"));
    const offered = await screen.findAllByTestId("agent-key");
    await user.click(within(offered[1] as HTMLElement).getByRole("radio"));
    await user.type(screen.getByTestId("agent-owner"), "Ana");
    await user.type(screen.getByTestId("agent-email"), "ana@example.test");
    await user.click(screen.getByTestId("use-agent-key"));
    expect(await screen.findByRole("alert")).toHaveTextContent("refused to sign");
    await waitFor(() => expect(screen.getAllByTestId("agent-key")[1]).toHaveTextContent("Used here already, as key-1"));
    expect(screen.getByTestId("switch-person")).toHaveTextContent("Locked");
  });

  it("is signed in with without a passphrase", async () => {
    const host = fakeHost({ scenario: "checked", pace: 1 });
    await host.useAgentKey({ key: PLAIN, owner: "Ana", email: "ana@example.test" });
    const { user } = await stage("checked", "#/board", host);
    await user.click(screen.getByTestId("switch-person"));
    const ana = (await screen.findAllByTestId("person")).find((each) => each.textContent?.includes("Ana"));
    expect(ana).toHaveTextContent("in ssh-agent");
    await user.click(ana as HTMLElement);
    const unlock = await screen.findByTestId("unlock-dialog");
    expect(within(unlock).queryByTestId("passphrase")).toBeNull();
    expect(within(unlock).getByTestId("unlock-agent")).toHaveTextContent("No passphrase is asked for");
    await user.click(within(unlock).getByTestId("confirm-unlock"));
    await waitFor(() => expect(screen.getByTestId("switch-person")).toHaveTextContent("Ana"));
  });

  it("signs off once its owner typed the role, and never without", async () => {
    const { user, host } = await ready(PLAIN);
    const sign = await dialog(user);
    expect(sign.queryByTestId("passphrase")).toBeNull();
    expect(sign.getByTestId("statement")).toHaveTextContent("As Security I have reviewed release 2.4.0");
    const confirmation = sign.getByRole("textbox", { name: "Type security to confirm" });
    expect(confirmation).toHaveAccessibleDescription(/nothing shows that it asked you/);
    const button = sign.getByTestId("confirm-sign");
    for (const typed of ["", "devops", "secur"]) {
      await user.clear(confirmation);
      if (typed) await user.type(confirmation, typed);
      expect(button).toHaveAttribute("aria-disabled", "true");
      await user.click(button);
    }
    expect(sent(host, "signOff")).toHaveLength(0);
    await user.clear(confirmation);
    await user.type(confirmation, "Security");
    await user.click(button);
    expect(await sign.findByTestId("receipt")).toHaveTextContent("Sana Okafor signed as Security.");
    expect(sent(host, "signOff")).toEqual([expect.objectContaining({ confirmed: true, passphrase: "" })]);
  });

  it("asks for a touch where it is a security key", async () => {
    const { user } = await ready(TOUCH);
    const sign = await dialog(user);
    expect(sign.getByTestId("confirmation")).toHaveAccessibleDescription(/touch it when it blinks/);
  });

  it("shows the agent's refusal in place, and nothing is signed", async () => {
    const { user, host } = await ready(PLAIN);
    host.signOff = () => Promise.reject(new Failure({ code: "agent-refused", message: "The ssh-agent refused to sign.", hint: "Confirm when it asks." }));
    const sign = await dialog(user);
    await user.type(sign.getByTestId("confirmation"), "security");
    await user.click(sign.getByTestId("confirm-sign"));
    expect(await sign.findByRole("alert")).toHaveTextContent("refused to sign");
    expect(sign.getByTestId("confirmation")).toHaveValue("");
    expect(card("security")).toHaveAttribute("data-state", "missing");
  });
});
