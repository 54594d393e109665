// The one wall between the screens and what does the work. `tauri.ts` fills it in the
// window, `fake.ts` in tests and in a plain browser.

import type {
  AgentKeyView,
  ApprovalView,
  AttachEvidence,
  Attest,
  Board,
  BundleView,
  CardView,
  ChangeAnswer,
  CheckedView,
  CheckView,
  CloseRelease,
  DeclareEmergency,
  CreateKey,
  DecideChange,
  DecideException,
  EnrollMember,
  RemoveMember,
  SetPolicy,
  EventView,
  FailureView,
  ItemDetail,
  KeyView,
  LedgerView,
  MergeView,
  OpenRelease,
  PacketLook,
  PacketView,
  ProgressView,
  ProjectView,
  RecordDeployment,
  ReleaseView,
  RequestException,
  SignOff,
  StatementView,
  StatusView,
  StrengthView,
  TemplateView,
  TimelineRow,
  UseAgentKey,
  VerifyDeployment,
  VerifyView,
} from "./wire.gen";

export type * from "./wire.gen";

/** Kinds of secret that can be generated. */
export type RecordFormat = "pdf" | "oscal" | "hdf";
export type SecretKind = "jwt-secret" | "encryption-key" | "redis-password";

/** Names one release. */
export interface ReleaseRef {
  project: string;
  release: string;
}

/** A run of the probes. */
export interface CheckRequest extends ReleaseRef {
  /** Items to look at; empty means all. */
  items: string[];
  /** Whether probes that change load or state on the target may run. */
  allowActive: boolean;
}

/** Everything that the screens can ask for. A failure rejects with a {@link Failure}. */
export interface Host {
  status(): Promise<StatusView>;
  board(): Promise<Board>;
  project(project: string): Promise<ProjectView>;
  release(of: ReleaseRef): Promise<ReleaseView>;
  /** What failed before it held, and what is different from the release before. */
  approval(of: ReleaseRef): Promise<ApprovalView>;
  item(of: ReleaseRef, item: string): Promise<ItemDetail>;
  /** Newest first. */
  timeline(project: string): Promise<TimelineRow[]>;
  /** One event with all that it takes to check it by hand. */
  event(project: string, event: string): Promise<EventView>;
  /** Verifies the whole ledger anew. Resolves at the end; rejects with `stopped` when cancelled. */
  checkLedger(progress: (now: CheckedView) => void): Promise<LedgerView>;
  cancelLedgerCheck(): Promise<void>;

  createKey(request: CreateKey): Promise<KeyView>;
  /** The keys that ssh-agent holds. */
  agentKeys(): Promise<AgentKeyView[]>;
  /** Refers to one of them; nobody is signed in by that. */
  useAgentKey(request: UseAgentKey): Promise<KeyView>;
  /** The passphrase of a key in ssh-agent is empty: the agent signs a challenge. */
  unlock(key: string, passphrase: string): Promise<KeyView>;
  lock(): Promise<void>;

  startDemo(): Promise<ReleaseRef>;
  /** Plants the demo target's faults, or repairs them. */
  setDemoFaults(faults: boolean): Promise<void>;
  createProject(toml: string, roles: string[]): Promise<ProjectView>;
  /** Enrolls, or proposes it to the roles that it touches. */
  enrollMember(request: EnrollMember): Promise<ChangeAnswer>;
  removeMember(request: RemoveMember): Promise<ChangeAnswer>;
  setPolicy(request: SetPolicy): Promise<ChangeAnswer>;
  /** Consents to a proposed change of the roster or the policy, refuses it, or takes it back. */
  decideChange(request: DecideChange): Promise<ProjectView>;
  openRelease(request: OpenRelease): Promise<ReleaseView>;

  /** Resolves when the run has ended. */
  startCheck(request: CheckRequest, progress: (step: ProgressView) => void): Promise<CheckView>;
  cancelCheck(of: ReleaseRef): Promise<void>;
  attest(request: Attest): Promise<ItemDetail>;
  attachEvidence(request: AttachEvidence): Promise<ItemDetail>;
  requestException(request: RequestException): Promise<ItemDetail>;
  decideException(request: DecideException): Promise<ReleaseView>;

  /** The exact text that the unlocked person would sign. */
  statement(of: ReleaseRef, role: string): Promise<StatementView>;
  signOff(request: SignOff): Promise<ReleaseView>;
  recordDeployment(request: RecordDeployment): Promise<ReleaseView>;
  verifyDeployment(request: VerifyDeployment): Promise<ReleaseView>;
  declareEmergency(request: DeclareEmergency): Promise<ReleaseView>;
  closeRelease(request: CloseRelease): Promise<ReleaseView>;

  exportBundle(of: ReleaseRef): Promise<BundleView>;
  /** The record in a format of others. */
  exportAs(of: ReleaseRef, format: RecordFormat): Promise<BundleView>;
  verifyBundle(path: string): Promise<VerifyView>;
  /** Every event of the project, as a file for another machine. */
  writePacket(project: string): Promise<PacketView>;
  /** What a packet says it holds; nothing is taken in. */
  lookAtPacket(path: string): Promise<PacketLook>;
  /**
   * Merges what is new; `trust` names the founder's key of a project that is not here.
   * `acceptFork` takes in a change of the roster from behind what is known here.
   */
  openPacket(path: string, trust: string | null, acceptFork: boolean): Promise<MergeView>;
  /** The enrollment card of the unlocked key. */
  writeCard(): Promise<CardView>;
  /** A card's text, if its key signed it. */
  readCard(text: string): Promise<CardView>;
  importChecklist(name: string, markdown: string): Promise<TemplateView>;
  templates(): Promise<TemplateView[]>;
  generateSecret(kind: SecretKind): Promise<string>;
  judgeSecret(name: string, value: string): Promise<StrengthView>;
  /** The value that a reference of an environment leads to, judged without bringing it here. */
  judgeReferencedSecret(project: string, environment: string, name: string): Promise<StrengthView>;

  /** Calls `listener` whenever the ledger has grown: query again. Returns the way to stop. */
  onLedgerChanged(listener: () => void): () => void;
}

/** What a host rejects with. */
export class Failure extends Error implements FailureView {
  readonly code: string;
  readonly hint: string;

  constructor(view: FailureView) {
    super(view.message);
    this.name = "Failure";
    this.code = view.code;
    this.hint = view.hint;
  }

  /** Anything that was thrown, as a failure. */
  static of(thrown: unknown): Failure {
    if (thrown instanceof Failure) return thrown;
    if (isFailureView(thrown)) return new Failure(thrown);
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new Failure({ code: "unexpected", message, hint: "" });
  }
}

function isFailureView(value: unknown): value is FailureView {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as FailureView).code === "string" &&
    typeof (value as FailureView).message === "string"
  );
}
