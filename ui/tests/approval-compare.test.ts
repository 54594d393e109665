import { screen, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { fakeHost } from "../src/host/fake";
import { Failure, type Host } from "../src/host/host";
import { approvalPage, release, stage } from "./stage";

const HERE = release("approve");


describe("what the approval page compares", () => {
  it("lists what regressed, is excepted, new, gone and fixed since the last release, each once", async () => {
    await stage("regressed", HERE);
    const whole = await approvalPage();
    expect(whole).toHaveTextContent("Since 2.3.0");
    const lists = Object.fromEntries(screen.getAllByTestId("shift").map((each) => [each.dataset.kind, each.textContent]));
    expect(Object.keys(lists)).toEqual(["regressed", "excepted", "removed", "added", "fixed"]);
    expect(lists.regressed).toMatch(/PING without a password.*settled.*the check failed/);
    expect(lists.excepted).toMatch(/The application's database role.*settled.*excepted/);
    expect(lists.removed).toMatch(/X-XSS-Protection.*settled.*not asked for/);
    expect(lists.added).toMatch(/Room names carry the tenant.*not asked for.*settled/);
    expect(lists.fixed).toMatch(/Snapshots are saved.*excepted/);
    expect(screen.getByTestId("rest")).toHaveTextContent("checklist");
  });

  it("says that it is the first one where there is none before", async () => {
    await stage("ready", HERE);
    await approvalPage();
    expect(screen.getByTestId("first-release")).toHaveTextContent("The first release to demo");
    expect(screen.queryByTestId("shift")).toBeNull();
  });

  it("begins a long list with its first few, and shows the rest on demand", async () => {
    const host: Host = fakeHost({ scenario: "successor", pace: 1 });
    const told = host.approval.bind(host);
    host.approval = async (of) => {
      const view = await told(of);
      const one = view.previous!.fixed[0]!;
      return { ...view, previous: { ...view.previous!, fixed: Array.from({ length: 12 }, (_, at) => ({ ...one, item: `many.${at}`, title: `Claim ${at}` })) } };
    };
    const { user } = await stage("successor", HERE, host);
    await approvalPage();
    const fixed = screen.getAllByTestId("shift").find((each) => each.dataset.kind === "fixed")!;
    expect(within(fixed).getByText("Claim 4")).toBeVisible();
    expect(fixed.querySelectorAll("li.beyond")).toHaveLength(7);
    await user.click(within(fixed).getByRole("button", { name: "Show 7 more" }));
    expect(fixed.querySelectorAll("li.beyond")).toHaveLength(0);
  });

  it("tells what failed before it held: when, by which probe and whom, and what settled it", async () => {
    await stage("ready", HERE);
    await approvalPage();
    const items = screen.getAllByTestId("recovered");
    const jwt = items.find((each) => each.dataset.item === "secrets.jwt-secret")!;
    expect(jwt).toHaveTextContent(/Fail .*secrets\.hex-value, run by Sana Okafor: JWT_SECRET has 32 characters/);
    expect(jwt).toHaveTextContent(/Pass .*secrets\.hex-value, run by Sana Okafor: 128 hex characters/);
    const [failed, settled] = [...jwt.querySelectorAll("time")].map((each) => Date.parse(each.dateTime));
    expect(settled! - failed!).toBeGreaterThan(0);
    const listed = items.map((each) => each.dataset.item);
    expect(items.slice(0, 3).map((each) => each.textContent), "what matters most comes first").toEqual(Array.from({ length: 3 }, () => expect.stringContaining("Critical")));
    expect(listed, "it never failed").not.toContain("tests.unit");
    expect(listed, "it is excepted").not.toContain("database.least-privilege");
  });

  it("says so where nothing failed", async () => {
    await stage("demo", HERE);
    await approvalPage();
    expect(screen.getByTestId("no-recovered")).toBeVisible();
  });

  it("says what changed since this person signed", async () => {
    await stage("regressed", HERE);
    await approvalPage();
    const since = screen.getByTestId("since-mine");
    expect(since).toHaveTextContent("Since Sana Okafor signed");
    expect(within(since).getByTestId("changes")).toHaveTextContent("PING without a password");
  });

  it("says what could not be read, and reads it again", async () => {
    const host: Host = fakeHost({ scenario: "ready", pace: 1 });
    const told = host.approval.bind(host);
    let down = true;
    host.approval = (of) => (down ? Promise.reject(new Failure({ code: "ledger", message: "The ledger is busy.", hint: "Try again." })) : told(of));
    const { user } = await stage("ready", HERE, host);
    expect(await screen.findByRole("alert")).toHaveTextContent("The ledger is busy.");
    expect(await screen.findByTestId("statement"), "the rest is there").toBeVisible();
    down = false;
    await user.click(screen.getByTestId("reload-approval"));
    await approvalPage();
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("a row of the board", () => {
  it("leads to the approval whose signature it waits for, and else to the checklist", async () => {
    await stage("successor");
    const row = (id: string) => screen.getAllByTestId("release-row").find((each) => each.dataset.release === id)!;
    expect(row("r-240")).toHaveAttribute("href", HERE);
    expect(row("r-240")).toHaveTextContent("Your turn");
    expect(row("r-230")).toHaveAttribute("href", release("checklist").replace("r-240", "r-230"));
    expect(row("r-230")).not.toHaveTextContent("Your turn");
  });

  it.each(["checked", "go", "regressed"] as const)("does not while it waits for something else: %s", async (scenario) => {
    await stage(scenario);
    const row = screen.getAllByTestId("release-row").find((each) => each.dataset.release === "r-240");
    expect(row).toHaveAttribute("href", release("checklist"));
  });

  it("does not for who has locked their key", async () => {
    const host = fakeHost({ scenario: "ready", pace: 1 });
    await host.lock();
    await stage("ready", "#/board", host);
    expect(screen.getByTestId("release-row")).toHaveAttribute("href", release("checklist"));
  });
});
