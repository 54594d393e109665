// How the kinds of change since the release before look, the gravest first.

import CircleCheck from "@lucide/svelte/icons/circle-check";
import CircleMinus from "@lucide/svelte/icons/circle-minus";
import CirclePlus from "@lucide/svelte/icons/circle-plus";
import ShieldAlert from "@lucide/svelte/icons/shield-alert";
import TrendingDown from "@lucide/svelte/icons/trending-down";
import type { Component } from "svelte";
import type { Tone } from "../../components/tone";

export type ShiftKind = "regressed" | "excepted" | "removed" | "added" | "fixed";

export const SHIFTS: readonly { kind: ShiftKind; tone: Tone; icon: Component<{ size?: number }> }[] = [
  { kind: "regressed", tone: "fail", icon: TrendingDown },
  { kind: "excepted", tone: "warn", icon: ShieldAlert },
  { kind: "removed", tone: "warn", icon: CircleMinus },
  { kind: "added", tone: "info", icon: CirclePlus },
  { kind: "fixed", tone: "pass", icon: CircleCheck },
];
