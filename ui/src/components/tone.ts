/** What a colour means. Never the only carrier: an icon and a word go with it. */
export type Tone = "pass" | "fail" | "doubt" | "warn" | "info" | "mute";
