// Made by `npm run types` from docs/schemas/wire.json. Do not edit.

/**
 * How much an item matters.
 */
export type SeverityCode = "critical" | "high" | "recommended";
/**
 * What a person said.
 */
export type TickCode = "done" | "not-done" | "not-applicable";
/**
 * What became of a role's signature.
 */
export type RoleState = "missing" | "signed" | "stale" | "declined" | "revoked";
/**
 * How far a release has come.
 */
export type Stage = "open" | "deployed" | "verified" | "closed";
/**
 * The gate's verdict as a code.
 */
export type GateCode = "no-go" | "ready" | "go";
/**
 * The machine's verdict as a code.
 */
export type OutcomeCode = "pass" | "fail" | "not-applicable" | "inconclusive" | "not-run";
/**
 * Where an exception stands.
 */
export type ExceptionState = "requested" | "approved" | "rejected" | "expired";
/**
 * Where the private half of a key lives.
 */
export type HeldCode = "sealed" | "agent";
/**
 * Where an item stands for the gate.
 */
export type ItemState = "settled" | "excepted" | "open" | "failed";
/**
 * Who settles an item.
 */
export type VerifyCode = "probe" | "person" | "both" | "probe-or-person" | "computed";
/**
 * When items are due.
 */
export type PhaseCode = "before" | "tests" | "sign-off" | "after" | "watch";
/**
 * One step of a check run, as it happens. "Query again" is what it means; the outcome is
 * there so that the list can show it at once.
 */
export type ProgressView =
  | {
      /**
       * The run.
       */
      run: string;
      step: "began";
      /**
       * Claims to test.
       */
      total: number;
    }
  | {
      /**
       * The item.
       */
      item: string;
      step: "started";
    }
  | {
      /**
       * The item.
       */
      item: string;
      /**
       * One line, redacted and bounded.
       */
      line: string;
      step: "said";
    }
  | {
      /**
       * Claims tested so far.
       */
      done: number;
      /**
       * The item.
       */
      item: string;
      /**
       * The verdict.
       */
      outcome: OutcomeCode;
      /**
       * The probe.
       */
      probe: string;
      /**
       * Why it could not be told.
       */
      reason?: string | null;
      step: "finished";
      /**
       * One sentence.
       */
      summary: string;
      /**
       * Claims to test.
       */
      total: number;
    }
  | {
      /**
       * Whether somebody stopped it.
       */
      cancelled: boolean;
      step: "ended";
    };
/**
 * How far a signature can be trusted.
 */
export type TrustCode = "good" | "unknown" | "bad";

/**
 * Every shape that crosses the window's wire.
 */
export interface Wire {
  AgentKeyView: AgentKeyView;
  ApprovalView: ApprovalView;
  AttachEvidence: AttachEvidence;
  Attest: Attest;
  BlockerView: BlockerView;
  Board: Board;
  BoardProject: BoardProject;
  BundleView: BundleView;
  CardView: CardView;
  ChangeAnswer: ChangeAnswer;
  ChangeView: ChangeView;
  CheckView: CheckView;
  CheckedView: CheckedView;
  CloseRelease: CloseRelease;
  ConflictView: ConflictView;
  ConsentView: ConsentView;
  Counts: Counts;
  CreateKey: CreateKey;
  DamageView: DamageView;
  DecideChange: DecideChange;
  DecideException: DecideException;
  DeclareEmergency: DeclareEmergency;
  DeploymentView: DeploymentView;
  EmergencyRuleView: EmergencyRuleView;
  EmergencyView: EmergencyView;
  EnrollMember: EnrollMember;
  EnvironmentView: EnvironmentView;
  EventView: EventView;
  EvidenceView: EvidenceView;
  ExceptionState: ExceptionState;
  ExceptionView: ExceptionView;
  FailureView: FailureView;
  FindingView: FindingView;
  GateCode: GateCode;
  GateView: GateView;
  HeldCode: HeldCode;
  HistoryEntry: HistoryEntry;
  ItemDetail: ItemDetail;
  ItemResult: ItemResult;
  ItemRow: ItemRow;
  ItemShiftView: ItemShiftView;
  ItemState: ItemState;
  KeyView: KeyView;
  LedgerView: LedgerView;
  MachineVerdict: MachineVerdict;
  MemberView: MemberView;
  MergeView: MergeView;
  NoteView: NoteView;
  OpenRelease: OpenRelease;
  OutcomeCode: OutcomeCode;
  OwedView: OwedView;
  PacketLook: PacketLook;
  PacketView: PacketView;
  PhaseCode: PhaseCode;
  PreviousView: PreviousView;
  ProgressView: ProgressView;
  ProjectView: ProjectView;
  ProposalView: ProposalView;
  RecordDeployment: RecordDeployment;
  RecoveredView: RecoveredView;
  RefusedView: RefusedView;
  ReleaseRow: ReleaseRow;
  ReleaseView: ReleaseView;
  RemoveMember: RemoveMember;
  RequestException: RequestException;
  RetiredKeyView: RetiredKeyView;
  RoleLight: RoleLight;
  RoleState: RoleState;
  Score: Score;
  SecretView: SecretView;
  SectionView: SectionView;
  SetPolicy: SetPolicy;
  SeverityCode: SeverityCode;
  SignOff: SignOff;
  SignerView: SignerView;
  SignoffView: SignoffView;
  Stage: Stage;
  StatementView: StatementView;
  StatusView: StatusView;
  StepView: StepView;
  StrangerView: StrangerView;
  StrengthView: StrengthView;
  SubjectView: SubjectView;
  TargetView: TargetView;
  TemplateView: TemplateView;
  TickCode: TickCode;
  TickView: TickView;
  TimelineRow: TimelineRow;
  TrustCode: TrustCode;
  TurnView: TurnView;
  UseAgentKey: UseAgentKey;
  VerifyCode: VerifyCode;
  VerifyDeployment: VerifyDeployment;
  VerifyView: VerifyView;
}
/**
 * A key that ssh-agent holds.
 */
