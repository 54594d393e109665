// What the screens are shown of a release.

import type { ItemDetail, ItemRow, ReleaseRow, ReleaseView, RoleLight, SectionView } from "../wire.gen";
import { BUILT_IN, type FakeItem, type FakeSection } from "./checklist";
import { closing, counts, digest, gate, owed } from "./gate";
import { machine, missingWords, standing } from "./standing";
import { DAY, type Story } from "./story";

function itemRow(story: Story, item: FakeItem): ItemRow {
  const stands = standing(story, item);
  return {
    id: item.id,
    title: item.title,
    severity: item.severity,
    verify: item.verify,
    state: stands.state,
    missing: stands.missing ? missingWords(stands.missing) : "",
    machine: machine(story, item),
    tick: story.ticks.get(item.id) ?? null,
    exception: story.exceptions.findLast((each) => each.item === item.id) ?? null,
    evidence: story.evidence.get(item.id)?.length ?? 0,
    probes: item.probes,
    active: item.active,
    may_be_excepted: item.excepted,
  };
}

export function itemDetail(story: Story, id: string): ItemDetail | undefined {
  const found = story.find(id);
  if (!found) return undefined;
  const { item, section } = found;
  return {
    row: itemRow(story, item),
    section: section.title,
    guidance: [item.guidance, section.guidance].filter(Boolean).join("\n\n"),
    risk: section.risk,
    controls: [...item.controls, ...section.controls.filter((each) => !item.controls.includes(each))],
    findings: story.findings.get(id) ?? [],
    evidence: story.evidence.get(id) ?? [],
    exceptions: story.exceptions.filter((each) => each.item === id),
    history: story.history.get(id) ?? [],
  };
}

function sectionView(story: Story, section: FakeSection): SectionView {
  const items = section.items.map((item) => itemRow(story, item));
  const { id, title, severity, phase, minutes, risk, guidance, controls } = section;
  const settled = items.filter((each) => each.state === "settled" || each.state === "excepted").length;
  return { id, title, severity, phase, minutes, risk, guidance, controls, settled, items };
}

export function releaseRow(story: Story): ReleaseRow {
  const { seed } = story;
  const now = gate(story);
  const roles: RoleLight[] = now.signoffs.map(({ role, title, state, by, at }) => ({ role, title, state, by, at, signed: state === "signed" ? 1 : 0, people: 1 }));
  const deadlines = story.exceptions.filter((each) => each.state === "approved").map((each) => each.expires_at);
  for (const finding of [...story.findings.values()].flat()) deadlines.push(new Date(Date.parse(finding.at) + DAY).toISOString());
  return {
    project: seed.project,
    project_name: seed.projectName,
    demo: seed.demo,
    id: seed.id,
    version: seed.version,
    environment: seed.environment,
    stage: story.stage,
    verdict: now.verdict,
    blockers: now.blockers.length,
    score: now.score,
    roles,
    counts: counts(story),
    opened_at: seed.openedAt,
    planned_for: new Date(Date.parse(seed.openedAt) + 3 * DAY).toISOString(),
    changed_at: story.changedAt,
    owed: owed(story),
    next_deadline: deadlines.sort()[0] ?? null,
  };
}

export function releaseView(story: Story): ReleaseView {
  return {
    row: releaseRow(story),
    subject: {
      commit: "9f2c4b7e1d0a8356f4c21be97d05a6e83b1c7f42",
      dirty: false,
      artifacts: [["api.tar.zst", "c1d2".repeat(16)]],
      ticket: "OPS-412",
      reason: "Adds calendar sharing between tenants",
    },
    template: { ...BUILT_IN, items: story.sections.reduce((sum, section) => sum + section.items.length, 0) },
    gate: gate(story),
    sections: story.sections.map((section) => sectionView(story, section)),
    exceptions: story.exceptions,
    deployment: story.deployment,
    closing: closing(story),
    state: digest(story),
    running: story.running,
  };
}
