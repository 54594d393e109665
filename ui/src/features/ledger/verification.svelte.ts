// The whole ledger, verified in the background. One at a time, whichever screen shows it.

import { Failure, type CheckedView, type Host, type LedgerView } from "../../host/host";

export class Verification {
  readonly #host: Host;
  /** How far it is; null when none is under way or nothing is known yet. */
  now = $state.raw<CheckedView | null>(null);
  running = $state(false);
  result = $state.raw<LedgerView | null>(null);
  failure = $state.raw<Failure | null>(null);

  constructor(host: Host) {
    this.#host = host;
  }

  /** Events that the last verification found damaged. */
  readonly bad = $derived(this.result?.damage.flatMap((each) => each.event ?? []) ?? []);

  async start(): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.now = null;
    this.failure = null;
    // What could not be verified now is not shown as verified earlier.
    this.result = null;
    try {
      this.result = await this.#host.checkLedger((now) => (this.now = now));
    } catch (thrown) {
      this.failure = Failure.of(thrown);
    }
    this.running = false;
  }

  async stop(): Promise<void> {
    await this.#host.cancelLedgerCheck();
  }
}
