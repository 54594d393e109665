// Everything that comes through the wall is made legible: characters that reorder or
// hide text are shown as marks, and no single text is so long that it stalls a screen.

import type { Host } from "./host";

const LONGEST = 100_000;

// Control characters but tab and line feed; bidi embeddings, overrides and isolates;
// zero-width characters; and the BOM.
const TRICKY = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
/** More marks on one letter than any script needs. */
const STACKED = /(\p{M}{4})\p{M}+/gu;

/** One text as it may be shown. */
export function legibleText(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length - LONGEST} more characters)` : text;
  return short
    .replace(/\r\n/g, "\n")
    .replace(TRICKY, (char) => `⟨U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`)
    .replace(STACKED, "$1");
}

function deep<T>(value: T): T {
  if (typeof value === "string") return legibleText(value) as T;
  if (Array.isArray(value)) return value.map(deep) as T;
  if (value === null || typeof value !== "object" || value instanceof Error) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deep(inner)])) as T;
}

/** The same host, whose every answer is legible. */
export function legible(host: Host): Host {
  return new Proxy(host, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (name === "onLedgerChanged") return member.bind(target);
      return (...args: unknown[]) => {
        // The one callback that carries data is the progress of a run.
        const passed = args.map((arg) => (typeof arg === "function" ? (step: unknown) => arg(deep(step)) : arg));
        return Promise.resolve(member.apply(target, passed)).then(deep);
      };
    },
  });
}
