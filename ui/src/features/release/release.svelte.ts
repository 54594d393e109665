import { SvelteMap } from "svelte/reactivity";
import { Calm } from "../../components/calm";
import {
  Failure,
  type ApprovalView,
  type Host,
  type ItemDetail,
  type ItemRow,
  type KeyView,
  type MemberView,
  type OutcomeCode,
  type PhaseCode,
  type ProgressView,
  type ProjectView,
  type ReleaseRef,
  type ReleaseView,
  type SectionView,
  type StatementView,
} from "../../host/host";
import { words } from "../../words";
import { worst } from "../item/outcome";
import type { Result, Session } from "../session/session.svelte";
import { needsMe } from "./turn";

export const FILTERS = ["all", "blocking", "failed", "inconclusive", "mine", "stale"] as const;
export type Filter = (typeof FILTERS)[number];

/** A section of which a filter shows a part. */
export interface ShownSection extends SectionView {
  /** How many items it has. */
  all: number;
}

/** What a run has said of an item before the next query confirms it. */
export interface Live {
  running: boolean;
  /** The latest line of a command while it runs. */
  line: string;
  outcome: OutcomeCode | null;
  reason: string | null;
  summary: string;
  /** Counts up with each message, so that a query knows what it covers. */
  stamp: number;
}

/** Where the current or last run stands. */
export interface RunProgress {
  done: number;
  total: number;
  cancelling: boolean;
}

export const AFTER: readonly PhaseCode[] = ["after", "watch"];
const REQUERY_MS = 400;

/** One release on the screen: what is known, what is selected, what is running. */
export class Release {
  readonly of: ReleaseRef;
  view = $state.raw<ReleaseView | null>(null);
  project = $state.raw<ProjectView | null>(null);
  detail = $state.raw<ItemDetail | null>(null);
  failure = $state.raw<Failure | null>(null);
  run = $state.raw<RunProgress | null>(null);
  readonly live = new SvelteMap<string, Live>();

  filter = $state<Filter>("all");
  query = $state("");
  section = $state("");
  selected = $state("");

  readonly #host: Host;
  readonly #session: Session;
  #stamp = 0;
  #turn = 0;
  readonly #calm = new Calm(() => this.#query(), REQUERY_MS);

  // Made anew by each derivation and never changed: a plain set serves.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly blocking: ReadonlySet<string> = $derived(new Set(this.view?.gate.blockers.flatMap((each) => (each.item ? [each.item] : [])) ?? []));

  readonly #here = $derived((this.view?.sections ?? []).filter((section) => !this.section || section.id === this.section));

