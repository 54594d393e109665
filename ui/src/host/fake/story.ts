// One release of the fake: what happened to it, and the folds over that. A small mirror
// of the real rules, so that the screens can be walked from end to end without Rust.

import type {
  BlockerView,
  ChangeView,
  Counts,
  DeploymentView,
  EvidenceView,
  ExceptionView,
  FindingView,
  GateView,
  HistoryEntry,
  ItemDetail,
  ItemRow,
  ItemState,
  MachineVerdict,
  OutcomeCode,
  PhaseCode,
  ReleaseRow,
  ReleaseView,
  RoleLight,
  Score,
  SectionView,
  SignoffView,
  Stage,
  TickView,
} from "../wire.gen";
import { CHECKLIST, type FakeItem, type FakeSection, type Seen } from "./checklist";
import { ROLE_TITLES } from "./people";

const WEIGHT = { critical: 5, high: 3, recommended: 1 } as const;
const BEFORE: PhaseCode[] = ["before", "tests", "sign-off"];
const DAY = 86_400_000;

interface Signed {
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
  openedAt: string;
  sections?: FakeSection[];
  now: () => Date;
}

/** Everything about one release, and what follows from it. */
export class Story {
  readonly seed: StorySeed;
  readonly sections: FakeSection[];
  readonly findings = new Map<string, FindingView>();
  readonly runs = new Map<string, number>();
  readonly ticks = new Map<string, TickView>();
  readonly evidence = new Map<string, EvidenceView[]>();
  readonly history = new Map<string, HistoryEntry[]>();
  readonly signed = new Map<string, Signed>();
  exceptions: ExceptionView[] = [];
  deployment: DeploymentView | null = null;
  stage: Stage = "open";
  running = false;
  changedAt: string;

  constructor(seed: StorySeed) {
    this.seed = seed;
    this.sections = seed.sections ?? CHECKLIST;
    this.changedAt = seed.openedAt;
  }

  find(item: string): { item: FakeItem; section: FakeSection } | undefined {
    for (const section of this.sections) {
      const found = section.items.find((each) => each.id === item);
      if (found) return { item: found, section };
    }
    return undefined;
  }

  items(phases: PhaseCode[]): { item: FakeItem; section: FakeSection }[] {
    return this.sections
      .filter((section) => phases.includes(section.phase))
      .flatMap((section) => section.items.map((item) => ({ item, section })));
  }

  look(item: FakeItem): Seen {
    const before = this.runs.get(item.id) ?? 0;
    const first = item.first ?? { outcome: "pass", summary: "holds" };
    return before === 0 ? first : (item.later ?? first);
  }

  record(item: FakeItem, seen: Seen, by: string): void {
    const at = this.now();
    const from = this.findings.get(item.id);
    this.runs.set(item.id, (this.runs.get(item.id) ?? 0) + 1);
    this.findings.set(item.id, {
      probe: item.probe ?? "",
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
      at,
      took_ms: 40 + (item.id.length * 37) % 900,
      claim: item.title,
      why: "An attacker looks for exactly this first.",
      remedy: "Change the setting, restart the service, and run this check again.",
    });
    if (from?.outcome !== seen.outcome) {
      this.note(item.id, { at, by, what: "verdict", from: from?.outcome ?? "", to: seen.outcome, note: seen.summary });
    }
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

  machine(item: FakeItem): MachineVerdict | null {
    if (!item.probe) return null;
    const finding = this.findings.get(item.id);
    if (!finding) {
      return { outcome: "not-run", reason: null, summary: "", at: null, stale: false, fresh_until: null, notes: [] };
    }
    return {
      outcome: finding.outcome,
      reason: finding.reason ?? null,
      summary: finding.summary,
      at: finding.at,
      stale: false,
      fresh_until: new Date(Date.parse(finding.at) + DAY).toISOString(),
      notes: finding.notes,
    };
  }

  state(item: FakeItem): { state: ItemState; missing: string } {
    const exception = this.exceptions.find((each) => each.item === item.id && each.state === "approved");
    if (exception) return { state: "excepted", missing: "" };
    const tick = this.ticks.get(item.id)?.tick;
    if (item.verify === "computed") return this.computed(item);
    if (tick === "not-done") return { state: "failed", missing: "A person says it is not done" };
    const outcome = this.machine(item)?.outcome;
    if (outcome === "fail") return { state: "failed", missing: "The machine saw it fail" };
    const seen = outcome === "pass" || outcome === "not-applicable";
    const ticked = tick === "done" || tick === "not-applicable";
    const open = (missing: string) => ({ state: "open" as const, missing });
    const settled = { state: "settled" as const, missing: "" };
    switch (item.verify) {
      case "probe":
        return seen ? settled : open(outcome === "inconclusive" ? "Could not be told: run it again" : "Not checked yet");
      case "person":
        return ticked ? settled : open("Nobody has ticked it");
      case "both":
        if (!seen) return open(outcome === "inconclusive" ? "Could not be told: run it again" : "Not checked yet");
        return ticked ? settled : open("Nobody has ticked it");
      case "probe-or-person":
        return seen || ticked ? settled : open("Run it, or tick it by hand");
    }
  }