export interface AgentKeyView {
  /**
   * Its type: `ssh-ed25519`, `sk-ssh-ed25519@openssh.com`, …
   */
  algorithm: string;
  /**
   * The agent's note on it.
   */
  comment: string;
  /**
   * SHA256 fingerprint.
   */
  fingerprint: string;
  /**
   * The name of the key on this machine that refers to it, if one does.
   */
  here?: string | null;
  /**
   * Whether it can sign here: only the two types above can.
   */
  usable: boolean;
}
/**
 * What a signer weighs beside the release itself.
 */
export interface ApprovalView {
  /**
   * The release before; none for the first one to its environment.
   */
  previous?: PreviousView | null;
  /**
   * Items that failed before they held, what matters most first.
   */
  recovered: RecoveredView[];
  /**
   * Digest of the material state that this was read from.
   */
  state: string;
}
/**
 * The release that went out before to the same environment, and what is different from what
 * was signed for it. An item stands in one list at most.
 */
export interface PreviousView {
  /**
   * Items that the checklist did not ask for then.
   */
  added: ItemShiftView[];
  /**
   * Its commit.
   */
  commit?: string | null;
  /**
   * When it went out, RFC 3339 UTC.
   */
  deployed_at: string;
  /**
   * Items that an exception covers now.
   */
  excepted: ItemShiftView[];
  /**
   * Items that did not hold or were excepted, and hold now.
   */
  fixed: ItemShiftView[];
  /**
   * Items that held, and are seen not to hold or could not be told.
   */
  regressed: ItemShiftView[];
  /**
   * Its id.
   */
  release: string;
  /**
   * Items that the checklist asks for no more.
   */
  removed: ItemShiftView[];
  /**
   * What is different beside the items: environment, checklist, policy, roster.
   */
  rest: ChangeView[];
  /**
   * Its version.
   */
  version: string;
}
/**
 * An item that stands differently than in the release before.
 */
export interface ItemShiftView {
  /**
   * Where it stood as signed, in words; empty where the checklist did not ask for it.
   */
  from: string;
  /**
   * The item.
   */
  item: string;
  /**
   * How much it matters.
   */
  severity: SeverityCode;
  /**
   * Its title.
   */
  title: string;
  /**
   * Where it stands, in words; empty where the checklist asks for it no more.
   */
  to: string;
}
/**
 * A difference between what was signed and what there is.
 */
export interface ChangeView {
  /**
   * As it was signed.
   */
  from: string;
  /**
   * The item, when it is one.
   */
  item?: string | null;
  /**
   * As it is.
   */
  to: string;
  /**
   * What changed, in words.
   */
  what: string;
}
/**
 * An item that failed in this release and is settled now, without an exception.
 */
export interface RecoveredView {
  /**
   * What made it fail, the last time that it did.
   */
  failed: TurnView;
  /**
   * How often it came to fail.
   */
  failures: number;
  /**
   * The item.
   */
  item: string;
  /**
   * What settled it after that.
   */
  settled: TurnView;
  /**
   * How much it matters.
   */
  severity: SeverityCode;
  /**
   * Its title.
   */
  title: string;
}
/**
 * The look of a probe or the word of a person that turned an item.
 */
export interface TurnView {
  /**
   * When, RFC 3339 UTC.
   */
  at: string;
  /**
   * Printed name of whose key recorded it.
   */
  by: string;
  /**
   * The event.
   */
  event: string;
  /**
   * The probe, when it was a look of the machine.
   */
  probe?: string | null;
  /**
   * The verdict or the tick, in words.
   */
  value: string;
  /**
   * The probe's sentence, or the person's note.
   */
  words: string;
}
/**
 * Attach a file.
 */
export interface AttachEvidence {
  /**
   * The bytes, base64.
   */
  content: string;
  /**
   * The item.
   */
  item: string;
  /**
   * Media type.
   */
  media_type: string;
  /**
   * File name.
   */
  name: string;
  /**
   * When what it shows was seen, RFC 3339; now when absent.
   */
  observed_at?: string | null;
  /**
   * The project.
   */
  project: string;
  /**
   * The release.
   */
  release: string;
}
/**
 * Tick an item, or take the tick back.
 */
export interface Attest {
  /**
   * The item.
   */
  item: string;
  /**
   * In words.
   */
  note: string;
  /**
   * The project.
   */
  project: string;
  /**
   * The release.
   */
  release: string;
  /**
   * What is said.
   */
  tick: TickCode;
}
/**
 * One thing that blocks, with the smallest step that clears it.
 */
export interface BlockerView {
  /**
   * `item-failed`, `item-open`, `item-stale`, `signoff-stale`, `signoff-declined`,
   * `signoff-missing`, `exception-expired`, …
   */
  code: string;
  /**
   * The smallest step that clears it.
   */
  cure: string;
  /**
   * The item, when it is one.
   */
  item?: string | null;
  /**
   * Minutes it may take, when known.
   */
  minutes?: number | null;
  /**
   * The role, when it is a signature.
   */
  role?: string | null;
  /**
   * What blocks, in words.
   */
  text: string;
}
/**
 * Every project and release.
 */
export interface Board {
  /**
   * Projects by name.
   */
  projects: BoardProject[];
}
/**
 * One project on the board.
 */
export interface BoardProject {
  /**
   * Whether it is the built-in demo.
   */
  demo: boolean;
  /**
   * Its id.
   */
  id: string;
  /**
   * People on the roster.
   */
  members: number;
  /**
   * Its name.
   */
  name: string;
  /**
   * Its releases, newest first.
   */
  releases: ReleaseRow[];
  /**
   * Whose signatures its releases may wait for.
   */
  signers: SignerView[];
}
/**
 * One release on the board.
 */
