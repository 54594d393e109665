import type { Counts } from "../../host/host";
import type { Tone } from "../../components/tone";

/** The bar of a release. An excepted item's fail is drawn once, as an exception. */
export function parts({ total, settled, excepted, fail, inconclusive }: Counts): { value: number; tone: Tone }[] {
  const left = Math.max(total - settled, 0);
  const failed = Math.min(fail, left);
  return [
    { value: settled - excepted, tone: "pass" },
    { value: excepted, tone: "warn" },
    { value: failed, tone: "fail" },
    { value: Math.min(inconclusive, left - failed), tone: "doubt" },
  ];
}
