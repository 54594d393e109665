// Compares a view with its reference picture. A reference is half as wide and high, with
// 64 steps of each colour: small enough to be kept in the repository.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";
import type { LookName } from "./look";

/**
 * What may differ, by how far two colours lie apart in OKLab (black to white is 1). Engines
 * round letters a little differently from one machine to the next: by faint shades in many
 * places, never clearly. What moved differs clearly, in few; what got another ground differs
 * faintly, everywhere.
 */
export const LIMITS = {
  clear: { colour: 0.1, share: 0.00005 },
  faint: { colour: 0.03, share: 0.05 },
};

const STEPS = 63;
const ROOT = join(import.meta.dirname, "..");
export const REFERENCES = join(ROOT, "pictures");
const DIFFERENCES = join(ROOT, "out/differences");

export const referenceOf = (view: string, look: LookName) => join(REFERENCES, `${view}.${look}.png`);

/** Half as wide and high: each pixel the mean of four. */
export function halve({ width, height, data }: PNG): PNG {
  const half = new PNG({ width: width >> 1, height: height >> 1 });
  const row = width * 4;
  for (let y = 0; y < half.height; y += 1) {
    for (let x = 0; x < half.width; x += 1) {
      const from = y * 2 * row + x * 8;
      const to = (y * half.width + x) * 4;
      for (let c = 0; c < 4; c += 1) {
        half.data[to + c] = (data[from + c]! + data[from + c + 4]! + data[from + c + row]! + data[from + c + row + 4]! + 2) >> 2;
      }
    }
  }
  return half;
}

/** The bytes that are kept as reference. */
export function reference(shot: Buffer): Buffer {
  const half = halve(PNG.sync.read(shot));
  for (let at = 0; at < half.data.length; at += 1) half.data[at] = Math.round((Math.round((half.data[at]! * STEPS) / 255) * 255) / STEPS);
  return PNG.sync.write(half, { colorType: 2, filterType: 0, deflateLevel: 9, deflateStrategy: 0 });
}

export interface Difference {
  /** Shares of pixels that differ, from 0 to 1. */
  clear: number;
  faint: number;
  /** Where they are. */
  picture: Buffer;
}

export function difference(kept: Buffer, shot: Buffer): Difference {
  const before = PNG.sync.read(kept);
  const now = halve(PNG.sync.read(shot));
  const { width, height } = before;
  if (width !== now.width || height !== now.height) return { clear: 1, faint: 1, picture: shot };
  const marked = new PNG({ width, height });
  const share = (threshold: number) => pixelmatch(before.data, now.data, marked.data, width, height, { threshold }) / (width * height);
  const clear = share(LIMITS.clear.colour);
  const picture = clear > LIMITS.clear.share ? PNG.sync.write(marked) : null;
  const faint = share(LIMITS.faint.colour);
  return { clear, faint, picture: picture ?? PNG.sync.write(marked) };
}

/** What differs by more than it may, in words; empty when nothing does. */
export function verdict({ clear, faint }: Difference): string {
  if (clear > LIMITS.clear.share) return `${percent(clear)} of the pixels differ from its reference, more than ${percent(LIMITS.clear.share)}`;
  if (faint > LIMITS.faint.share) return `${percent(faint)} of the pixels have another shade than in its reference, more than ${percent(LIMITS.faint.share)}`;
  return "";
}

/** What is wrong with the picture of a view, and what to do; empty when it looks as accepted. */
export function judge(view: string, look: LookName, shot: Buffer): string {
  const path = referenceOf(view, look);
  const accept = `If that is meant, run ./dev shots --accept ${view} and commit the picture.`;
  if (!existsSync(path)) return `${view}, ${look}: there is no reference picture. ${accept}`;
  const found = difference(readFileSync(path), shot);
  const wrong = verdict(found);
  if (!wrong) return "";
  const out = join(DIFFERENCES, `${view}.${look}`);
  keep(`${out}.now.png`, shot);
  keep(`${out}.png`, found.picture);
  return `${view}, ${look}: ${wrong}. They are marked in ${out}.png; how it looks now is beside it in ${view}.${look}.now.png. ${accept}`;
}

export function keep(path: string, bytes: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

const percent = (share: number) => `${(share * 100).toFixed(share < 0.001 ? 3 : 1)} %`;