export interface ReleaseRow {
  /**
   * How many things block.
   */
  blockers: number;
  /**
   * When something last happened, RFC 3339 UTC.
   */
  changed_at: string;
  /**
   * How the items stand.
   */
  counts: Counts;
  /**
   * Whether it is about the built-in demo target.
   */
  demo: boolean;
  /**
   * Where to.
   */
  environment: string;
  /**
   * Its id.
   */
  id: string;
  /**
   * The next moment something runs out (an exception, a freshness), RFC 3339 UTC.
   */
  next_deadline?: string | null;
  /**
   * When it was opened, RFC 3339 UTC.
   */
  opened_at: string;
  /**
   * What an emergency release still owes.
   */
  owed?: OwedView | null;
  /**
   * When the deployment is planned, RFC 3339 UTC.
   */
  planned_for?: string | null;
  /**
   * Its project.
   */
  project: string;
  /**
   * The project's name.
   */
  project_name: string;
  /**
   * One light for each required role.
   */
  roles: RoleLight[];
  /**
   * The score.
   */
  score: Score;
  /**
   * How far it has come.
   */
  stage: Stage;
  /**
   * The gate's verdict.
   */
  verdict: GateCode;
  /**
   * The version that goes out.
   */
  version: string;
}
/**
 * How many items stand where. A pass that is too old counts as stale, not as pass.
 */
export interface Counts {
  /**
   * Settled by an approved exception.
   */
  excepted: number;
  /**
   * Machine says fail.
   */
  fail: number;
  /**
   * Machine could not tell.
   */
  inconclusive: number;
  /**
   * Has a probe that never ran.
   */
  not_run: number;
  /**
   * Machine says pass.
   */
  pass: number;
  /**
   * Settled ones.
   */
  settled: number;
  /**
   * Items in the phases before the deployment.
   */
  total: number;
}
/**
 * Signatures that an emergency release still owes.
 */
export interface OwedView {
  /**
   * When they are due, RFC 3339 UTC.
   */
  due: string;
  /**
   * Whether that has passed.
   */
  overdue: boolean;
  /**
   * One entry for each: `management`, …
   */
  roles: string[];
}
/**
 * One required role's light.
 */
export interface RoleLight {
  /**
   * When, RFC 3339 UTC.
   */
  at?: string | null;
  /**
   * Printed name of the one who signed last.
   */
  by?: string | null;
  /**
   * How many people must sign for the role.
   */
  people?: number;
  /**
   * `security`, `devops`, `management`, …
   */
  role: string;
  /**
   * How many sign-offs of the role are current.
   */
  signed?: number;
  /**
   * Its state.
   */
  state: RoleState;
  /**
   * The role in words.
   */
  title: string;
}
/**
 * Three readings of one score, each 0 to 100.
 */
export interface Score {
  /**
   * Settled items, approved exceptions among them, by weight.
   */
  now: number;
  /**
   * What it will be once every critical item is settled.
   */
  projected: number;
  /**
   * The same without exceptions.
   */
  without_exceptions: number;
}
/**
 * A key that may sign for required roles.
 */
export interface SignerView {
  /**
   * The key.
   */
  fingerprint: string;
  /**
   * The required roles that its owner holds, by code.
   */
  roles: string[];
}
/**
 * A bundle that was written.
 */
export interface BundleView {
  /**
   * The ledger heads that it holds.
   */
  heads: string[];
  /**
   * The file.
   */
  path: string;
  /**
   * SHA-256 of the file.
   */
  sha256: string;
  /**
   * Bytes.
   */
  size: number;
}
/**
 * An enrollment card: who somebody is, signed by the key.
 */
export interface CardView {
  /**
   * E-mail.
   */
  email: string;
  /**
   * The key.
   */
  fingerprint: string;
  /**
   * Printed name.
   */
  name: string;
  /**
   * The file; empty for a card that was read.
   */
  path: string;
  /**
   * The key in words, to compare by voice.
   */
  phrase: string;
  /**
   * One line in OpenSSH form.
   */
  public_key: string;
}
/**
 * What became of a change that an admin asked for.
 */
export interface ChangeAnswer {
  /**
   * The project as it stands now.
   */
  project: ProjectView;
  /**
   * The proposal that waits for the consent of others; none when the change was made.
   */
  proposed?: ProposalView | null;
}
/**
 * One project.
 */
export interface ProjectView {
  /**
   * Changes of roster and policy that were made without knowing of one another, in words:
   * their order is only what their signers say.
   */
  apart?: string[];
  /**
   * Who decides on changes of roster and policy: `admin` alone, or the `roles` that a
   * change touches.
   */
  changes?: string;
  /**
   * Whether it is the built-in demo.
   */
  demo: boolean;
  /**
   * What suffices in an emergency; none where nothing less will do.
   */
  emergency?: EmergencyRuleView | null;
  /**
   * Environments.
   */
  environments: EnvironmentView[];
  /**
   * Events in its ledger.
   */
  events: number;
  /**
   * Roles that may approve exceptions.
   */
  exception_approvers: string[];
  /**
   * Hours after which no check counts, where the project says so.
   */
  freshness_hours?: number | null;
  /**
   * Its id.
   */
  id: string;
  /**
   * People.
   */
  members: MemberView[];
  /**
   * Its name.
   */
  name: string;
  /**
   * The whole policy in words, one rule each.
   */
  policy?: string[];
  /**
   * Changes that wait for the consent of those roles, oldest first.
   */
  proposals?: ProposalView[];
  /**
   * Roles that must sign.
   */
  required_roles: string[];
  /**
   * Keys that may sign nothing more.
   */
  retired?: RetiredKeyView[];
  /**
   * How many people must sign for a role, where it is not one.
   */
  signers?: {
    [k: string]: number;
  };
}
/**
 * What suffices in an emergency.
 */
export interface EmergencyRuleView {
  /**
   * Hours after the deployment within which the others are due.
   */
  review_hours: number;
  /**
   * The roles of which one person each must sign.
   */
  roles: string[];
}
/**
 * One environment.
 */
