// The page on which somebody with one minute decides.

import type { ReleaseView } from "../host/wire.gen";
import { plural } from "./plural";

export const approvalWords = {
  approval: {
    verdicts: {
      "no-go": "No-go: it may not go out",
      ready: "Ready: it may go out once it is signed",
      go: "Go: it may go out",
    },
    out: "It is out",
    reason: (summary: string) => `${summary}.`,
    /** What the score rests on. */
    score: ({ gate: { score }, row: { counts } }: ReleaseView) => {
      const by = score.now - score.without_exceptions;
      if (by === 0 || counts.excepted === 0) return `Score ${score.now} of 100, with and without exceptions.`;
      return `Score ${score.now} of 100, and ${score.without_exceptions} without exceptions: ${plural(by, "point rests", "points rest")} on ${plural(counts.excepted, "exception", "exceptions")}.`;
    },
    first: (shown: number, all: number) => (shown === all ? "What blocks, and who acts" : `The first ${shown} of ${all} that block, and who acts`),
    allBlockers: "See everything that is missing",
    planned: "Planned for",
    notPlanned: "no time set",
    digest: (name: string) => `SHA-256 of ${name}`,
    noArtifacts: "No artifact is named.",

    exceptions: "Exceptions",
    noExceptions: "Nothing goes out by exception.",
    mustRead: "Open and read each one before you sign.",
    read: "Read",
    unread: "Unread",
    readOf: (read: number, all: number) => `${read} of ${all} read`,
    others: "Not counted",
    othersText: "These cover nothing now.",
    onItem: "Go to the item",

    since: (version: string) => `Since ${version}`,
    sinceText: (environment: string) => `The last release that was signed and went out to ${environment}.`,
    firstRelease: (environment: string) => `The first release to ${environment}`,
    firstText: "No signed release went out there before: nothing can be compared.",
    same: "Every item stands as it was signed then.",
    shifts: { regressed: "Regressed", excepted: "Excepted now", removed: "No longer asked for", added: "New", fixed: "Fixed" },
    shiftTexts: {
      regressed: "Held then; does not hold now, or could not be told.",
      excepted: "Goes out in spite of it.",
      removed: "The checklist does not ask for it any more.",
      added: "The checklist did not ask for it then.",
      fixed: "Did not hold or was excepted then; holds now.",
    },
    rest: "Beside the items",
    notThere: "not asked for",
    more: (count: number) => `Show ${count} more`,

    mine: (by: string) => `Since ${by} signed`,
    mineText: "What was signed has changed, so the signature does not count any more.",

    recovered: "Failed, then held",
    recoveredText: "These failed in this release before they were settled.",
    noRecovered: "Nothing failed in this release that is settled now.",
    times: (count: number) => `${count} times`,
    turn: (value: string) => value.charAt(0).toUpperCase() + value.slice(1),
    byProbe: (probe: string, by: string) => `${probe}, run by ${by}`,

    decision: "Your decision",
    asRole: (role: string) => `Your decision for ${role}`,
    signUnread: (count: number) => `Sign (${plural(count, "exception", "exceptions")} unread)`,
    unreadLeft: (count: number) => `Read ${plural(count, "more exception", "more exceptions")} first`,
    exactly: "This is exactly what your key will sign.",
    lookAgain: "Look again",
    overtaken: "Something changed after this was signed.",
    choose: "Who signs?",
    next: "Waits for these on this machine",
    lockedText: "Unlock your key to see what you would sign.",
    otherText: "You hold none of the roles that sign this release.",
    nobodyText: "Nobody whose key is on this machine signs this release.",
    allSigned: "Every role that somebody here holds has signed.",
    signAs: (name: string, role: string) => `${name} for ${role}`,
    signatures: "Signatures",
    print: "Print this page",
    failed: "This part could not be read",
  },
};
