// What the palette offers on a release.

import Filter from "@lucide/svelte/icons/list-filter";
import Hand from "@lucide/svelte/icons/hand";
import ListChecks from "@lucide/svelte/icons/list-checks";
import NotebookPen from "@lucide/svelte/icons/notebook-pen";
import Paperclip from "@lucide/svelte/icons/paperclip";
import Play from "@lucide/svelte/icons/play";
import RotateCw from "@lucide/svelte/icons/rotate-cw";
import ShieldAlert from "@lucide/svelte/icons/shield-alert";
import type { Command, CommandGroup } from "../../components/commands.svelte";
import { paths, TABS } from "../../router.svelte";
import { words } from "../../words";
import { STATE } from "../item/outcome";
import { FILTERS, type Release } from "./release.svelte";

/** What the screen does for the palette. */
export interface Acts {
  go: (path: string) => void;
  /** Shows the checklist and opens an item. */
  open: (item: string) => void;
  tick: () => void;
  note: () => void;
  evidence: () => void;
  except: () => void;
  rerun: () => void;
}

function runs(release: Release): Command[] {
  if (release.running || release.view?.row.stage === "closed") return [];
  const unsure = release.unsure();
  const commands: Command[] = [{ id: "run-all", label: words.check.runAll, keys: "R", icon: Play, act: () => void release.check([]) }];
  if (unsure.length > 0) commands.push({ id: "run-failed", label: words.check.runFailed(unsure.length), icon: RotateCw, act: () => void release.check(unsure) });
  return commands;
}

function ofItem(release: Release, acts: Acts): CommandGroup[] {
  const row = release.row(release.selected);
  if (!row) return [];
  const commands: Command[] = [];
  if (row.verify !== "computed") {
    commands.push({ id: "tick", label: words.palette.tick, keys: "t", icon: Hand, act: acts.tick });
    commands.push({ id: "note", label: words.palette.note, keys: "n", icon: NotebookPen, act: acts.note });
  }
  commands.push({ id: "evidence", label: words.palette.evidence, keys: "e", icon: Paperclip, act: acts.evidence });
  if (row.may_be_excepted) commands.push({ id: "except", label: words.exception.requestTitle, keys: "x", icon: ShieldAlert, act: acts.except });
  if (row.probes.length > 0) commands.push({ id: "rerun", label: words.palette.rerun, keys: "r", icon: RotateCw, act: acts.rerun });
  return [{ label: row.title, commands }];
}

/** Actions first, then what can be gone to. */
export function releaseCommands(release: Release, acts: Acts): CommandGroup[] {
  const { view } = release;
  if (!view) return [];
  const filters = FILTERS.map((filter): Command => ({
    id: `filter-${filter}`,
    label: words.palette.show(words.filter[filter]),
    detail: String(release.counts[filter]),
    icon: Filter,
    act: () => {
      release.filter = filter;
      acts.go(paths.release(release.of));
    },
  }));
  const tabs = TABS.map((tab): Command => ({
    id: `tab-${tab}`,
    label: words.release.tabs[tab],
    keys: `g ${tab[0]}`,
    icon: ListChecks,
    act: () => acts.go(paths.release(release.of, tab)),
  }));
  const items = view.sections.flatMap((section) =>
    section.items.map((item): Command => ({
      id: `item-${item.id}`,
      label: item.title,
      detail: `${STATE[item.state].word} · ${item.id}`,
      icon: STATE[item.state].icon,
      act: () => acts.open(item.id),
    })),
  );
  return [
    ...ofItem(release, acts),
    { label: words.palette.actions, commands: runs(release) },
    { label: words.palette.release, commands: tabs },
    { label: words.palette.filters, commands: filters },
    { label: words.release.items, commands: items },
  ];
}