export interface EnvironmentView {
  /**
   * Whether it is the built-in demo target.
   */
  demo: boolean;
  /**
   * Its name.
   */
  name: string;
  /**
   * Whether real users depend on it.
   */
  production: boolean;
  /**
   * Secret references.
   */
  secrets: SecretView[];
  /**
   * Addresses.
   */
  targets: TargetView[];
}
/**
 * One secret reference, never the value.
 */
export interface SecretView {
  /**
   * Whether a value is there now.
   */
  found: boolean;
  /**
   * Its name.
   */
  name: string;
  /**
   * Where the value is looked for.
   */
  reference: string;
}
/**
 * One configured address.
 */
export interface TargetView {
  /**
   * `api`, `redis`, …
   */
  name: string;
  /**
   * The address, with `${NAME}` where a secret belongs.
   */
  value: string;
}
/**
 * A person on the roster.
 */
export interface MemberView {
  /**
   * E-mail.
   */
  email: string;
  /**
   * Fingerprint.
   */
  fingerprint: string;
  /**
   * Whether the key is on this machine.
   */
  here: boolean;
  /**
   * Printed name.
   */
  name: string;
  /**
   * Roles by code.
   */
  roles: string[];
}
/**
 * A change of the roster or the policy that waits for the consent of others.
 */
export interface ProposalView {
  /**
   * The key whose entry it would change or remove; who has it cannot decide.
   */
  about?: string | null;
  /**
   * Keys of those whose consent is waited for.
   */
  approvers?: string[];
  /**
   * What is to change, in words.
   */
  change: string;
  /**
   * Its id: the event that proposed it.
   */
  id: string;
  /**
   * The roles that must consent, as the project stands now.
   */
  needs: ConsentView[];
  /**
   * Why, in the proposer's words.
   */
  note: string;
  /**
   * When, RFC 3339 UTC.
   */
  proposed_at: string;
  /**
   * Printed name of the admin who proposed it.
   */
  proposed_by: string;
  /**
   * The key that they have now.
   */
  proposer: string;
  /**
   * Keys of those who may refuse it, or take it back.
   */
  rejecters?: string[];
}
/**
 * A role whose consent a change needs.
 */
export interface ConsentView {
  /**
   * When, RFC 3339 UTC.
   */
  at?: string | null;
  /**
   * Printed name of who consented for it; none while it is waited for.
   */
  by?: string | null;
  /**
   * The role by code.
   */
  role: string;
}
/**
 * A key on the roster that may sign nothing more.
 */
export interface RetiredKeyView {
  /**
   * When, RFC 3339 UTC.
   */
  at: string;
  /**
   * The key that took its place, or why it was revoked.
   */
  detail: string;
  /**
   * The key.
   */
  fingerprint: string;
  /**
   * `replaced` or `revoked`.
   */
  how: string;
  /**
   * Whose it was.
   */
  name: string;
}
/**
 * A check run.
 */
export interface CheckView {
  /**
   * Whether somebody stopped it.
   */
  cancelled: boolean;
  /**
   * Each item that was looked at.
   */
  items: ItemResult[];
  /**
   * The run.
   */
  run: string;
  /**
   * Milliseconds it took.
   */
  took_ms: number;
}
/**
 * One item's result of a check run, as `check --json` prints it.
 */
export interface ItemResult {
  /**
   * What the deciding claim asks for.
   */
  expected: string;
  /**
   * The item.
   */
  id: string;
  /**
   * Reservations.
   */
  notes: NoteView[];
  /**
   * What was seen.
   */
  observed: string;
  /**
   * The verdict over its probes.
   */
  outcome: OutcomeCode;
  /**
   * Why it could not be told.
   */
  reason?: string | null;
  /**
   * A command that shows the same.
   */
  reproduce?: string | null;
  /**
   * `critical`, `high`, `recommended`.
   */
  severity: string;
  /**
   * One sentence.
   */
  summary: string;
  /**
   * Its title.
   */
  title: string;
}
/**
 * A reservation on a verdict.
 */
export interface NoteView {
  /**
   * Stable code.
   */
  code: string;
  /**
   * In words.
   */
  text: string;
}
/**
 * How far a check of the ledger is, in events and stored files.
 */
export interface CheckedView {
  /**
   * Looked at so far.
   */
  done: number;
  /**
   * In the ledger.
   */
  total: number;
}
/**
 * Close a release.
 */
export interface CloseRelease {
  /**
   * In words.
   */
  note: string;
  /**
   * The project.
   */
  project: string;
  /**
   * The release.
   */
  release: string;
}
/**
 * A matter that people decided apart, and differently.
 */
export interface ConflictView {
  /**
   * Who decided, in the order of `events`.
   */
  by: string[];
  /**
   * The decisions; the last one that was not refused counts.
   */
  events: string[];
  /**
   * What about, in words.
   */
  matter: string;
  /**
   * The release's version.
   */
  release: string;
}
/**
 * Make a key.
 */
export interface CreateKey {
  /**
   * E-mail of its owner.
   */
  email: string;
  /**
   * Printed name of its owner.
   */
  owner: string;
  /**
   * Seals the key.
   */
  passphrase: string;
}
/**
 * One problem of the ledger.
 */
export interface DamageView {
  /**
   * What to do.
   */
  cure: string;
  /**
   * The event, when it is about one.
   */
  event?: string | null;
  /**
   * What is wrong.
   */
  problem: string;
  /**
   * The event's project.
   */
  project?: string | null;
}
/**
 * Decide on a proposed change of the roster or the policy.
 */
export interface DecideChange {
  /**
   * Whether the role consents.
   */
  approve: boolean;
  /**
   * In words.
   */
  note: string;
  /**
   * The project.
   */
  project: string;
  /**
   * The event that proposed it.
   */
  proposal: string;
  /**
   * The role by code; every needed one that is held when absent.
   */
  role?: string | null;
}
/**
 * Decide on an exception.
 */
