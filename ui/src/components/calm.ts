/**
 * Runs an action soon after it is asked for, never twice at once: a burst of requests
 * makes one run now and one at the end.
 */
export class Calm {
  readonly #action: () => Promise<void>;
  readonly #delay: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = false;
  #again = false;
  #stopped = false;

  /** `delay` in milliseconds. */
  constructor(action: () => Promise<void>, delay: number) {
    this.#action = action;
    this.#delay = delay;
  }

  ask(): void {
    if (this.#stopped) return;
    if (this.#running) this.#again = true;
    else this.#timer ??= setTimeout(() => void this.#run(), this.#delay);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#timer = undefined;
    this.#running = true;
    try {
      await this.#action();
    } finally {
      this.#running = false;
      if (this.#again) {
        this.#again = false;
        this.ask();
      }
    }
  }
}

/** Loads now and, calmly, whenever `subscribe` calls. Returns the way to stop. */
export function follow(load: () => Promise<void>, subscribe: (listener: () => void) => () => void, delay = 400): () => void {
  const calm = new Calm(load, delay);
  void load();
  const leave = subscribe(() => calm.ask());
  return () => {
    leave();
    calm.stop();
  };
}