  private computed(self: FakeItem): { state: ItemState; missing: string } {
    const open = this.items(["before", "tests"]).filter(
      ({ item, section }) => section.severity === "critical" && item.id !== self.id && this.state(item).state !== "settled",
    );
    if (open.length === 0) return { state: "settled", missing: "" };
    return { state: "open", missing: `${open.length} critical items are not settled` };
  }

  row(item: FakeItem, section: FakeSection): ItemRow {
    const exception = this.exceptions.findLast((each) => each.item === item.id) ?? null;
    return {
      id: item.id,
      title: item.title,
      severity: section.severity,
      verify: item.verify,
      ...this.state(item),
      machine: this.machine(item),
      tick: this.ticks.get(item.id) ?? null,
      exception,
      evidence: this.evidence.get(item.id)?.length ?? 0,
      probes: item.probe ? [item.probe] : [],
      active: item.active ?? false,
      may_be_excepted: section.severity !== "critical",
    };
  }

  detail(id: string): ItemDetail | undefined {
    const found = this.find(id);
    if (!found) return undefined;
    const { item, section } = found;
    const finding = this.findings.get(id);
    return {
      row: this.row(item, section),
      section: section.title,
      guidance: section.guidance,
      risk: section.risk,
      controls: section.controls,
      findings: finding ? [finding] : [],
      evidence: this.evidence.get(id) ?? [],
      exceptions: this.exceptions.filter((each) => each.item === id),
      history: this.history.get(id) ?? [],
    };
  }

  counts(): Counts {
    const counts: Counts = { total: 0, settled: 0, pass: 0, fail: 0, inconclusive: 0, not_run: 0, excepted: 0 };
    const field: Partial<Record<OutcomeCode, keyof Counts>> = {
      pass: "pass",
      fail: "fail",
      inconclusive: "inconclusive",
      "not-run": "not_run",
    };
    for (const { item } of this.items(BEFORE)) {
      counts.total += 1;
      const { state } = this.state(item);
      if (state === "settled" || state === "excepted") counts.settled += 1;
      if (state === "excepted") counts.excepted += 1;
      const outcome = this.machine(item)?.outcome;
      const name = outcome && field[outcome];
      if (name) counts[name] += 1;
    }
    return counts;
  }

  score(): Score {
    let all = 0;
    let now = 0;
    let bare = 0;
    let projected = 0;
    for (const { item, section } of this.items(BEFORE)) {
      const weight = WEIGHT[section.severity];
      const { state } = this.state(item);
      all += weight;
      if (state === "settled" || state === "excepted") now += weight;
      if (state === "settled") bare += weight;
      if (state === "settled" || state === "excepted" || section.severity === "critical") projected += weight;
    }
    const percent = (part: number) => Math.floor((part * 100) / Math.max(all, 1));
    return { now: percent(now), without_exceptions: percent(bare), projected: percent(projected) };
  }

  /** The material state in words, item by item. */
  material(): Map<string, string> {
    return new Map(
      this.items(BEFORE).map(({ item }) => {
        const machine = this.machine(item)?.outcome ?? "by hand";
        const tick = this.ticks.get(item.id)?.tick ?? "no tick";
        return [item.id, `${machine}, ${tick}, ${this.state(item).state}`];
      }),
    );
  }

  digest(): string {
    let hash = 2166136261;
    for (const [id, text] of this.material()) {
      for (const char of id + text) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
    }
    return (hash >>> 0).toString(16).padStart(8, "0").repeat(8);
  }

  changesSince(covers: Map<string, string>): ChangeView[] {
    const changes: ChangeView[] = [];
    for (const [id, to] of this.material()) {
      const from = covers.get(id) ?? "";
      if (from !== to) changes.push({ what: this.find(id)?.item.title ?? id, item: id, from, to });
    }
    return changes;
  }

  signoffs(): SignoffView[] {
    return Object.entries(ROLE_TITLES).map(([role, title]) => {
      const signed = this.signed.get(role);
      if (!signed) {
        return {
          role, title, state: "missing", by: null, fingerprint: null, at: null,
          meaning: "", comment: "", covers: null, event: null, changes: [],
        };
      }
      const changes = this.changesSince(signed.covers);
      const state =
        signed.decision === "decline" ? "declined"
        : signed.decision === "revoke" ? "revoked"
        : changes.length > 0 ? "stale"
        : "signed";
      return {
        role, title, state, by: signed.by, fingerprint: signed.fingerprint, at: signed.at,
        meaning: signed.meaning, comment: signed.comment, covers: signed.digest, event: signed.event,
        changes: state === "stale" ? changes : [],
      };
    });
  }