export interface DecideException {
  /**
   * Whether the risk is accepted.
   */
  approve: boolean;
  /**
   * The exception.
   */
  exception: string;
  /**
   * In words.
   */
  note: string;
  /**
   * The project.
   */
  project: string;
  /**
   * The release.
   */
  release: string;
}
/**
 * Declare a release an emergency, or withdraw that.
 */
export interface DeclareEmergency {
  /**
   * The project.
   */
  project: string;
  /**
   * Why it cannot wait, or why it is none.
   */
  reason: string;
  /**
   * The release.
   */
  release: string;
  /**
   * Whether it is withdrawn.
   */
  withdraw?: boolean;
}
/**
 * The deployment, once recorded.
 */
export interface DeploymentView {
  /**
   * Whether the last sign-off came before the deployment.
   */
  approved_before: boolean;
  /**
   * RFC 3339 UTC.
   */
  deployed_at: string;
  /**
   * Printed name.
   */
  deployed_by: string;
  /**
   * RFC 3339 date of the next review.
   */
  next_review?: string | null;
  /**
   * The verifier's words.
   */
  note: string;
  /**
   * Log, pipeline run or ticket.
   */
  reference: string;
  /**
   * RFC 3339 UTC, once verified.
   */
  verified_at?: string | null;
  /**
   * Printed name of the one who verifies.
   */
  verified_by: string;
  /**
   * Fingerprint of the verifier's key.
   */
  verifier: string;
}
/**
 * A release that goes out, or went out, on fewer signatures.
 */
export interface EmergencyView {
  /**
   * When, RFC 3339 UTC.
   */
  at: string;
  /**
   * Printed name of who declared it.
   */
  by: string;
  /**
   * What it still owes; none before the deployment, and once all have looked.
   */
  owed?: OwedView | null;
  /**
   * Why it cannot wait.
   */
  reason: string;
}
/**
 * Put a person on the roster.
 */
export interface EnrollMember {
  /**
   * E-mail.
   */
  email: string;
  /**
   * Printed name.
   */
  name: string;
  /**
   * Why, for those whose consent it may need.
   */
  note?: string;
  /**
   * The project.
   */
  project: string;
  /**
   * OpenSSH line.
   */
  public_key: string;
  /**
   * Roles by code.
   */
  roles: string[];
}
/**
 * One event with all that it takes to check it without this program.
 */
export interface EventView {
  /**
   * Commands for a shell that check this one event with `ssh-keygen`.
   */
  commands?: string | null;
  /**
   * The event.
   */
  event: string;
  /**
   * The author's public key in OpenSSH form, as the roster has or had it.
   */
  public_key?: string | null;
  /**
   * The armored signature.
   */
  signature: string;
  /**
   * The bytes that were signed, as text.
   */
  text: string;
}
/**
 * A file attached to an item.
 */
export interface EvidenceView {
  /**
   * When it was attached, RFC 3339 UTC.
   */
  attached_at: string;
  /**
   * Printed name of the attacher.
   */
  by: string;
  /**
   * Media type.
   */
  media_type: string;
  /**
   * File name.
   */
  name: string;
  /**
   * When what it shows was seen, RFC 3339 UTC.
   */
  observed_at: string;
  /**
   * SHA-256.
   */
  sha256: string;
  /**
   * Bytes.
   */
  size: number;
}
/**
 * A documented risk acceptance.
 */
export interface ExceptionView {
  /**
   * What holds the risk down.
   */
  compensating_control: string;
  /**
   * RFC 3339 UTC.
   */
  decided_at?: string | null;
  /**
   * Printed name.
   */
  decided_by?: string | null;
  /**
   * RFC 3339 UTC.
   */
  expires_at: string;
  /**
   * Its id.
   */
  id: string;
  /**
   * The item.
   */
  item: string;
  /**
   * The item's title.
   */
  item_title: string;
  /**
   * The approver's words.
   */
  note: string;
  /**
   * Who answers for closing it.
   */
  owner: string;
  /**
   * Why.
   */
  reason: string;
  /**
   * RFC 3339 UTC.
   */
  requested_at: string;
  /**
   * Printed name.
   */
  requested_by: string;
  /**
   * Where it stands.
   */
  state: ExceptionState;
}
/**
 * What went wrong, as every front shows it.
 */
export interface FailureView {
  /**
   * Stable code (`locked`, `wrong-passphrase`, `not-ready`, …).
   */
  code: string;
  /**
   * What to do.
   */
  hint: string;
  /**
   * What went wrong.
   */
  message: string;
}
/**
 * One probe's latest verdict with what was seen.
 */
export interface FindingView {
  /**
   * When, RFC 3339 UTC.
   */
  at: string;
  /**
   * The claim, the reason for it and the remedy, from the probe's definition.
   */
  claim: string;
  /**
   * What the claim asks for.
   */
  expected: string;
  /**
   * Reservations.
   */
  notes: NoteView[];
  /**
   * What was seen.
   */
  observed: string;
  /**
   * The verdict.
   */
  outcome: OutcomeCode;
  /**
   * The probe.
   */
  probe: string;
  /**
   * Why it could not be told.
   */
  reason?: string | null;
  /**
   * How to make it true.
   */
  remedy: string;
  /**
   * A command that shows the same.
   */
  reproduce?: string | null;
  /**
   * Version of its judging rules.
   */
  rules: number;
  /**
   * One sentence.
   */
  summary: string;
  /**
   * What was looked at.
   */
  target: string;
  /**
   * Milliseconds it took.
   */
  took_ms: number;
  /**
   * Lines exchanged.
   */
  transcript: string[];
  /**
   * Why it matters.
   */
  why: string;
}
/**
 * May it go out?
 */
