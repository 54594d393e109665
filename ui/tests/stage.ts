// Puts the whole UI over a fake host, as a person would meet it.

import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import App from "../src/App.svelte";
import { fakeHost, type FakeHost, type Scenario } from "../src/host/fake";
import type { Host } from "../src/host/host";

export const DEMO = { project: "demo", release: "r-240" };
export const PASSPHRASE = "demo demo demo";

export async function stage(scenario: Scenario, hash = "#/board", host: Host = fakeHost({ scenario, pace: 1 })) {
  location.hash = hash;
  const user = userEvent.setup();
  render(App, { host });
  await waitFor(() => {
    if (!document.querySelector("main [data-testid]")) throw new Error("no view yet");
  });
  return { host: host as FakeHost, user };
}

export const release = (tab = "checklist", item = "") => `#/p/demo/r/r-240/${tab}${item ? `/${item}` : ""}`;

/** The row of an item in the list. */
export function row(item: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(`[data-testid="item-row"][data-item="${item}"]`);
  if (!found) throw new Error(`no row for ${item}`);
  return found;
}

export function card(role: string): HTMLElement {
  const found = screen.getAllByTestId("signoff-card").find((each) => each.dataset.role === role);
  if (!found) throw new Error(`no card for ${role}`);
  return found;
}

/** All calls of one name that reached the fake. */
export const sent = (host: FakeHost, name: string) => host.calls.filter((call) => call.name === name).map((call) => call.request);

/** The approval page, once everything that it asks for is there. */
export async function approvalPage(): Promise<HTMLElement> {
  await waitFor(() => {
    if (!document.querySelector('[data-testid="previous"], [data-testid="first-release"]')) throw new Error("not read yet");
  });
  return screen.getByTestId("approval");
}
