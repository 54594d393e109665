// One release of the fake: what happened to it. What follows from that is told beside it,
// in `standing.ts`, `gate.ts` and `views.ts`: a small mirror of the real rules, so that the
// screens can be walked from end to end without Rust.

import type { DeploymentView, EvidenceView, ExceptionView, FindingView, HistoryEntry, PhaseCode, Stage, TickView } from "../wire.gen";
import { CHECKLIST, type FakeItem, type FakeSection } from "./checklist";
import { look, SEEN, type Looks, type Seen } from "./seen";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** Phases that must be settled before the deployment. */
export const BEFORE: PhaseCode[] = ["before", "tests", "sign-off"];

export interface Signed {
  by: string;
  fingerprint: string;
  at: string;
  meaning: string;
  comment: string;
  decision: string;
  event: string;
  /** What was signed: item id to its state in words. */
  covers: Map<string, string>;
  digest: string;
}

export interface StorySeed {
  project: string;
  projectName: string;
  demo: boolean;
  id: string;
  version: string;
  environment: string;
  /** Whether active probes need leave. */
  production?: boolean;
  openedAt: string;
  sections?: FakeSection[];
  looks?: Record<string, Looks>;
  now: () => Date;
}

export interface Placed {
  item: FakeItem;
  section: FakeSection;
}

export class Story {
  readonly seed: StorySeed;
  readonly sections: FakeSection[];
  /** By item: what each probe found last. */
  readonly findings = new Map<string, FindingView[]>();
  readonly runs = new Map<string, number>();
  readonly ticks = new Map<string, TickView>();
  readonly evidence = new Map<string, EvidenceView[]>();
  readonly history = new Map<string, HistoryEntry[]>();
  readonly signed = new Map<string, Signed>();
  exceptions: ExceptionView[] = [];
  deployment: DeploymentView | null = null;
  /** Why the release cannot wait, who said so, and when. */
  emergency: { reason: string; by: string; at: string } | null = null;
  /** Roles whose word an emergency still owes, and by when. */
  owed: { roles: string[]; due: string } | null = null;
  stage: Stage = "open";
  running = false;
  changedAt: string;

  constructor(seed: StorySeed) {
    this.seed = seed;
    this.sections = seed.sections ?? CHECKLIST;
    this.changedAt = seed.openedAt;
  }

  find(item: string): Placed | undefined {
    for (const section of this.sections) {
      const found = section.items.find((each) => each.id === item);
      if (found) return { item: found, section };
    }
    return undefined;
  }

  items(phases: PhaseCode[]): Placed[] {
    return this.sections
      .filter((section) => phases.includes(section.phase))
      .flatMap((section) => section.items.map((item) => ({ item, section })));
  }

  /** What its probes would see now. */
  look(item: FakeItem): Seen[] {
    return look(item, this.runs.get(item.id) ?? 0, this.seed.looks ?? SEEN);
  }

  /** Records what every probe of an item saw. */
  record(item: FakeItem, seen: Seen[], by: string): void {
    this.runs.set(item.id, (this.runs.get(item.id) ?? 0) + 1);
    const earlier = this.findings.get(item.id) ?? [];
    const now = seen.map((each, slot) => this.#finding(item, slot, each));
    this.findings.set(item.id, now);
    for (const [slot, finding] of now.entries()) {
      const from = earlier[slot]?.outcome ?? "";
      if (from !== finding.outcome) {
        this.note(item.id, { at: finding.at, by, what: "verdict", from, to: finding.outcome, note: `${finding.probe}: ${finding.summary}` });
      }
    }
  }

  /** Moves an item's findings back in time. */
  age(item: string, hours: number): void {
    const at = new Date(this.seed.now().getTime() - hours * HOUR).toISOString();
    this.findings.set(item, (this.findings.get(item) ?? []).map((finding) => ({ ...finding, at })));
  }

  #finding(item: FakeItem, slot: number, seen: Seen): FindingView {
    const probe = item.probes[slot] ?? "";
    return {
      probe,
      rules: 1,
      target: "https://api.demo.test",
      outcome: seen.outcome,
      reason: seen.reason ?? null,
      summary: seen.summary,
      expected: seen.expected ?? "",
      observed: seen.observed ?? "",
      reproduce: seen.reproduce ?? null,
      notes: seen.note ? [{ code: "expires-soon", text: seen.note }] : [],
      transcript: seen.transcript ?? [],
      at: this.now(),
      took_ms: 40 + ((item.id.length + slot) * 37) % 900,
      claim: item.title,
      why: "An attacker looks for exactly this first.",
      remedy: "Change the setting, restart the service, and run this check again.",
    };
  }

  note(item: string, entry: Omit<HistoryEntry, "event">): void {
    const list = this.history.get(item) ?? [];
    list.push({ ...entry, event: `${list.length}`.padStart(4, "0").repeat(16) });
    this.history.set(item, list);
    this.changedAt = entry.at;
  }

  now(): string {
    return this.seed.now().toISOString();
  }
}
