import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { fakeHost } from "../src/host/fake";
import { Failure } from "../src/host/host";
import { PASSPHRASE, release, row, sent, stage } from "./stage";

describe("the checklist", () => {
  it("shows outcomes one after the other while a run is under way, and the end in the gate", async () => {
    const host = fakeHost({ scenario: "demo", pace: 15 });
    const { user } = await stage("demo", release(), host);
    await screen.findByTestId("run-checks");
    expect(row("redis-auth.ping-without-password")).toHaveAttribute("data-outcome", "not-run");
    await user.click(screen.getByTestId("run-checks"));
    await waitFor(() => expect(document.querySelector('[data-outcome="running"]')).toBeTruthy());
    await waitFor(() => expect(row("secrets.jwt-secret")).toHaveAttribute("data-outcome", "fail"));
    expect(row("tests.unit"), "a later item has no verdict yet").toHaveAttribute("data-outcome", "not-run");
    expect(screen.getByTestId("cancel-check")).toBeVisible();
    await waitFor(() => expect(screen.getByTestId("run-checks")).toBeVisible(), { timeout: 15_000 });
    expect(row("redis-auth.ping-without-password")).toHaveAttribute("data-outcome", "fail");
    expect(row("tests.unit")).toHaveAttribute("data-outcome", "pass");
    expect(screen.getByTestId("gate-reason").textContent).toMatch(/items block/);
  });

  it("keeps what was seen when a run is cancelled", async () => {
    const host = fakeHost({ scenario: "demo", pace: 20 });
    const { user } = await stage("demo", release(), host);
    await user.click(await screen.findByTestId("run-checks"));
    await waitFor(() => expect(row("secrets.jwt-secret")).toHaveAttribute("data-outcome", "fail"));
    await user.click(screen.getByTestId("cancel-check"));
    await screen.findByTestId("run-checks");
    expect(row("secrets.jwt-secret")).toHaveAttribute("data-outcome", "fail");
    expect(row("tests.unit")).toHaveAttribute("data-outcome", "not-run");
    expect(document.querySelector('[data-outcome="running"]')).toBeNull();
  });

  it("never shows an inconclusive verdict as a pass", async () => {
    await stage("checked", release("checklist", "redis-hardening.commands"));
    const line = await waitFor(() => row("redis-hardening.commands"));
    expect(line).toHaveAttribute("data-outcome", "inconclusive");
    expect(within(line).getByText("Inconclusive")).toBeVisible();
    expect(within(line).queryByText("Pass")).toBeNull();
    expect(line.querySelector('[data-tone="pass"]'), "no part of the row has the colour of a pass").toBeNull();
    expect(line.querySelector('.dashed[data-tone="doubt"]')).toBeTruthy();
    const finding = await screen.findByTestId("finding");
    expect(finding.querySelector('[data-tone="pass"]')).toBeNull();
    expect(finding).toHaveTextContent("timed out");
  });

  it("filters to the inconclusive items, and says when nothing fits", async () => {
    const { user } = await stage("checked", release());
    await user.click(await screen.findByTestId("filter-inconclusive"));
    const outcomes = screen.getAllByTestId("item-row").map((each) => each.dataset.outcome);
    expect(new Set(outcomes)).toEqual(new Set(["inconclusive"]));
    await user.type(screen.getByTestId("item-search"), "no such thing");
    expect(screen.queryAllByTestId("item-row")).toHaveLength(0);
    expect(screen.getByText("Nothing matches")).toBeVisible();
  });

  it("can be walked and ticked by keyboard alone", async () => {
    const { user, host } = await stage("checked", release());
    await waitFor(() => row("secrets.jwt-secret"));
    await user.keyboard("j");
    expect(row("secrets.jwt-secret")).toHaveFocus();
    await user.keyboard("jjj");
    expect(row("secrets.outside-code")).toHaveFocus();
    expect(document.querySelectorAll('[data-testid="item-row"][tabindex="0"]'), "one row is in the tab order").toHaveLength(1);
    await user.keyboard("{Enter}");
    await screen.findByTestId("tick-done");
    await user.keyboard("t");
    await waitFor(() => expect(screen.getByTestId("tick-done")).toHaveFocus());
    expect(sent(host, "attest"), "one key alone signs nothing").toHaveLength(0);
    await user.keyboard("n");
    await waitFor(() => expect(screen.getByTestId("tick-note")).toHaveFocus());
    await user.keyboard("read the config{Control>}{Enter}{/Control}");
    await waitFor(() => expect(row("secrets.outside-code")).toHaveAttribute("data-tick", "done"));
    expect(sent(host, "attest")).toEqual([expect.objectContaining({ item: "secrets.outside-code", tick: "done", note: "read the config" })]);
    await user.keyboard("{Escape}{Escape}");
    await waitFor(() => expect(row("secrets.outside-code")).toHaveFocus());
    expect(screen.queryByTestId("item-detail")).toBeNull();
  });

  it("asks for a passphrase when no key is unlocked, then does what was asked", async () => {
    const host = fakeHost({ scenario: "checked", pace: 1 });
    await host.lock();
    const { user } = await stage("checked", release("checklist", "signoff.rollback-tested"), host);
    await user.click(await screen.findByTestId("tick-done"));
    const dialog = await screen.findByTestId("unlock-dialog");
    await user.type(within(dialog).getByTestId("passphrase"), "wrong");
    await user.click(within(dialog).getByTestId("confirm-unlock"));
    expect(await within(dialog).findByRole("alert")).toHaveTextContent("not the passphrase");
    await user.clear(within(dialog).getByTestId("passphrase"));
    await user.type(within(dialog).getByTestId("passphrase"), PASSPHRASE);
    await user.click(within(dialog).getByTestId("confirm-unlock"));
    await waitFor(() => expect(row("signoff.rollback-tested")).toHaveAttribute("data-tick", "done"));
    await waitFor(() => expect(screen.queryByTestId("unlock-dialog")).toBeNull());
    expect(sent(host, "attest")).toHaveLength(1);
  });

  it("takes no tick without a note where the machine could not tell", async () => {
    const { user, host } = await stage("checked", release("checklist", "secret-store.vault"));
    const done = await screen.findByTestId("tick-done");
    expect(done).toHaveAttribute("aria-disabled", "true");
    await user.click(done);
    await user.type(screen.getByTestId("tick-note"), "In the vault of the team");
    expect(done).not.toHaveAttribute("aria-disabled");
    await user.click(done);
    await waitFor(() => expect(row("secret-store.vault")).toHaveAttribute("data-state", "settled"));
    expect(sent(host, "attest")).toEqual([expect.objectContaining({ tick: "done", note: "In the vault of the team" })]);
  });

  it("says what failed and what to do, and leaves the item as it was", async () => {
    const host = fakeHost({ scenario: "checked", pace: 1 });
    host.attest = () => Promise.reject(new Failure({ code: "not-on-roster", message: "You are not on the roster.", hint: "Ask an admin." }));
    const { user } = await stage("checked", release("checklist", "signoff.rollback-tested"), host);
    await user.click(await screen.findByTestId("tick-done"));
    const toast = await screen.findByTestId("toast");
    expect(toast).toHaveTextContent("You are not on the roster.");
    expect(toast).toHaveTextContent("Ask an admin.");
    expect(row("signoff.rollback-tested")).toHaveAttribute("data-tick", "none");
  });

  it("shows hostile text as text", async () => {
    await stage("hostile", release("checklist", "cors.no-wildcard"));
    const finding = await screen.findByTestId("finding");
    expect(finding).toHaveTextContent("<img src=x onerror=");
    expect(finding).toHaveTextContent("⟨U+202E⟩");
    expect(finding).toHaveTextContent("⟨U+001B⟩");
    expect(document.querySelector("main img, main script, main svg[onload]")).toBeNull();
    expect(document.title).not.toContain("owned");
  });

  it("offers no exception for a critical item, and asks for all that an exception needs", async () => {
    const { user } = await stage("checked", release("checklist", "database.least-privilege"));
    await user.click(await screen.findByTestId("ask-exception"));
    const send = await screen.findByTestId("send-exception");
    expect(send).toHaveAttribute("aria-disabled", "true");
    await user.type(screen.getByTestId("exception-reason"), "migrations");
    await user.type(screen.getByTestId("exception-control"), "audit log");
    expect(send).not.toHaveAttribute("aria-disabled");
    await user.click(send);
    const asked = await screen.findByTestId("exception");
    expect(asked).toHaveAttribute("data-state", "requested");
    expect(within(asked).getByTestId("approve-exception"), "nobody decides on their own").toHaveAttribute("aria-disabled", "true");
    location.hash = release("checklist", "redis-auth.ping-without-password");
    await screen.findByText("A critical item allows no exception.");
    expect(screen.queryByTestId("ask-exception")).toBeNull();
  });

  it("attaches a chosen file as evidence", async () => {
    const { user, host } = await stage("checked", release("checklist", "secret-store.vault"));
    await user.upload(await screen.findByTestId("evidence-input"), new File(["seen"], "vault.txt", { type: "text/plain" }));
    expect(await screen.findByTestId("evidence-file")).toHaveTextContent("vault.txt");
    expect(sent(host, "attachEvidence")).toEqual([expect.objectContaining({ name: "vault.txt", media_type: "text/plain", content: btoa("seen") })]);
  });
});
