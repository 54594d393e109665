import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { lanes } from "../src/features/ledger/trust";
import { fakeHost } from "../src/host/fake";
import { sent, stage } from "./stage";

const TIMELINE = "#/p/demo/timeline";

describe("the graph of the ledger", () => {
  it("is one line while one person works alone", () => {
    const rows = [{ event: "c", parents: ["b"] }, { event: "b", parents: ["a"] }, { event: "a", parents: [] }];
    expect(lanes(rows).map((each) => each.at)).toEqual([0, 0, 0]);
    expect(lanes(rows).map((each) => each.below)).toEqual([1, 1, 0]);
  });

  it("parts where two machines worked apart, and meets where they came together", () => {
    const rows = [
      { event: "m", parents: ["x", "y"] },
      { event: "x", parents: ["a"] },
      { event: "y", parents: ["a"] },
      { event: "a", parents: [] },
    ];
    const told = lanes(rows);
    expect(told.map((each) => each.at)).toEqual([0, 0, 1, 0]);
    expect(told.map((each) => each.below)).toEqual([2, 2, 1, 0]);
    expect(told[0]?.out).toEqual([0, 1]);
    expect(told[2]?.out).toEqual([0]);
    expect(told[3]).toEqual({ at: 0, into: [0], out: [], pass: [], below: 0 });
  });
});

describe("trust on the timeline", () => {
  it("says good, unknown or bad in words beside each event, and why in its pane", async () => {
    const { user } = await stage("damaged", TIMELINE);
    const events = await screen.findAllByTestId("event");
    expect(events.map((each) => each.dataset.trust).slice(0, 3)).toEqual(["unknown", "bad", "good"]);
    expect(events[1]).toHaveTextContent("Bad");
    await user.click(within(events[1]!).getByRole("button"));
    const pane = await screen.findByTestId("event-pane");
    expect(pane).toHaveTextContent("does not match the bytes");
    await waitFor(() => expect(pane).toHaveTextContent("ssh-keygen -Y verify"));
  });

  it("shows only what does not hold when asked to", async () => {
    const { user } = await stage("damaged", TIMELINE);
    await user.selectOptions(await screen.findByTestId("filter-trust"), "bad");
    await waitFor(() => expect(screen.getAllByTestId("event")).toHaveLength(1));
  });

  it("goes through the events by the arrow keys", async () => {
    const { user } = await stage("checked", TIMELINE);
    const first = (await screen.findAllByTestId("event"))[0]!;
    within(first).getByRole("button").focus();
    await user.keyboard("{ArrowDown}{ArrowDown}");
    const current = () => screen.getAllByTestId("event").findIndex((each) => within(each).getByRole("button").getAttribute("aria-current") === "true");
    await waitFor(() => expect(current()).toBe(1));
  });

  it("makes only the rows that are near, of thousands", async () => {
    await stage("huge", TIMELINE);
    expect((await screen.findAllByTestId("event")).length).toBeLessThan(60);
    expect(screen.getByTestId("timeline")).toHaveTextContent("5004 events");
  });
});

describe("the verification of the whole ledger", () => {
  it("begins by itself, says when it ended, and runs again when asked", async () => {
    const { host, user } = await stage("checked", TIMELINE);
    expect(await screen.findByText(/every signature and every link holds/)).toBeVisible();
    expect(sent(host, "checkLedger")).toHaveLength(1);
    await user.click(screen.getByTestId("check-ledger"));
    await waitFor(() => expect(sent(host, "checkLedger")).toHaveLength(2));
  });

  it("names what is bad, and what to do", async () => {
    await stage("damaged", TIMELINE);
    expect(await screen.findByTestId("damage")).toHaveTextContent("does not match the bytes");
    expect(screen.getByTestId("verification")).toHaveTextContent("from a backup");
    expect(screen.queryByText(/every link holds/)).toBeNull();
  });

  it("stopped, says that nothing is verified", async () => {
    const { user } = await stage("checked", TIMELINE, fakeHost({ scenario: "checked", pace: 200 }));
    await user.click(await screen.findByTestId("stop-verification"));
    expect(await screen.findByText("Not verified")).toBeVisible();
    expect(screen.queryByText(/every link holds/)).toBeNull();
  });
});
