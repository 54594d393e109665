// Packets between machines, and enrollment cards.

import { plural } from "./plural";

export const packetWords = {
  packet: {
    title: "Other machines",
    text: "The project travels as a file: write a packet, send it, and open the one that comes back. Opening adds what is new and changes nothing else.",
    write: "Write packet",
    written: (events: number, files: number) => `${plural(events, "event", "events")}, ${plural(files, "file", "files")}`,
    open: "Open packet",
    openTitle: "Open a packet",
    openText: "Every event in it is checked by its own signature. Nothing is lost or overwritten, and opening it twice changes nothing.",
    path: "Path of the packet",
    pathMissing: "Enter the path of the packet",
    look: "Look at it",
    holds: (events: number, files: number) => `It holds ${plural(events, "event", "events")} and ${plural(files, "file", "files")}.`,
    unknown: "This project is not on this machine yet.",
    founder: "Call whoever began the project, and compare these words:",
    compared: "The words are the same",
    comparedMissing: "Compare the words first",
    merge: "Open and merge",
    merged: (count: number) => (count === 0 ? "Nothing new: all of it was here" : `${plural(count, "new event", "new events")}`),
    strangers: "Not on the roster",
    waiting: (count: number) => `${plural(count, "event waits", "events wait")} outside the ledger. Once an admin has enrolled the key, open the packet again.`,
    conflicts: "Decided apart",
    conflict: (matter: string, release: string, by: string) => `${matter} of ${release}, by ${by}: decide once more`,
    refused: (count: number) => plural(count, "event changes nothing", "events change nothing"),
    forkCompared: "I asked the admins, and the change is right",
    forkMissing: "Ask the admins first",
    show: "Go to the project",
  },
  card: {
    write: "Write my card",
    text: "Your name, e-mail and public key, signed by the key. Send the file to an admin, and read these words out to them:",
    open: "From a card",
    compare: "Call them and compare:",
  },
};
