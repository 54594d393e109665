import { screen, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { sent, stage } from "./stage";

const PATH = "packet-path";

/** A file as a browser gives it: jsdom's has no `text`. */
const file = (text: string) => Object.assign(new File([text], "ben.card.json", { type: "application/json" }), { text: async () => text });

describe("a packet from another machine", () => {
  it("is looked at first, and its founder's words are compared before anything is taken in", async () => {
    const { user, host } = await stage("demo");
    await user.click(await screen.findByTestId("open-packet"));
    expect(screen.getByTestId("packet-go")).toHaveAttribute("aria-disabled", "true");
    await user.type(screen.getByTestId(PATH), "/tmp/other.packet.zip");
    await user.click(screen.getByTestId("packet-go"));
    const look = await screen.findByTestId("packet-look");
    expect(look).toHaveAttribute("data-known", "false");
    expect(within(look).getAllByRole("listitem")).toHaveLength(6);
    await user.click(screen.getByTestId("packet-go"));
    expect(sent(host, "openPacket")).toEqual([]);
    await user.click(screen.getByTestId("packet-compared"));
    await user.click(screen.getByTestId("packet-go"));
    expect(await screen.findByTestId("packet-result")).toHaveAttribute("data-merged", "12");
    expect(sent(host, "openPacket")).toEqual([{ path: "/tmp/other.packet.zip", trust: expect.stringMatching(/^SHA256:/), acceptFork: false }]);
  });

  it("asks for no words when the project is here, and tells what was decided apart and who waits", async () => {
    const { user, host } = await stage("demo");
    await user.click(await screen.findByTestId("open-packet"));
    await user.type(screen.getByTestId(PATH), "/tmp/news.packet.zip");
    await user.click(screen.getByTestId("packet-go"));
    expect(await screen.findByTestId("packet-look")).toHaveAttribute("data-known", "true");
    expect(screen.queryByTestId("packet-compared")).toBeNull();
    await user.click(screen.getByTestId("packet-go"));
    const result = await screen.findByTestId("packet-result");
    expect(result).toHaveTextContent("Decided apart");
    expect(result).toHaveTextContent("the item database.tls of 2.4.0, by Sana Okafor and Dev Lindqvist");
    expect(result).toHaveTextContent("2 events wait outside the ledger");
    expect(sent(host, "openPacket")).toEqual([{ path: "/tmp/news.packet.zip", trust: null, acceptFork: false }]);
  });

  it("that changes the roster from behind is taken in only after the admins were asked", async () => {
    const { user, host } = await stage("demo");
    await user.click(await screen.findByTestId("open-packet"));
    await user.type(screen.getByTestId(PATH), "/tmp/fork.packet.zip");
    await user.click(screen.getByTestId("packet-go"));
    await screen.findByTestId("packet-look");
    await user.click(screen.getByTestId("packet-go"));
    expect(await screen.findByRole("alert")).toHaveTextContent("enrolled Eve as Security");
    expect(screen.getByTestId("packet-go")).toHaveAttribute("aria-disabled", "true");
    await user.click(screen.getByTestId("packet-fork"));
    await user.click(screen.getByTestId("packet-go"));
    expect(await screen.findByTestId("packet-result")).toBeVisible();
    expect(sent(host, "openPacket").map((call) => (call as { acceptFork: boolean }).acceptFork)).toEqual([false, true]);
  });

  it("that is damaged is refused with what to do, and another path starts anew", async () => {
    const { user } = await stage("demo");
    await user.click(await screen.findByTestId("open-packet"));
    await user.type(screen.getByTestId(PATH), "/tmp/broken");
    await user.click(screen.getByTestId("packet-go"));
    expect(await screen.findByRole("alert")).toHaveTextContent("Ask for the file again");
    await user.type(screen.getByTestId(PATH), ".zip");
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("the project's page", () => {
  it("writes a packet and says where it lies", async () => {
    const { user, host } = await stage("demo", "#/p/demo");
    await user.click(await screen.findByTestId("write-packet"));
    expect(await screen.findByTestId("packet-written")).toHaveTextContent("demo.packet.zip");
    expect(sent(host, "writePacket")).toEqual(["demo"]);
  });

  it("enrolls from a card only what the card says, with words to compare", async () => {
    const { user } = await stage("demo", "#/p/demo");
    await user.click(await screen.findByTestId("enroll"));
    const input = await screen.findByTestId("enroll-card");
    await user.upload(input, file("nonsense"));
    expect(await screen.findByRole("alert")).toHaveTextContent("not a card");
    await user.upload(input, file('{"card":{"format":"countersign-card"}}'));
    expect(await screen.findByTestId("phrase")).toHaveTextContent("apple");
    expect(screen.getByTestId("enroll-name")).toHaveValue("Ben Okoro");
    expect(screen.getByTestId("enroll-public-key")).toHaveValue("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBen");
  });

  it("writes the card of whoever is unlocked", async () => {
    const { user } = await stage("checked", "#/p/demo");
    await user.click(await screen.findByTestId("write-card"));
    const card = await screen.findByTestId("card-written");
    expect(within(card).getAllByRole("listitem")).toHaveLength(6);
  });
});
