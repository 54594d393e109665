// What the palette offers on every screen.

import Box from "@lucide/svelte/icons/package-open";
import Folder from "@lucide/svelte/icons/folder";
import History from "@lucide/svelte/icons/history";
import KeyRound from "@lucide/svelte/icons/key-round";
import Keyboard from "@lucide/svelte/icons/keyboard";
import LayoutList from "@lucide/svelte/icons/layout-list";
import Palette from "@lucide/svelte/icons/palette";
import type { App } from "../app.svelte";
import type { Command, CommandGroup } from "../components/commands.svelte";
import { GATE } from "../features/release/verdict";
import type { Board } from "../host/host";
import { paths } from "../router.svelte";
import type { Theme } from "../theme.svelte";
import { words } from "../words";

export function everywhere(board: Board | null, app: App, setTheme: (theme: Theme) => void): CommandGroup[] {
  const projects = board?.projects ?? [];
  const go = (path: string) => () => app.router.go(path);
  const places = projects.flatMap((project): Command[] => [
    { id: `project-${project.id}`, label: words.palette.project(project.name), icon: Folder, act: go(paths.project(project.id)) },
    { id: `timeline-${project.id}`, label: words.palette.timeline(project.name), icon: History, act: go(paths.timeline(project.id)) },
  ]);
  const releases = projects.flatMap((project) =>
    project.releases.map((row): Command => ({
      id: `release-${project.id}-${row.id}`,
      label: `${row.version}, ${project.name}`,
      detail: `${GATE[row.verdict].word} · ${row.environment}`,
      icon: Box,
      act: go(paths.release({ project: project.id, release: row.id })),
    })),
  );
  const themes = (["system", "light", "dark"] as const).map((theme): Command => ({
    id: `theme-${theme}`,
    label: words.theme[theme],
    icon: Palette,
    act: () => setTheme(theme),
  }));
  return [
    { label: words.palette.releases, commands: releases },
    {
      label: words.palette.goTo,
      commands: [
        { id: "board", label: words.board.title, keys: "g b", icon: LayoutList, act: go(paths.board()) },
        { id: "secrets", label: words.secret.title, keys: "g k", icon: KeyRound, act: go(paths.secrets()) },
        ...places,
        { id: "keys", label: words.shortcuts.title, keys: "?", icon: Keyboard, act: () => (app.help = true) },
      ],
    },
    { label: words.theme.heading, commands: themes },
  ];
}
