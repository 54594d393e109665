// Which keys are free for shortcuts, and keys that follow one another.

/** How long the second key of a pair is waited for, in milliseconds. */
const PATIENCE = 1200;

/** Whether somebody is writing there. */
export function isTyping(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** Whether a dialog or menu has the keys for itself. */
export function isCovered(): boolean {
  return document.querySelector('[role="dialog"], [role="menu"]') !== null;
}

/** Whether the key came with one that makes it somebody else's. */
export function isModified(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey;
}

/** Two keys one after the other, such as g then b. */
export class Leader {
  readonly #key: string;
  #until = 0;

  constructor(key: string) {
    this.#key = key;
  }

  /** Takes a key: whether it begins the pair, or the second key when it ends one. */
  take(key: string, now: number): { begins: boolean; second: string } {
    const waiting = now < this.#until;
    this.#until = 0;
    if (waiting) return { begins: false, second: key };
    if (key === this.#key) this.#until = now + PATIENCE;
    return { begins: key === this.#key, second: "" };
  }
}
