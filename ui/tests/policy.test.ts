import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { sent, stage } from "./stage";

/** The project's page of the demo, as Sana, who is admin and Security. */
async function page() {
  const staged = await stage("demo", "#/p/demo");
  await screen.findByTestId("project");
  return staged;
}

const box = (id: string, role: string) => screen.getAllByTestId(id).find((each) => each.dataset.role === role)!;

describe("the policy", () => {
  it("is shown rule by rule, and a change of it waits for the roles that sign", async () => {
    const { user, host } = await page();
    const rules = () => screen.getAllByTestId("policy-rule").map((each) => each.textContent);
    expect(rules()).toContain("signed by Security, DevOps, Management");
    await user.click(screen.getByTestId("change-policy"));
    await screen.findByTestId("policy-dialog");
    const people = box("policy-people", "security");
    await user.clear(people);
    await user.type(people, "2");
    await user.click(screen.getByTestId("policy-limited"));
    const hours = screen.getByTestId("policy-freshness");
    await user.clear(hours);
    await user.type(hours, "12");
    await user.type(screen.getByTestId("policy-note"), "As agreed on Monday");
    await user.click(screen.getByTestId("confirm-policy"));
    const proposal = await screen.findByTestId("proposal");
    expect(proposal).toHaveTextContent("Policy: signed by 2 of Security, DevOps, Management; no check counts after 12 h");
    expect(proposal).toHaveTextContent("As agreed on Monday");
    expect(sent(host, "setPolicy")).toEqual([expect.objectContaining({ signers: { security: 2 }, freshness_hours: 12, required_roles: ["security", "devops", "management"] })]);
    expect(rules(), "nobody has consented").not.toContain("no check counts after 12 h");
  });

  it("does not take what makes no sense, and says why", async () => {
    const { user, host } = await page();
    await user.click(screen.getByTestId("change-policy"));
    const dialog = await screen.findByTestId("policy-dialog");
    for (const role of ["security", "devops", "management"]) {
      await user.clear(box("policy-people", role));
      await user.type(box("policy-people", role), "0");
    }
    expect(dialog).toHaveTextContent("At least one role must sign");
    await user.clear(box("policy-people", "security"));
    await user.type(box("policy-people", "security"), "21");
    expect(dialog).toHaveTextContent("From 0 to 20 people");
    await user.clear(box("policy-people", "security"));
    await user.type(box("policy-people", "security"), "1");
    if (!(screen.getByTestId("policy-urgent") as HTMLInputElement).checked) await user.click(screen.getByTestId("policy-urgent"));
    expect(dialog).toHaveTextContent("Choose who must sign in an emergency");
    await user.click(screen.getByTestId("confirm-policy"));
    expect(sent(host, "setPolicy")).toHaveLength(0);
    await user.click(box("policy-urgent-role", "security"));
    expect(screen.getByTestId("confirm-policy")).not.toHaveAttribute("aria-disabled");
  });
});

describe("leaving the roster", () => {
  it("is refused while nobody else could sign, and says so in place", async () => {
    const { user } = await page();
    const row = screen.getAllByTestId("member").find((each) => /Dev Lindqvist/.test(each.textContent ?? ""))!;
    await user.click(within(row).getByRole("button", { name: "Remove Dev Lindqvist" }));
    const dialog = await screen.findByTestId("remove-dialog");
    await user.click(screen.getByTestId("confirm-remove"));
    await waitFor(() => expect(dialog).toHaveTextContent("nobody on the roster could sign for devops"));
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByTestId("remove-dialog")).toBeNull());
    expect(screen.getAllByTestId("member")).toHaveLength(3);
  });

  it("takes out somebody whom nobody needs", async () => {
    const { user, host } = await page();
    await host.enrollMember({ project: "demo", name: "Otto", email: "otto@example.test", public_key: "ssh-ed25519 AAAA", roles: ["auditor"], note: "" });
    await waitFor(() => expect(screen.getAllByTestId("member")).toHaveLength(4));
    const otto = screen.getAllByTestId("member").find((each) => /Otto/.test(each.textContent ?? ""))!;
    await user.click(within(otto).getByTestId("remove-member"));
    await user.type(await screen.findByTestId("remove-note"), "He left");
    await user.click(screen.getByTestId("confirm-remove"));
    await waitFor(() => expect(screen.getAllByTestId("member")).toHaveLength(3));
    expect(sent(host, "removeMember")).toEqual([expect.objectContaining({ note: "He left" })]);
  });
});