export interface GateView {
  /**
   * When this was computed, RFC 3339 UTC.
   */
  at: string;
  /**
   * What blocks the verdict `go`, in the order in which to clear it.
   */
  blockers: BlockerView[];
  /**
   * Set when the release was declared an emergency.
   */
  emergency?: EmergencyView | null;
  /**
   * What the policy lets suffice in an emergency; none where it knows of none, or the
   * release has gone out.
   */
  emergency_rule?: EmergencyRuleView | null;
  /**
   * The score.
   */
  score: Score;
  /**
   * One entry for each required signature: several where several people sign for a role.
   */
  signoffs: SignoffView[];
  /**
   * One sentence that says why.
   */
  summary: string;
  /**
   * The verdict.
   */
  verdict: GateCode;
}
/**
 * One required signature of a role.
 */
export interface SignoffView {
  /**
   * When, RFC 3339 UTC.
   */
  at?: string | null;
  /**
   * Printed name of the signer.
   */
  by?: string | null;
  /**
   * What has changed since.
   */
  changes: ChangeView[];
  /**
   * In the signer's words.
   */
  comment: string;
  /**
   * Digest of the state that was signed.
   */
  covers?: string | null;
  /**
   * The signing event.
   */
  event?: string | null;
  /**
   * Fingerprint of the signer's key.
   */
  fingerprint?: string | null;
  /**
   * The sentence that was signed.
   */
  meaning: string;
  /**
   * How many people must sign for the role.
   */
  people?: number;
  /**
   * `security`, …
   */
  role: string;
  /**
   * Which of the role's signatures, from 1.
   */
  seat?: number;
  /**
   * Its state.
   */
  state: RoleState;
  /**
   * The role in words.
   */
  title: string;
}
/**
 * One change of an item, oldest first.
 */
export interface HistoryEntry {
  /**
   * When, RFC 3339 UTC.
   */
  at: string;
  /**
   * Printed name.
   */
  by: string;
  /**
   * The event that did it.
   */
  event: string;
  /**
   * The value before; empty at first.
   */
  from: string;
  /**
   * In the person's words.
   */
  note: string;
  /**
   * The value after.
   */
  to: string;
  /**
   * What changed, in words (`verdict`, `tick`, `evidence`, `exception`).
   */
  what: string;
}
/**
 * An item with all that is known of it.
 */
export interface ItemDetail {
  /**
   * Control ids.
   */
  controls: string[];
  /**
   * Files.
   */
  evidence: EvidenceView[];
  /**
   * Every exception ever asked for.
   */
  exceptions: ExceptionView[];
  /**
   * The latest finding of each probe.
   */
  findings: FindingView[];
  /**
   * How to do it, Markdown.
   */
  guidance: string;
  /**
   * Every change, oldest first.
   */
  history: HistoryEntry[];
  /**
   * What happens to those who skip it.
   */
  risk: string;
  /**
   * The row.
   */
  row: ItemRow;
  /**
   * The section's heading.
   */
  section: string;
}
/**
 * An item in the list.
 */
export interface ItemRow {
  /**
   * Whether one of its probes changes load or state on the target.
   */
  active: boolean;
  /**
   * Files attached.
   */
  evidence: number;
  /**
   * The exception that counts, if there is one.
   */
  exception?: ExceptionView | null;
  /**
   * Stable id.
   */
  id: string;
  /**
   * The machine's verdict, for items with probes.
   */
  machine?: MachineVerdict | null;
  /**
   * Whether an exception may be asked for.
   */
  may_be_excepted: boolean;
  /**
   * What is missing, in words; empty when settled.
   */
  missing: string;
  /**
   * Names of its probes.
   */
  probes: string[];
  /**
   * How much it matters.
   */
  severity: SeverityCode;
  /**
   * Where it stands.
   */
  state: ItemState;
  /**
   * The latest tick.
   */
  tick?: TickView | null;
  /**
   * The claim.
   */
  title: string;
  /**
   * Who settles it.
   */
  verify: VerifyCode;
}
/**
 * The machine's verdict on an item, over all its probes.
 */
export interface MachineVerdict {
  /**
   * When, RFC 3339 UTC.
   */
  at?: string | null;
  /**
   * When it becomes too old, RFC 3339 UTC.
   */
  fresh_until?: string | null;
  /**
   * Reservations.
   */
  notes: NoteView[];
  /**
   * The verdict.
   */
  outcome: OutcomeCode;
  /**
   * Why it could not be told.
   */
  reason?: string | null;
  /**
   * Whether it is too old to sign on.
   */
  stale: boolean;
  /**
   * One sentence.
   */
  summary: string;
}
/**
 * The latest word of a person.
 */
export interface TickView {
  /**
   * When, RFC 3339 UTC.
   */
  at: string;
  /**
   * Printed name.
   */
  by: string;
  /**
   * In words.
   */
  note: string;
  /**
   * What was said.
   */
  tick: TickCode;
}
/**
 * A key on this machine.
 */
export interface KeyView {
  /**
   * E-mail of its owner, from the key's comment.
   */
  email: string;
  /**
   * SHA256 fingerprint.
   */
  fingerprint: string;
  /**
   * Where its private half lives.
   */
  held: HeldCode;
  /**
   * Its file name.
   */
  name: string;
  /**
   * Printed name of its owner, from the key's comment.
   */
  owner: string;
  /**
   * OpenSSH line.
   */
  public_key: string;
}
/**
 * The ledger, checked.
 */
export interface LedgerView {
  /**
   * When the check ended, RFC 3339 UTC.
   */
  at: string;
  /**
   * The same problems, each with its event and what to do.
   */
  damage: DamageView[];
  /**
   * Events in it.
   */
  events: number;
  /**
   * Stored files in it.
   */
  files: number;
  /**
   * The file.
   */
  path: string;
  /**
   * What is wrong; empty when all is well.
   */
  problems: string[];
}
/**
 * What became of a packet that was opened.
 */
