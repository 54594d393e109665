import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { fakeHost } from "../src/host/fake";
import { Failure } from "../src/host/host";
import { release, sent, stage } from "./stage";

describe("the first start", () => {
  it("opens the demo's release and starts its check with one button", async () => {
    const { user, host } = await stage("first-run");
    expect(screen.getByTestId("welcome")).toBeVisible();
    await user.click(screen.getByTestId("start-demo"));
    expect(await screen.findByTestId("demo-banner")).toBeVisible();
    await screen.findByTestId("release");
    await waitFor(() => expect(sent(host, "startCheck")).toEqual([expect.objectContaining({ release: "r-240", items: [] })]));
  });

  it("makes a key, then a project from the filled sample", async () => {
    const { user } = await stage("first-run");
    await user.click(screen.getByTestId("begin-key"));
    await user.type(screen.getByTestId("key-owner"), "Ana");
    await user.type(screen.getByTestId("key-email"), "ana@example.test");
    await user.type(screen.getByTestId("passphrase"), "a long passphrase");
    await user.type(screen.getByTestId("passphrase-again"), "another");
    expect(screen.getByText("The two passphrases differ")).toBeVisible();
    expect(screen.getByTestId("create-key")).toHaveAttribute("aria-disabled", "true");
    await user.clear(screen.getByTestId("passphrase-again"));
    await user.type(screen.getByTestId("passphrase-again"), "a long passphrase");
    await user.click(screen.getByTestId("create-key"));
    await user.click(await screen.findByTestId("create-project"));
    expect(await screen.findByTestId("project")).toBeVisible();
    expect(screen.getByTestId("member")).toHaveTextContent("Ana");
  });
});

describe("the board", () => {
  it("shows each release with gate, score and roles in words, and opens it", async () => {
    const { user } = await stage("checked");
    const line = await screen.findByTestId("release-row");
    expect(line).toHaveAttribute("data-verdict", "no-go");
    expect(line).toHaveTextContent("No-go");
    expect(line).toHaveTextContent("Security");
    await user.click(line);
    expect(await screen.findByTestId("release")).toBeVisible();
  });

  it("opens a release from the dialog", async () => {
    const { user } = await stage("checked");
    await user.click(await screen.findByTestId("open-release"));
    const dialog = await screen.findByTestId("open-dialog");
    await waitFor(() => expect(within(dialog).getByTestId("open-environment")).toHaveValue("demo"));
    await user.type(within(dialog).getByTestId("open-version"), "2.4.1");
    await user.click(within(dialog).getByTestId("confirm-open"));
    await waitFor(() => expect(location.hash).toContain("2.4.1"));
  });

  it("says what went wrong when the ledger cannot be read, and tries again", async () => {
    const host = fakeHost({ scenario: "checked" });
    let down = true;
    const board = host.board.bind(host);
    host.board = () => (down ? Promise.reject(new Failure({ code: "io", message: "The ledger cannot be read.", hint: "Check the disk." })) : board());
    location.hash = "#/board";
    const { render } = await import("@testing-library/svelte");
    const { default: App } = await import("../src/App.svelte");
    const { default: userEvent } = await import("@testing-library/user-event");
    render(App, { host });
    expect(await screen.findByText("The ledger cannot be read.")).toBeVisible();
    down = false;
    await userEvent.setup().click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByTestId("board")).toBeVisible();
  });
});

