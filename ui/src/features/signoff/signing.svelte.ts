import type { Failure, KeyView, ReleaseView, StatementView } from "../../host/host";
import { words } from "../../words";
import { inAgent } from "../key/agent";
import type { Release } from "../release/release.svelte";

export type Decision = "approve" | "decline" | "revoke";

/** What a finished signature left behind. */
export interface Receipt {
  decision: Decision;
  by: string;
  role: string;
  title: string;
  at: string;
  event: string;
  fingerprint: string;
  covers: string;
}

/** One person reads one statement and signs it, or does not. */
export class Signing {
  readonly release: Release;
  readonly role: string;
  statement = $state.raw<StatementView | null>(null);
  /** The key that signs. */
  key = $state.raw<KeyView | undefined>(undefined);
  passphrase = $state("");
  /** What was typed to confirm, where the key lives in ssh-agent and no passphrase is asked for. */
  confirmation = $state("");
  comment = $state("");
  busy = $state(false);
  failure = $state.raw<Failure | null>(null);
  receipt = $state.raw<Receipt | null>(null);
  acknowledged = $state<Record<string, boolean>>({});

  readonly open = $derived(this.statement !== null);

  /** Why nothing can be signed now: the passphrase or the confirmation is missing. */
  readonly #unproven = $derived.by(() => {
    if (!inAgent(this.key)) return this.passphrase ? "" : words.session.passphraseMissing;
    return this.confirmation.trim().toLowerCase() === this.role ? "" : words.agent.confirmMissing(this.role);
  });

  /** Why approval is not possible now; empty when it is. */
  readonly approvalBlocked = $derived.by(() => {
    const statement = this.statement;
    if (!statement) return words.common.loading;
    if (statement.refusal) return statement.refusal;
    const left = statement.exceptions.filter((each) => !this.acknowledged[each.id]).length;
    if (left > 0) return words.signoff.acknowledgeLeft(left);
    return this.#unproven;
  });

  /** Why declining is not possible now. */
  readonly declineBlocked = $derived(
    !this.comment.trim() ? words.signoff.commentMissing : this.#unproven,
  );

  constructor(release: Release, role: string) {
    this.release = release;
    this.role = role;
  }

  /** Asks for the exact text. A locked key is asked for first. */
  async begin(): Promise<boolean> {
    const result = await this.release.act((host) => host.statement(this.release.of, this.role));
    if (!result.ok) return false;
    this.key = this.release.keyOf(result.value.fingerprint);
    this.statement = result.value;
    return true;
  }

  async decide(decision: Decision): Promise<void> {
    const statement = this.statement;
    const blocked = decision === "approve" ? this.approvalBlocked : this.declineBlocked;
    if (!statement || this.busy || blocked) return;
    this.busy = true;
    const result = await this.release.act(
      (host) =>
        host.signOff({
          ...this.release.of,
          role: this.role,
          decision,
          exceptions: decision === "approve" ? statement.exceptions.map((each) => each.id) : [],
          state: statement.state,
          comment: this.comment.trim(),
          passphrase: inAgent(this.key) ? "" : this.passphrase,
          confirmed: inAgent(this.key),
        }),
      { quiet: true },
    );
    this.busy = false;
    this.passphrase = this.confirmation = "";
    this.failure = result.ok ? null : result.failure;
    if (result.ok) this.receipt = receiptOf(result.value, this.role, decision, statement.fingerprint);
  }
}

function receiptOf(view: ReleaseView, role: string, decision: Decision, fingerprint: string): Receipt | null {
  const signed = view.gate.signoffs.find((each) => each.role === role && each.fingerprint === fingerprint);
  if (!signed) return null;
  return {
    decision,
    role,
    title: signed.title,
    by: signed.by ?? "",
    at: signed.at ?? view.gate.at,
    event: signed.event ?? "",
    fingerprint: signed.fingerprint ?? "",
    covers: signed.covers ?? "",
  };
}
