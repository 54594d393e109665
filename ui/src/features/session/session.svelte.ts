import type { Toasts } from "../../components/toasts.svelte";
import { Failure, type Host, type KeyView, type StatusView } from "../../host/host";
import { words } from "../../words";

/** What an action came to. */
export type Result<T> = { ok: true; value: T } | { ok: false; failure: Failure };

/** A passphrase that is waited for. */
interface Ask {
  /** The key that is offered first. */
  fingerprint: string;
  /** Why it is asked. */
  why: string;
  answer: (unlocked: boolean) => void;
}

/** Who sits at the machine, and the one way by which screens act. */
export class Session {
  status = $state.raw<StatusView | null>(null);
  ask = $state.raw<Ask | null>(null);

  readonly #host: Host;
  readonly #toasts: Toasts;

  constructor(host: Host, toasts: Toasts) {
    this.#host = host;
    this.#toasts = toasts;
  }

  get unlocked(): KeyView | null {
    return this.status?.unlocked ?? null;
  }

  get keys(): KeyView[] {
    return this.status?.keys ?? [];
  }

  async refresh(): Promise<void> {
    this.status = await this.#host.status();
  }

  /**
   * Runs an action. A `locked` failure asks for a passphrase and tries once more; every
   * other failure is shown as a message, or left to the caller when `quiet`.
   */
  async attempt<T>(action: () => Promise<T>, { quiet = false } = {}): Promise<Result<T>> {
    const first = await this.#once(action);
    const result =
      !first.ok && first.failure.code === "locked" && (await this.unlock(words.session.whyLocked))
        ? await this.#once(action)
        : first;
    if (!result.ok && !quiet) this.report(result.failure);
    return result;
  }

  /** Shows a failure in its own words. */
  report(failure: Failure): void {
    this.#toasts.show("fail", failure.message, failure.hint);
  }

  /** Asks for a passphrase; resolves to whether a key is unlocked now. */
  unlock(why = "", fingerprint = ""): Promise<boolean> {
    this.ask?.answer(false);
    return new Promise((resolve) => {
      const answer = (unlocked: boolean) => {
        this.ask = null;
        resolve(unlocked);
      };
      this.ask = { fingerprint: fingerprint || this.unlocked?.fingerprint || this.keys[0]?.fingerprint || "", why, answer };
    });
  }

  /** Answers the question with a passphrase. */
  async answer(fingerprint: string, passphrase: string): Promise<Result<KeyView>> {
    const result = await this.#once(() => this.#host.unlock(fingerprint, passphrase));
    if (!result.ok) return result;
    await this.refresh();
    this.ask?.answer(true);
    return result;
  }

  async lock(): Promise<void> {
    await this.attempt(() => this.#host.lock());
    await this.refresh();
  }

  async #once<T>(action: () => Promise<T>): Promise<Result<T>> {
    try {
      return { ok: true, value: await action() };
    } catch (thrown) {
      return { ok: false, failure: Failure.of(thrown) };
    }
  }
}
