import type { Tone } from "./tone";

export interface Toast {
  id: number;
  tone: Tone;
  title: string;
  text: string;
}

/** Short messages at the edge. Failures stay until they are closed. */
export class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;

  show(tone: Tone, title: string, text = ""): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-3), { id, tone, title, text }];
    if (tone !== "fail") setTimeout(() => this.close(id), 5000);
  }

  close(id: number): void {
    this.list = this.list.filter((each) => each.id !== id);
  }
}
