import type { ExceptionState } from "../../host/host";
import type { Tone } from "../../components/tone";
import { words } from "../../words";

export const EXCEPTION: Record<ExceptionState, { word: string; tone: Tone }> = {
  requested: { word: words.exception.states.requested, tone: "info" },
  approved: { word: words.exception.states.approved, tone: "warn" },
  rejected: { word: words.exception.states.rejected, tone: "fail" },
  expired: { word: words.exception.states.expired, tone: "fail" },
};
