// Which exceptions a signer has acknowledged, each exactly as it was shown.

import { SvelteSet } from "svelte/reactivity";
import type { ExceptionView } from "../../host/host";

export class Acknowledged {
  readonly #seen = new SvelteSet<string>();

  has(exception: ExceptionView): boolean {
    return this.#seen.has(exact(exception));
  }

  set(exception: ExceptionView, acknowledged = true): void {
    if (acknowledged) this.#seen.add(exact(exception));
    else this.#seen.delete(exact(exception));
  }

  /** How many of these are not acknowledged yet. */
  left(exceptions: readonly ExceptionView[]): number {
    return exceptions.filter((each) => !this.has(each)).length;
  }
}

/** Every word of it: an exception that changes is another one. */
function exact(exception: ExceptionView): string {
  return JSON.stringify(Object.entries(exception).toSorted(([a], [b]) => a.localeCompare(b)));
}