  private itemBlockers(phases: PhaseCode[]): BlockerView[] {
    const order = { critical: 0, high: 1, recommended: 2 };
    return this.items(phases)
      .filter(({ item, section }) => {
        const { state } = this.state(item);
        return section.severity !== "recommended" && (state === "open" || state === "failed");
      })
      .sort((a, b) => order[a.section.severity] - order[b.section.severity])
      .map(({ item, section }) => {
        const { state, missing } = this.state(item);
        return {
          code: state === "failed" ? "item-failed" : "item-open",
          item: item.id,
          role: null,
          text: `${item.title}: ${missing}`,
          cure: this.cure(item, state),
          minutes: section.minutes?.[0] ?? null,
        };
      });
  }

  private cure(item: FakeItem, state: ItemState): string {
    if (item.verify === "computed") return "Settle the critical items above";
    const outcome = this.machine(item)?.outcome;
    if (state === "failed") return "Fix it, then run the check again";
    if (outcome === "inconclusive") return "Make the target answer, then run the check again";
    if (outcome === "not-run") return "Run the check";
    return "Look at it and tick it";
  }

  gate(): GateView {
    const items = this.itemBlockers(BEFORE);
    const signoffs = this.signoffs();
    const signatures: BlockerView[] = signoffs
      .filter((each) => each.state !== "signed")
      .map((each) => ({
        code: `signoff-${each.state}`,
        item: null,
        role: each.role,
        text: `${each.title} has ${each.state === "stale" ? "signed an earlier state" : each.state === "declined" ? "declined" : "not signed"}`,
        cure: each.state === "stale" ? "Review the changes and sign again" : "Review and sign",
        minutes: 2,
      }));
    const declined = signoffs.some((each) => each.state === "declined" || each.state === "stale");
    const verdict = items.length > 0 || declined ? "no-go" : signatures.length > 0 ? "ready" : "go";
    const summary =
      verdict === "go" ? "Every required role has signed this exact state."
      : verdict === "ready" ? `Nothing is missing but ${signatures.length} ${signatures.length === 1 ? "signature" : "signatures"}.`
      : items.length > 0 ? `${items.length} items block, ${items.filter((each) => each.code === "item-failed").length} of them failed.`
      : "A signature is stale or was declined.";
    return { verdict, summary, blockers: [...items, ...signatures], score: this.score(), signoffs, at: this.now() };
  }

  boardRow(): ReleaseRow {
    const gate = this.gate();
    const roles: RoleLight[] = gate.signoffs.map(({ role, title, state, by, at }) => ({ role, title, state, by, at }));
    const deadlines = this.exceptions.filter((each) => each.state === "approved").map((each) => each.expires_at);
    for (const finding of this.findings.values()) deadlines.push(new Date(Date.parse(finding.at) + DAY).toISOString());
    return {
      project: this.seed.project,
      project_name: this.seed.projectName,
      demo: this.seed.demo,
      id: this.seed.id,
      version: this.seed.version,
      environment: this.seed.environment,
      stage: this.stage,
      verdict: gate.verdict,
      blockers: gate.blockers.length,
      score: gate.score,
      roles,
      counts: this.counts(),
      opened_at: this.seed.openedAt,
      planned_for: new Date(Date.parse(this.seed.openedAt) + 3 * DAY).toISOString(),
      changed_at: this.changedAt,
      next_deadline: deadlines.sort()[0] ?? null,
    };
  }

  closing(): BlockerView[] {
    if (!this.deployment) return [];
    const items = this.itemBlockers(["after"]);
    if (this.deployment.verified_at) return items;
    return [
      ...items,
      {
        code: "deployment-unverified", item: null, role: null,
        text: "The deployment has not been verified",
        cure: `${this.deployment.verified_by} looks at it and says what was seen`,
        minutes: 10,
      },
    ];
  }

  view(): ReleaseView {
    return {
      row: this.boardRow(),
      subject: {
        commit: "9f2c4b7e1d0a8356f4c21be97d05a6e83b1c7f42",
        dirty: false,
        artifacts: [["api.tar.zst", "c1d2".repeat(16)]],
        ticket: "OPS-412",
        reason: "Adds calendar sharing between tenants",
      },
      template: {
        id: "production-security",
        title: "Production security",
        version: "1",
        sha256: "7ab3".repeat(16),
        items: this.sections.reduce((sum, section) => sum + section.items.length, 0),
      },
      gate: this.gate(),
      sections: this.sections.map((section): SectionView => {
        const items = section.items.map((item) => this.row(item, section));
        return {
          id: section.id,
          title: section.title,
          severity: section.severity,
          phase: section.phase,
          minutes: section.minutes ?? null,
          risk: section.risk,
          guidance: section.guidance,
          controls: section.controls,
          settled: items.filter((each) => each.state === "settled" || each.state === "excepted").length,
          items,
        };
      }),
      exceptions: this.exceptions,
      deployment: this.deployment,
      closing: this.closing(),
      state: this.digest(),
      running: this.running,
    };
  }
}
