// A copied secret lies in the clipboard for a while only. What somebody copied since is
// never overwritten: the clipboard is looked at first, and where it cannot be looked at it
// is left alone and looked at again when the window comes back into focus.

import { readText, writeText } from "../../components/clipboard";

/** How long a secret lies in the clipboard, in seconds. */
export const CLEARED_AFTER = 30;

/**
 * `copied`: it lies there and time runs. `cleared`: it lay there still, and is gone.
 * `replaced`: something else lies there by now. `held`: the clipboard cannot be looked at.
 * `refused`: nothing could be copied.
 */
export type CopyState = "none" | "copied" | "cleared" | "replaced" | "held" | "refused";

export class TimedCopy {
  state = $state<CopyState>("none");
  /** What was copied, by name. */
  name = $state("");
  /** Seconds until it is cleared. */
  left = $state(0);
  #text = "";
  #until = 0;
  #ticking: ReturnType<typeof setInterval> | undefined;
  /** Which copy the latest is: what was asked for before it has nothing to say any more. */
  #turn = 0;
  /** The page was left: a copy that was under way then is cleared as soon as it lies there. */
  #over = false;

  async copy(name: string, text: string): Promise<void> {
    const turn = ++this.#turn;
    const done = await writeText(text);
    if (this.#over && done) await wipe(text);
    if (this.#over || turn !== this.#turn) return;
    this.name = name;
    this.state = done ? "copied" : "refused";
    // What was copied before is cleared in its time.
    if (!done) return;
    this.#stop();
    this.#text = text;
    this.#until = Date.now() + CLEARED_AFTER * 1000;
    this.left = CLEARED_AFTER;
    this.#ticking = setInterval(() => this.#tick(), 1000);
  }

  /** Clears it at once; where the clipboard cannot be looked at, whatever lies there. */
  async clearNow(): Promise<void> {
    await this.#clear(true);
  }

  /** The time is up, or the page is left: clears what is still the secret. */
  async clear(): Promise<void> {
    await this.#clear(false);
  }

  /** The window is in focus again: what could not be looked at is tried once more. */
  async focused(): Promise<void> {
    if (this.state === "held") await this.#clear(false);
  }

  /** Clears what is still the secret and forgets it, whether or not that worked; what became of it. */
  async leave(): Promise<CopyState> {
    this.#over = true;
    if (this.#text) await this.#clear(false);
    this.#text = "";
    return this.state;
  }

  async #clear(force: boolean): Promise<void> {
    if (!this.#text) return;
    const turn = ++this.#turn;
    this.#stop();
    const found = await wipe(this.#text, force);
    if (turn !== this.#turn) return;
    this.state = found;
    if (found !== "held") this.#text = "";
  }

  #tick(): void {
    this.left = Math.max(0, Math.ceil((this.#until - Date.now()) / 1000));
    if (this.left === 0) void this.clear();
  }

  #stop(): void {
    clearInterval(this.#ticking);
    this.left = 0;
  }
}

async function wipe(text: string, force = false): Promise<"cleared" | "replaced" | "held"> {
  const seen = await readText();
  if (seen === null ? !force : seen !== text) return seen === null ? "held" : "replaced";
  return (await writeText("")) ? "cleared" : "held";
}
