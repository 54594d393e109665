// What can be done from the palette: each screen offers its part while it is shown.

import type { Component } from "svelte";

export interface Command {
  id: string;
  label: string;
  /** Said beside the label, and searched too. */
  detail?: string;
  /** Keys that do the same. */
  keys?: string;
  icon?: Component<{ size?: number }>;
  act: () => void;
}

export interface CommandGroup {
  label: string;
  commands: Command[];
}

/** How many of a group are shown at once; more words narrow it down. */
const MOST = 12;

export class Commands {
  open = $state(false);
  #offers = $state.raw<(() => CommandGroup[])[]>([]);

  /** Everything that is offered now, the latest screen first. */
  readonly groups = $derived(this.#offers.toReversed().flatMap((offer) => offer()));

  /** Offers commands. Returns the way to withdraw them. */
  offer(offer: () => CommandGroup[]): () => void {
    this.#offers = [...this.#offers, offer];
    return () => (this.#offers = this.#offers.filter((each) => each !== offer));
  }
}

/** The commands that hold every word, those whose label begins with it first. */
export function find(groups: readonly CommandGroup[], query: string): CommandGroup[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const first = words[0] ?? "";
  const rank = (command: Command) => (command.label.toLowerCase().startsWith(first) ? 0 : 1);
  return groups
    .map(({ label, commands }) => ({
      label,
      commands: commands
        .filter((command) => {
          const text = `${label}\n${command.label}\n${command.detail ?? ""}`.toLowerCase();
          return words.every((word) => text.includes(word));
        })
        .toSorted((a, b) => rank(a) - rank(b))
        .slice(0, MOST),
    }))
    .filter((group) => group.commands.length > 0);
}