export interface MergeView {
  /**
   * What people decided apart, and differently.
   */
  conflicts: ConflictView[];
  /**
   * Files that are new here.
   */
  files: number;
  /**
   * The heads now.
   */
  heads: string[];
  /**
   * Events that were here.
   */
  known: number;
  /**
   * Events that are new here.
   */
  merged: number;
  /**
   * Its name.
   */
  name: string;
  /**
   * The project.
   */
  project: string;
  /**
   * New events that change nothing, and why.
   */
  refused: RefusedView[];
  /**
   * Keys that signed some of those and were never on the roster.
   */
  strangers: StrangerView[];
  /**
   * Events that wait outside the ledger: those of strangers, and what builds on them.
   */
  waiting: number;
}
/**
 * An event that changed nothing.
 */
export interface RefusedView {
  /**
   * The event.
   */
  event: string;
  /**
   * Why.
   */
  reason: string;
}
/**
 * A key that was never on the roster.
 */
export interface StrangerView {
  /**
   * Events that it signed.
   */
  events: number;
  /**
   * The key.
   */
  fingerprint: string;
  /**
   * The key in words, to compare by voice.
   */
  phrase: string;
}
/**
 * Open a release.
 */
export interface OpenRelease {
  /**
   * `name=sha256` of artifacts.
   */
  artifacts: string[];
  /**
   * The environment's name.
   */
  environment: string;
  /**
   * RFC 3339.
   */
  planned_for?: string | null;
  /**
   * The project.
   */
  project: string;
  /**
   * Why it goes out.
   */
  reason: string;
  /**
   * Id of a known template; the built-in one when absent.
   */
  template?: string | null;
  /**
   * Ticket.
   */
  ticket: string;
  /**
   * The version that goes out.
   */
  version: string;
}
/**
 * What a packet says it holds, before anything of it is taken in.
 */
export interface PacketLook {
  /**
   * Events in it.
   */
  events: number;
  /**
   * Files in it.
   */
  files: number;
  /**
   * The key that began the project, likewise.
   */
  founder?: StrangerView | null;
  /**
   * Whether the project is here already, so that nobody needs to be vouched for.
   */
  known: boolean;
  /**
   * Its name, when the packet begins at the beginning.
   */
  name?: string | null;
  /**
   * The project.
   */
  project: string;
}
/**
 * A packet that was written.
 */
export interface PacketView {
  /**
   * Events in it.
   */
  events: number;
  /**
   * Files in it.
   */
  files: number;
  /**
   * The heads that whoever opens it will have.
   */
  heads: string[];
  /**
   * The file.
   */
  path: string;
  /**
   * SHA-256 of the file.
   */
  sha256: string;
  /**
   * Bytes.
   */
  size: number;
}
/**
 * Record that it went out.
 */
export interface RecordDeployment {
  /**
   * RFC 3339; now when absent.
   */
  deployed_at?: string | null;
  /**
   * Fingerprint or e-mail of who did it.
   */
  deployed_by: string;
  /**
   * The project.
   */
  project: string;
  /**
   * Log, pipeline run or ticket.
   */
  reference: string;
  /**
   * The release.
   */
  release: string;
  /**
   * Fingerprint or e-mail of who verifies.
   */
  verified_by: string;
}
/**
 * A whole release.
 */
export interface ReleaseView {
  /**
   * What blocks closing; empty when it may be closed or is not deployed.
   */
  closing: BlockerView[];
  /**
   * The deployment.
   */
  deployment?: DeploymentView | null;
  /**
   * Every exception.
   */
  exceptions: ExceptionView[];
  /**
   * May it go out?
   */
  gate: GateView;
  /**
   * The board's row.
   */
  row: ReleaseRow;
  /**
   * Whether a check run is under way in this program.
   */
  running: boolean;
  /**
   * Sections with items.
   */
  sections: SectionView[];
  /**
   * Digest of the material state.
   */
  state: string;
  /**
   * What goes out.
   */
  subject: SubjectView;
  /**
   * The pinned template.
   */
  template: TemplateView;
}
/**
 * One section with its items.
 */
export interface SectionView {
  /**
   * Control ids.
   */
  controls: string[];
  /**
   * How to do it, Markdown.
   */
  guidance: string;
  /**
   * Its id.
   */
  id: string;
  /**
   * Its items.
   */
  items: ItemRow[];
  /**
   * Minutes it takes, from and to.
   *
   * @minItems 2
   * @maxItems 2
   */
  minutes?: [number, number] | null;
  /**
   * When it is due.
   */
  phase: PhaseCode;
  /**
   * What happens to those who skip it.
   */
  risk: string;
  /**
   * Settled or excepted items.
   */
  settled: number;
  /**
   * How much it matters.
   */
  severity: SeverityCode;
  /**
   * Its heading.
   */
  title: string;
}
/**
 * What goes out.
 */
export interface SubjectView {
  /**
   * `name` and `sha256` of each artifact.
   */
  artifacts: [string, string][];
  /**
   * Full git commit id.
   */
  commit?: string | null;
  /**
   * Whether the work tree differed from it.
   */
  dirty: boolean;
  /**
   * Why it goes out.
   */
  reason: string;
  /**
   * Ticket.
   */
  ticket: string;
}
/**
 * The pinned template.
 */
export interface TemplateView {
  /**
   * Its id.
   */
  id: string;
  /**
   * Items in it.
   */
  items: number;
  /**
   * SHA-256 of its file.
   */
  sha256: string;
  /**
   * Its heading.
   */
  title: string;
  /**
   * Its version.
   */
  version: string;
}
/**
 * Take somebody off the roster.
 */
export interface RemoveMember {
  /**
   * Fingerprint of the key, or the e-mail address.
   */
  member: string;
  /**
   * Why, for those whose consent it may need.
   */
  note?: string;
  /**
   * The project.
   */
  project: string;
}
/**
 * Ask to go out in spite of an item.
 */