describe("the deployment", () => {
  it("cannot be recorded before Go, and says why", async () => {
    await stage("ready", release("deployment"));
    expect(await screen.findByTestId("deployment-lock")).toHaveTextContent("Nothing is missing but 3 signatures");
    expect(screen.getByTestId("record-deployment")).toHaveAttribute("aria-disabled", "true");
  });

  it("is recorded by one and verified by another, never the same", async () => {
    const { user, host } = await stage("go", release("deployment"));
    const by = await screen.findByTestId("deployed-by");
    await waitFor(() => expect(within(by).getAllByRole("option").length).toBe(4));
    await user.selectOptions(by, screen.getAllByRole("option", { name: /Dev Lindqvist/ })[0]!);
    const verifier = screen.getByTestId("verified-by");
    await user.selectOptions(verifier, within(verifier).getByRole("option", { name: /Dev Lindqvist/ }));
    expect(screen.getByTestId("record-deployment")).toHaveAttribute("aria-disabled", "true");
    expect(screen.getAllByText("The one who deploys cannot verify").length).toBeGreaterThan(0);
    await user.selectOptions(verifier, within(verifier).getByRole("option", { name: /Sana Okafor/ }));
    expect(screen.getByTestId("record-deployment")).toHaveTextContent("Record as Dev Lindqvist");
    await user.click(screen.getByTestId("record-deployment"));
    await user.click(await screen.findByTestId("use-demo-passphrase"));
    await user.click(screen.getByTestId("confirm-unlock"));
    expect(await screen.findByTestId("deployment")).toHaveTextContent("Dev Lindqvist");
    expect(sent(host, "recordDeployment")).toHaveLength(1);
    await user.click(screen.getByTestId("verify-deployment"));
    await user.click(await screen.findByTestId("use-demo-passphrase"));
    await user.click(screen.getByTestId("confirm-unlock"));
    await waitFor(() => expect(screen.queryByTestId("verify-deployment")).toBeNull());
  });

  it("shows the path of the bundle that was written", async () => {
    const { user } = await stage("go", release("deployment"));
    await user.click(await screen.findByTestId("export-bundle"));
    expect(await screen.findByTestId("bundle-path")).toHaveTextContent("demo-2.4.0.zip");
  });

  it("writes the record in the formats of others, and says which", async () => {
    const { user } = await stage("go", release("deployment"));
    for (const [name, ending] of [["PDF", ".pdf"], ["OSCAL", ".oscal.json"], ["HDF", ".hdf.json"]] as const) {
      await user.click(await screen.findByRole("button", { name }));
      expect(await screen.findByText(`${name} written`)).toBeVisible();
      expect(screen.getByTestId("bundle-path")).toHaveTextContent(`demo-2.4.0${ending}`);
    }
  });
});

describe("the timeline and the project", () => {
  it("shows a refused attempt as refused, with the reason", async () => {
    await stage("checked", "#/p/demo/timeline");
    const events = await screen.findAllByTestId("event");
    const refused = events.filter((each) => each.dataset.refused === "true");
    expect(refused).toHaveLength(1);
    expect(refused[0]).toHaveTextContent("Refused");
    expect(refused[0]).toHaveTextContent("The gate says No-go");
  });

  it("says of each secret reference whether a value is there, never the value", async () => {
    await stage("checked", "#/p/demo");
    const secrets = await screen.findAllByTestId("secret");
    expect(secrets.map((each) => each.dataset.found)).toEqual(["true", "true", "false"]);
    expect(secrets[2]).toHaveTextContent("Missing");
  });

  it("gives a member another role without asking for the key again", async () => {
    const { user } = await stage("checked", "#/p/demo");
    await user.click((await screen.findAllByTestId("change-roles"))[1]!);
    const dialog = await screen.findByTestId("enroll-dialog");
    await waitFor(() => expect(within(dialog).getByTestId("enroll-name")).toHaveValue("Dev Lindqvist"));
    const boxes = within(dialog).getAllByTestId("enroll-role");
    expect(boxes.filter((each) => (each as HTMLInputElement).checked).map((each) => each.dataset.role)).toEqual(["devops"]);
    await user.click(boxes[3]!);
    await user.click(within(dialog).getByTestId("confirm-enroll"));
    await waitFor(() => expect(screen.getAllByTestId("member").some((each) => /Dev Lindqvist[\s\S]*DevOps\s*Admin/.test(each.textContent ?? ""))).toBe(true));
  });

  it("repairs the demo target's faults when asked, and says what to do next", async () => {
    const { user, host } = await stage("checked", "#/p/demo");
    await user.click(await screen.findByTestId("demo-target"));
    await user.click(await screen.findByTestId("repair-demo"));
    expect(await screen.findByTestId("toast")).toHaveTextContent("Run the checks again");
    expect(sent(host, "setDemoFaults")).toEqual([false]);
  });

  it("enrolls a person with a role", async () => {
    const { user } = await stage("checked", "#/p/demo");
    await user.click(await screen.findByTestId("enroll"));
    await user.type(await screen.findByTestId("enroll-name"), "Ola");
    await user.type(screen.getByTestId("enroll-email"), "ola@example.test");
    await user.type(screen.getByTestId("enroll-public-key"), "ssh-ed25519 AAAA");
    expect(screen.getByTestId("confirm-enroll")).toHaveAttribute("aria-disabled", "true");
    await user.click(screen.getAllByTestId("enroll-role")[4]!);
    await user.click(screen.getByTestId("confirm-enroll"));
    await waitFor(() => expect(screen.getAllByTestId("member")).toHaveLength(4));
  });
});