  /** Sections with the items that filter and search let through. */
  readonly shown = $derived.by((): ShownSection[] => {
    const wanted = this.query.toLowerCase().split(/\s+/).filter(Boolean);
    return this.#here
      .map((section) => ({ ...section, all: section.items.length, items: section.items.filter((item) => this.#is(item, section, this.filter) && matches(item, section, wanted)) }))
      .filter((section) => section.items.length > 0);
  });

  readonly afterSections = $derived.by((): ShownSection[] =>
    (this.view?.sections ?? []).filter((section) => AFTER.includes(section.phase)).map((section) => ({ ...section, all: section.items.length })),
  );

  readonly counts = $derived.by((): Record<Filter, number> => {
    const counts: Record<Filter, number> = { all: 0, blocking: 0, failed: 0, inconclusive: 0, mine: 0, stale: 0 };
    for (const section of this.#here) {
      for (const item of section.items) {
        for (const filter of FILTERS) if (this.#is(item, section, filter)) counts[filter] += 1;
      }
    }
    return counts;
  });

  /** The unlocked person's entry on this project's roster. */
  readonly me = $derived.by((): MemberView | null => {
    const key = this.#session.unlocked?.fingerprint;
    return this.project?.members.find((member) => member.fingerprint === key) ?? null;
  });

  readonly running = $derived(this.run !== null || (this.view?.running ?? false));

  /** A key of this machine. */
  keyOf(fingerprint: string): KeyView | undefined {
    return this.#session.keys.find((key) => key.fingerprint === fingerprint);
  }

  constructor(host: Host, session: Session, of: ReleaseRef) {
    this.#host = host;
    this.#session = session;
    this.of = of;
  }

  async load(): Promise<void> {
    const turn = ++this.#turn;
    try {
      const [view, project] = await Promise.all([this.#host.release(this.of), this.#host.project(this.of.project)]);
      // An answer that comes late must not replace a newer one.
      if (turn !== this.#turn) return;
      this.view = view;
      this.project = project;
      this.failure = null;
    } catch (thrown) {
      if (turn === this.#turn) this.failure = Failure.of(thrown);
    }
  }

  /** Asks again soon; many calls make one query. */
  requery(): void {
    this.#calm.ask();
  }

  async #query(): Promise<void> {
    const covered = this.#stamp;
    await this.load();
    await this.#loadDetail();
    for (const [item, live] of this.live) if (!live.running && live.stamp <= covered) this.live.delete(item);
  }

  /** Stops what is waiting; the controller is not used afterwards. */
  stop(): void {
    this.#calm.stop();
  }

  // Items.

  async select(item: string): Promise<void> {
    if (this.selected === item) return;
    this.selected = item;
    if (this.detail?.row.id !== item) this.detail = null;
    await this.#loadDetail();
  }

  async #loadDetail(): Promise<void> {
    const item = this.selected;
    if (!item) return;
    const result = await this.#session.attempt(() => this.#host.item(this.of, item));
    if (result.ok && this.selected === item) this.detail = result.value;
  }

  row(item: string): ItemRow | undefined {
    return this.view?.sections.flatMap((section) => section.items).find((each) => each.id === item);
  }

  #is(item: ItemRow, section: SectionView, filter: Filter): boolean {
    switch (filter) {
      case "all":
        return true;
      case "blocking":
        return this.blocking.has(item.id);
      case "failed":
        return item.state === "failed" || item.machine?.outcome === "fail";
      case "inconclusive":
        return item.machine?.outcome === "inconclusive";
      case "mine":
        // What is due after the deployment waits for nobody before it.
        return (this.view?.deployment != null) === AFTER.includes(section.phase) && needsMe(item, this.me, this.project?.exception_approvers ?? []);
      case "stale":
        return item.machine?.stale ?? false;
    }
  }

  // Runs.

  /** Runs probes; `items` empty means all. */
  async check(items: string[], allowActive = false): Promise<void> {
    if (this.running) return;
    this.run = { done: 0, total: items.length, cancelling: false };
    await this.#session.attempt(() => this.#host.startCheck({ ...this.of, items, allowActive }, (step) => this.progress(step)));
    this.run = null;
    for (const [item, live] of this.live) if (live.running) this.live.set(item, { ...live, running: false, stamp: ++this.#stamp });
    await this.#query();
  }

  async cancel(): Promise<void> {
    if (this.run) this.run = { ...this.run, cancelling: true };
    await this.#session.attempt(() => this.#host.cancelCheck(this.of));
  }

  /** Items that failed or could not be told. */
  unsure(): string[] {
    return this.#ids((item) => item.machine?.outcome === "fail" || item.machine?.outcome === "inconclusive");
  }

  /** Items with probes of one section. */
  ofSection(id: string): string[] {
    return (this.view?.sections ?? [])
      .filter((section) => section.id === id)
      .flatMap((section) => section.items.filter((item) => item.probes.length > 0).map((item) => item.id));
  }

  /** Items with probes that are due after the deployment. */
  afterItems(): string[] {
    return this.afterSections.flatMap((section) => section.items.filter((item) => item.probes.length > 0).map((item) => item.id));
  }

  #ids(wanted: (item: ItemRow) => boolean): string[] {
    return (this.view?.sections ?? []).flatMap((section) => section.items.filter(wanted).map((item) => item.id));
  }

  progress(step: ProgressView): void {
    switch (step.step) {
      case "began":
        this.run = { done: 0, total: step.total, cancelling: false };
        break;
      case "started":
        // A second probe of the same item must not wipe the first one's verdict.
        this.live.set(step.item, { outcome: null, reason: null, summary: "", ...this.live.get(step.item), running: true, line: "", stamp: ++this.#stamp });
        break;
      case "said": {
        const live = this.live.get(step.item);
        if (live?.running) this.live.set(step.item, { ...live, line: step.line });
        break;
      }
      case "finished": {
        const before = this.live.get(step.item)?.outcome ?? null;
        const outcome = before ? worst(before, step.outcome) : step.outcome;
        const decides = outcome === step.outcome;
        const earlier = this.live.get(step.item);
        this.live.set(step.item, {
          running: false,
          line: "",
          outcome,
          reason: decides ? (step.reason ?? null) : (earlier?.reason ?? null),
          summary: decides ? step.summary : (earlier?.summary ?? ""),
          stamp: ++this.#stamp,
        });
        this.run = { done: step.done, total: step.total, cancelling: this.run?.cancelling ?? false };
        this.requery();
        break;
      }
      case "ended":
        break;
    }
  }

  // Actions: each is one call, shows its own failure, and asks again afterwards.

  async act<T>(action: (host: Host) => Promise<T>, { quiet = false } = {}): Promise<Result<T>> {
    const result = await this.#session.attempt(() => action(this.#host), { quiet });
    if (result.ok) await this.#query();
    return result;
  }

  /** The exact text that the unlocked person would sign; a locked key is asked for first. */
  statement(role: string): Promise<Result<StatementView>> {
    return this.#session.attempt(() => this.#host.statement(this.of, role));
  }

  /** What failed before it held, and what is different from the release before. */
  approval(): Promise<ApprovalView> {
    return this.#host.approval(this.of);
  }

  /** Names of those who hold a role and whose key is on this machine. */
  holders(role: string): MemberView[] {
    return this.project?.members.filter((member) => member.roles.includes(role) && member.here) ?? [];
  }

  /** Why no deployment can be recorded now; empty when one can. */
  readonly deploymentLock = $derived.by((): string => {
    const gate = this.view?.gate;
    if (!gate) return words.common.loading;
    return gate.verdict === "go" ? "" : words.deployment.locked(gate.summary);
  });
}

/** Whether every word stands somewhere in the item or in its section's title. */
function matches(item: ItemRow, section: SectionView, wanted: string[]): boolean {
  if (wanted.length === 0) return true;
  const text = [section.title, item.title, item.id, item.machine?.summary, ...item.probes].join("\n").toLowerCase();
  return wanted.every((word) => text.includes(word));
}
