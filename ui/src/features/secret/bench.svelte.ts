// The secrets bench. Values live in this object only, for as long as its page is shown and
// somebody is there.

import { Failure, type Host, type SecretKind, type StrengthView } from "../../host/host";
import { TimedCopy } from "./copy.svelte";

/** After so long without a key or a click everything is forgotten, in milliseconds. */
export const FORGOTTEN_AFTER = 5 * 60_000;

/** A value that is not one of the checklist's three is judged by its strength alone. */
export const OTHER = "";

/** One of the three secrets that the checklist asks for. */
export class Slot {
  readonly kind: SecretKind;
  readonly name: string;
  value = $state("");
  shown = $state(false);
  strength = $state.raw<StrengthView | null>(null);
  failure = $state.raw<Failure | null>(null);

  constructor(kind: SecretKind, name: string) {
    this.kind = kind;
    this.name = name;
  }

  get line(): string {
    return `${this.name}=${this.value}`;
  }

  forget(): void {
    this.value = "";
    this.shown = false;
    this.strength = null;
    this.failure = null;
  }
}

export class Bench {
  readonly #host: Host;
  readonly copy = new TimedCopy();
  readonly slots: readonly Slot[] = [new Slot("jwt-secret", "JWT_SECRET"), new Slot("encryption-key", "ENCRYPTION_KEY"), new Slot("redis-password", "REDIS_PASSWORD")];
  /** What somebody pasted to be judged, and under which name. */
  pasted = $state("");
  pastedName = $state("JWT_SECRET");
  verdict = $state.raw<StrengthView | null>(null);
  judgeFailure = $state.raw<Failure | null>(null);
  /** Whether everything was forgotten because nobody was there. */
  idled = $state(false);
  /** All that was made, as lines of a .env file. */
  readonly lines = $derived(this.slots.filter((slot) => slot.value).map((slot) => slot.line));
  /** Answers to what was asked for before are dropped. */
  #since = 0;
  #asked = 0;
  #deadline = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  async make(slot: Slot): Promise<void> {
    const since = this.#since;
    slot.failure = null;
    try {
      const value = await this.#host.generateSecret(slot.kind);
      if (since !== this.#since) return;
      slot.forget();
      slot.value = value;
      this.idled = false;
      const strength = await this.#host.judgeSecret(slot.name, value);
      // Another one may have been made meanwhile.
      if (slot.value === value) slot.strength = strength;
    } catch (thrown) {
      if (since === this.#since) slot.failure = Failure.of(thrown);
    }
  }

  async makeAll(): Promise<void> {
    await Promise.all(this.slots.map((slot) => this.make(slot)));
  }

  /** Judges what the field holds, under the name that is chosen. */
  async judge(): Promise<void> {
    const asked = ++this.#asked;
    this.judgeFailure = null;
    if (!this.pasted) {
      this.verdict = null;
      return;
    }
    this.idled = false;
    try {
      const verdict = await this.#host.judgeSecret(this.pastedName, this.pasted);
      if (asked === this.#asked) this.verdict = verdict;
    } catch (thrown) {
      if (asked !== this.#asked) return;
      this.verdict = null;
      this.judgeFailure = Failure.of(thrown);
    }
  }

  forgetPasted(): void {
    this.#asked += 1;
    this.pasted = "";
    this.verdict = null;
    this.judgeFailure = null;
  }

  /** Hides every value that is shown. */
  hide(): void {
    for (const slot of this.slots) slot.shown = false;
  }

  /** Forgets every value; whether there was one. */
  forget(): boolean {
    const had = this.pasted !== "" || this.lines.length > 0;
    this.#since += 1;
    for (const slot of this.slots) slot.forget();
    this.forgetPasted();
    return had;
  }

  /** Somebody is there: the time until everything is forgotten begins anew. */
  touch(): void {
    // A machine that slept runs its timers late.
    if (this.#deadline > 0 && Date.now() >= this.#deadline) this.#idle();
    this.#deadline = Date.now() + FORGOTTEN_AFTER;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#idle(), FORGOTTEN_AFTER);
  }

  /** The page is left: forgets everything. Whether the clipboard may hold a secret still. */
  async leave(): Promise<boolean> {
    clearTimeout(this.#timer);
    this.forget();
    return (await this.copy.leave()) === "held";
  }

  #idle(): void {
    clearTimeout(this.#timer);
    this.#deadline = 0;
    if (this.forget()) this.idled = true;
    void this.copy.clear();
  }
}
