// How a gate verdict, a role's state and a stage look. A word and an icon each.

import Ban from "@lucide/svelte/icons/ban";
import CircleCheck from "@lucide/svelte/icons/circle-check";
import CircleDashed from "@lucide/svelte/icons/circle-dashed";
import History from "@lucide/svelte/icons/history";
import OctagonX from "@lucide/svelte/icons/octagon-x";
import PenLine from "@lucide/svelte/icons/pen-line";
import Undo2 from "@lucide/svelte/icons/undo-2";
import type { Component } from "svelte";
import type { Tone } from "../../components/tone";
import type { GateCode, RoleState, Stage } from "../../host/host";
import { words } from "../../words";

export interface Look {
  word: string;
  tone: Tone;
  icon: Component<{ size?: number }>;
}

export const GATE: Record<GateCode, Look> = {
  "no-go": { word: words.gate.noGo, tone: "fail", icon: OctagonX },
  ready: { word: words.gate.ready, tone: "warn", icon: PenLine },
  go: { word: words.gate.go, tone: "pass", icon: CircleCheck },
};

export const ROLE_STATE: Record<RoleState, Look> = {
  missing: { word: words.signoff.missing, tone: "mute", icon: CircleDashed },
  signed: { word: words.signoff.signed, tone: "pass", icon: CircleCheck },
  stale: { word: words.signoff.stale, tone: "warn", icon: History },
  declined: { word: words.signoff.declined, tone: "fail", icon: Ban },
  revoked: { word: words.signoff.revoked, tone: "fail", icon: Undo2 },
};

export const STAGE: Record<Stage, string> = words.release.stages;

/** Roles as the screen names them. */
export const roleTitles = (roles: readonly string[]): string => roles.map((role) => (words.roles as Record<string, string>)[role] ?? role).join(", ");