export interface RequestException {
  /**
   * What holds the risk down.
   */
  compensating_control: string;
  /**
   * RFC 3339.
   */
  expires_at: string;
  /**
   * The item.
   */
  item: string;
  /**
   * Who answers for closing it.
   */
  owner: string;
  /**
   * The project.
   */
  project: string;
  /**
   * Why.
   */
  reason: string;
  /**
   * The release.
   */
  release: string;
}
/**
 * Set what a release needs. Who decides on changes stays as it is.
 */
export interface SetPolicy {
  /**
   * What suffices in an emergency.
   */
  emergency?: EmergencyRuleView | null;
  /**
   * Roles that may approve exceptions, by code.
   */
  exception_approvers: string[];
  /**
   * Hours after which no check counts.
   */
  freshness_hours?: number | null;
  /**
   * Why, for those whose consent it may need.
   */
  note?: string;
  /**
   * The project.
   */
  project: string;
  /**
   * Roles that must sign, by code.
   */
  required_roles: string[];
  /**
   * How many people must sign for a role, where it is not one.
   */
  signers?: {
    [k: string]: number;
  };
}
/**
 * Sign, decline or take back.
 */
export interface SignOff {
  /**
   * In the signer's words.
   */
  comment: string;
  /**
   * Whether the signer confirmed the statement that was shown. A key in ssh-agent needs
   * it, since no passphrase is asked for.
   */
  confirmed?: boolean;
  /**
   * `approve`, `decline` or `revoke`.
   */
  decision: string;
  /**
   * Exceptions acknowledged, one by one.
   */
  exceptions: string[];
  /**
   * Asked again for every signature; empty for a key in ssh-agent.
   */
  passphrase: string;
  /**
   * The project.
   */
  project: string;
  /**
   * The release.
   */
  release: string;
  /**
   * The role.
   */
  role: string;
  /**
   * Digest of the state that the signer was shown.
   */
  state: string;
}
/**
 * What a signer is about to sign, exactly.
 */
export interface StatementView {
  /**
   * What has changed since this role last signed.
   */
  changes: ChangeView[];
  /**
   * E-mail.
   */
  email: string;
  /**
   * Approved exceptions to acknowledge, one by one.
   */
  exceptions: ExceptionView[];
  /**
   * Fingerprint of the key.
   */
  fingerprint: string;
  /**
   * The sentence.
   */
  meaning: string;
  /**
   * Printed name.
   */
  name: string;
  /**
   * Why approval is not possible now; empty when it is.
   */
  refusal: string;
  /**
   * The role.
   */
  role: string;
  /**
   * Digest of the state.
   */
  state: string;
  /**
   * The gate's verdict at this moment.
   */
  verdict: GateCode;
}
/**
 * The state of the program.
 */
export interface StatusView {
  /**
   * The demo's passphrase, while the demo project exists; it protects nothing.
   */
  demo_passphrase?: string | null;
  /**
   * Whether there is neither key nor project yet.
   */
  first_run: boolean;
  /**
   * The folder that holds ledger and keys.
   */
  home: string;
  /**
   * Keys on this machine.
   */
  keys: KeyView[];
  /**
   * The key that is unlocked.
   */
  unlocked?: KeyView | null;
  /**
   * Version of the program.
   */
  version: string;
}
/**
 * One step of a verification.
 */
export interface StepView {
  /**
   * What broke, or how much was checked.
   */
  detail: string;
  /**
   * Whether it holds.
   */
  good: boolean;
  /**
   * What was checked.
   */
  name: string;
}
/**
 * How strong a value is.
 */
export interface StrengthView {
  /**
   * `hex`, `base64`, `text`.
   */
  alphabet: string;
  /**
   * How hard it is to guess: `weak`, `fair`, `strong`.
   */
  bucket: string;
  /**
   * Characters.
   */
  length: number;
  /**
   * Whether it is strong enough: nothing is wrong with it.
   */
  strong: boolean;
  /**
   * In words.
   */
  summary: string;
  /**
   * What is wrong with it, each to follow "it": its weaknesses, and what the built-in
   * checklist asks of a secret of this name.
   */
  wrong: string[];
}
/**
 * One event in words.
 */
export interface TimelineRow {
  /**
   * RFC 3339 UTC.
   */
  at: string;
  /**
   * Printed name.
   */
  by: string;
  /**
   * The event.
   */
  event: string;
  /**
   * Fingerprint of the key that the event names.
   */
  fingerprint: string;
  /**
   * The kind.
   */
  kind: string;
  /**
   * The events that it builds on.
   */
  parents: string[];
  /**
   * Why it changed nothing, when it was refused.
   */
  refused?: string | null;
  /**
   * The release, when it is about one.
   */
  release?: string | null;
  /**
   * Roles of the author at that moment, by code.
   */
  roles: string[];
  /**
   * In words.
   */
  text: string;
  /**
   * How far its signature can be trusted.
   */
  trust: TrustCode;
  /**
   * Why, in one sentence.
   */
  why: string;
}
/**
 * Sign with a key that ssh-agent holds.
 */
export interface UseAgentKey {
  /**
   * E-mail of its owner.
   */
  email: string;
  /**
   * The key's fingerprint, or its comment where only one key has that.
   */
  key: string;
  /**
   * File name of the reference; from the e-mail when absent.
   */
  name?: string | null;
  /**
   * Printed name of its owner.
   */
  owner: string;
}
/**
 * Say what the verifier saw.
 */
export interface VerifyDeployment {
  /**
   * In words.
   */
  note: string;
  /**
   * The project.
   */
  project: string;
  /**
   * The release.
   */
  release: string;
}
/**
 * A bundle, verified offline.
 */
export interface VerifyView {
  /**
   * Roles whose sign-off is current.
   */
  signed: string[];
  /**
   * Each step.
   */
  steps: StepView[];
  /**
   * One sentence.
   */
  summary: string;
  /**
   * Requirements that are not met.
   */
  unmet: string[];
  /**
   * `good`, `unmet` or `broken`.
   */
  verdict: string;
  /**
   * The release's version, when it could be read.
   */
  version?: string | null;
}
