// Keeps the keyboard near where it was when what had the focus goes away.

import { tabbable } from "tabbable";

/** An element and what it stands in, from the inside: some of it outlasts the element. */
export function lineage(at: Element | null): Element[] {
  const line: Element[] = [];
  for (let each = at; each && each !== document.body; each = each.parentElement) line.push(each);
  return line;
}

/** Gives the focus to the first of the line, or to what stands nearest to it now. */
export function refocus(line: readonly Element[]): void {
  const main = document.querySelector<HTMLElement>("main");
  const [first, ...around] = line;
  if (first instanceof HTMLElement && first.isConnected) return first.focus({ preventScroll: true });
  for (const each of around) {
    if (each === main) break;
    if (!each.isConnected) continue;
    const near = tabbable(each)[0];
    if (near) return near.focus({ preventScroll: true });
  }
  main?.focus({ preventScroll: true });
}

/** Watches that the focus never falls back to nothing because its element was taken away. */
export function keepFocus(): () => void {
  let line: Element[] = [];
  const note = (event: FocusEvent) => (line = lineage(event.target as Element));
  // Who clicks beside everything lets go of it on purpose.
  const letGo = (event: FocusEvent) => {
    if (event.relatedTarget === null && (event.target as Element).isConnected) setTimeout(() => document.activeElement === document.body && line[0]?.isConnected && (line = []));
  };
  const watch = new MutationObserver(() => {
    if (document.activeElement !== document.body || line.length === 0 || line[0]?.isConnected) return;
    const lost = line;
    line = [];
    // A menu or a dialog that closes gives the focus back itself, a moment later.
    setTimeout(() => document.activeElement === document.body && refocus(lost));
  });
  addEventListener("focusin", note);
  addEventListener("focusout", letGo);
  watch.observe(document.body, { childList: true, subtree: true });
  return () => {
    removeEventListener("focusin", note);
    removeEventListener("focusout", letGo);
    watch.disconnect();
  };
}
