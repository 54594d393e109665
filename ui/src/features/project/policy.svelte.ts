import type { Failure, ProjectView, SetPolicy } from "../../host/host";
import { words } from "../../words";

/** Roles that may sign; an auditor only reads. */
export const SIGNERS = ["security", "devops", "management", "admin"] as const;

/** A policy while somebody changes it. */
export class PolicyDraft {
  readonly #project: ProjectView;
  /** How many people sign for each role; 0 where it does not sign. */
  people = $state<Record<string, number>>({});
  approvers = $state<string[]>([]);
  /** Whether no check counts longer than `freshness`. */
  limited = $state(false);
  freshness = $state(24);
  /** Whether an emergency is known. */
  urgent = $state(false);
  urgentRoles = $state<string[]>([]);
  reviewHours = $state(24);
  note = $state("");
  failure = $state.raw<Failure | null>(null);

  constructor(project: ProjectView) {
    this.#project = project;
    for (const role of SIGNERS) this.people[role] = project.required_roles.includes(role) ? (project.signers?.[role] ?? 1) : 0;
    this.approvers = [...project.exception_approvers];
    this.limited = project.freshness_hours != null;
    this.freshness = project.freshness_hours ?? 24;
    this.urgent = project.emergency != null;
    this.urgentRoles = [...(project.emergency?.roles ?? [])];
    this.reviewHours = project.emergency?.review_hours ?? 24;
  }

  /** The roles that sign, in the order that the project has, new ones last. */
  readonly required = $derived.by((): string[] => {
    const known = this.#project.required_roles.filter((role) => (this.people[role] ?? 0) > 0);
    return [...known, ...SIGNERS.filter((role) => (this.people[role] ?? 0) > 0 && !known.includes(role))];
  });

  /** Why it cannot be sent; empty when it can. */
  readonly blocked = $derived.by((): string => {
    const urgent = this.urgentRoles.filter((role) => this.required.includes(role));
    if (this.required.length === 0) return words.policy.nobodySigns;
    if (Object.values(this.people).some((people) => !isWhole(people, 0, 20))) return words.policy.peopleRange;
    if (this.limited && !isWhole(this.freshness, 1, 8784)) return words.policy.hoursRange;
    if (this.urgent && urgent.length === 0) return words.policy.urgentMissing;
    if (this.urgent && !isWhole(this.reviewHours, 1, 8784)) return words.policy.hoursRange;
    return "";
  });

  get request(): SetPolicy {
    const several = this.required.filter((role) => (this.people[role] ?? 1) > 1);
    return {
      project: this.#project.id,
      required_roles: this.required,
      signers: Object.fromEntries(several.map((role) => [role, this.people[role] ?? 1])),
      exception_approvers: [...this.approvers],
      freshness_hours: this.limited ? this.freshness : null,
      emergency: this.urgent ? { roles: this.urgentRoles.filter((role) => this.required.includes(role)), review_hours: this.reviewHours } : null,
      note: this.note.trim(),
    };
  }
}

const isWhole = (value: number, from: number, to: number) => Number.isInteger(value) && value >= from && value <= to;
