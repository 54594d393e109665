// The built-in checklist, read from the template itself: what the screens are tried with is
// what the program asks for.

import { parse } from "smol-toml";
import template from "../../../../src-tauri/templates/production-security.toml?raw";
import type { PhaseCode, SeverityCode, TemplateView, VerifyCode } from "../wire.gen";

/** What a computed line follows from; one of the three. */
export interface Computed {
  role?: string;
  severity?: SeverityCode;
  sections?: string[];
}

export interface FakeItem {
  id: string;
  title: string;
  verify: VerifyCode;
  severity: SeverityCode;
  /** Names of the probes, in order. */
  probes: string[];
  /** Whether one of them changes load or state on the target. */
  active: boolean;
  /** How long a verdict counts. */
  freshnessHours: number | null;
  excepted: boolean;
  guidance: string;
  controls: string[];
  computed: Computed | null;
}

export interface FakeSection {
  id: string;
  title: string;
  severity: SeverityCode;
  phase: PhaseCode;
  minutes: [number, number] | null;
  risk: string;
  guidance: string;
  controls: string[];
  items: FakeItem[];
}

interface TemplateItem {
  id: string;
  title: string;
  verify: VerifyCode;
  severity?: SeverityCode;
  probes?: { use: string }[];
  exception?: boolean;
  freshness_hours?: number;
  guidance?: string;
  controls?: string[];
  computed?: Computed;
}

interface TemplateSection {
  id: string;
  title: string;
  severity: SeverityCode;
  phase: PhaseCode;
  minutes?: [number, number];
  risk?: string;
  guidance?: string;
  controls?: string[];
  item?: TemplateItem[];
}

interface TemplateFile {
  id: string;
  title: string;
  version: string;
  section: TemplateSection[];
}

/** Probes that change load or state on what they look at. */
const ACTIVE = new Set(["command.exit-zero", "http.rate-limit", "websocket.room-names", "websocket.tenant-rooms"]);

function itemOf(item: TemplateItem, section: TemplateSection): FakeItem {
  const severity = item.severity ?? section.severity;
  const probes = (item.probes ?? []).map((probe) => probe.use);
  return {
    id: item.id,
    title: item.title,
    verify: item.verify,
    severity,
    probes,
    active: probes.some((probe) => ACTIVE.has(probe)),
    freshnessHours: item.freshness_hours ?? null,
    excepted: severity !== "critical" && item.verify !== "computed" && (item.exception ?? true),
    guidance: item.guidance ?? "",
    controls: item.controls ?? [],
    computed: item.computed ?? null,
  };
}

function sectionOf(section: TemplateSection): FakeSection {
  return {
    id: section.id,
    title: section.title,
    severity: section.severity,
    phase: section.phase,
    minutes: section.minutes ?? null,
    risk: section.risk ?? "",
    guidance: section.guidance ?? "",
    controls: section.controls ?? [],
    items: (section.item ?? []).map((item) => itemOf(item, section)),
  };
}

const file = parse(template) as unknown as TemplateFile;

export const CHECKLIST: FakeSection[] = file.section.map(sectionOf);

export const BUILT_IN: TemplateView = {
  id: file.id,
  title: file.title,
  version: file.version,
  sha256: "7ab3".repeat(16),
  items: CHECKLIST.reduce((sum, section) => sum + section.items.length, 0),
};
