import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { fakeHost } from "../src/host/fake";
import { sent, stage } from "./stage";

type User = Awaited<ReturnType<typeof stage>>["user"];

/** A dialog that has closed gives the pointer back a moment later. */
const released = () => waitFor(() => expect(document.body.style.pointerEvents).not.toBe("none"));

/** Somebody of the demo signs in by the menu. */
async function become(user: User, name: string) {
  await released();
  await user.click(screen.getByTestId("switch-person"));
  const people = await screen.findAllByTestId("person");
  await user.click(people.find((each) => each.textContent?.includes(name))!);
  await user.click(await screen.findByTestId("use-demo-passphrase"));
  await user.click(screen.getByTestId("confirm-unlock"));
  await waitFor(() => expect(screen.getByTestId("switch-person")).toHaveTextContent(name));
  await released();
}

/** An admin who speaks for Security asks for a second DevOps. */
async function proposed() {
  const { user, host } = await stage("checked", "#/p/demo");
  await user.click(await screen.findByTestId("enroll"));
  await user.type(await screen.findByTestId("enroll-name"), "Ola");
  await user.type(screen.getByTestId("enroll-email"), "ola@example.test");
  await user.type(screen.getByTestId("enroll-public-key"), "ssh-ed25519 AAAA");
  const role = (code: string) => screen.getAllByTestId("enroll-role").find((each) => each.dataset.role === code)!;
  await user.click(role("security"));
  await user.click(role("devops"));
  await user.click(screen.getByTestId("confirm-enroll"));
  const card = await screen.findByTestId("proposal");
  await released();
  return { user, host, card };
}

const consents = () => screen.getAllByTestId("consent").map((each) => `${each.dataset.role} ${each.dataset.given}`);

describe("a change of the roster that touches a role of others", () => {
  it("becomes a proposal, says so, and enrolls nobody", async () => {
    const { card } = await proposed();
    expect(await screen.findByTestId("toast")).toHaveTextContent("It needs the consent of DevOps");
    expect(card).toHaveTextContent("Enroll Ola <ola@example.test> as Security, DevOps");
    expect(consents()).toEqual(["security true", "devops false"]);
    expect(screen.getAllByTestId("member")).toHaveLength(3);
  });

  it("cannot be consented to by who holds no role that is waited for", async () => {
    const { user, host } = await proposed();
    const approve = screen.getByTestId("approve-change");
    expect(approve).toHaveAttribute("aria-disabled", "true");
    expect(screen.getByTestId("proposal")).toHaveTextContent("Waits for DevOps");
    await user.click(approve);
    expect(sent(host, "decideChange")).toEqual([]);
  });

  it("is made when the last role consents", async () => {
    const { user, host } = await proposed();
    await become(user, "Dev Lindqvist");
    await user.type(screen.getByTestId("proposal-note"), "Welcome");
    await user.click(screen.getByTestId("approve-change"));
    await waitFor(() => expect(screen.queryByTestId("proposal")).toBeNull());
    expect(screen.getAllByTestId("member")).toHaveLength(4);
    expect(sent(host, "decideChange")).toEqual([expect.objectContaining({ approve: true, role: null, note: "Welcome" })]);
  });

  it("is refused by one of them, and then nobody was enrolled", async () => {
    const { user } = await proposed();
    await become(user, "Dev Lindqvist");
    await user.click(within(screen.getByTestId("proposal")).getByTestId("reject-change"));
    await waitFor(() => expect(screen.queryByTestId("proposal")).toBeNull());
    expect(screen.getAllByTestId("member")).toHaveLength(3);
  });

  it("is taken back by its admin", async () => {
    const { user, host } = await proposed();
    const back = screen.getByTestId("reject-change");
    expect(back).toHaveTextContent("Take back");
    await user.click(back);
    await waitFor(() => expect(screen.queryByTestId("proposal")).toBeNull());
    expect(sent(host, "decideChange")).toEqual([expect.objectContaining({ approve: false, role: "admin" })]);
  });
});

it("says which changes of the roster did not know of one another", async () => {
  const host = fakeHost({ scenario: "checked", pace: 1 });
  const project = host.project;
  host.project = async (id) => ({ ...(await project(id)), apart: ["Sana Okafor enrolled Eve as DevOps"] });
  await stage("checked", "#/p/demo", host);
  expect(await screen.findByTestId("apart")).toHaveTextContent("Sana Okafor enrolled Eve as DevOps");
});
