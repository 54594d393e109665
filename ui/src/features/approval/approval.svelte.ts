import { untrack } from "svelte";
import { Failure, type ApprovalView, type ExceptionView, type MemberView, type ReleaseView, type SignoffView } from "../../host/host";
import { words } from "../../words";
import type { Release } from "../release/release.svelte";
import { Acknowledged } from "../signoff/acknowledged.svelte";
import { receiptFor, Signing, type Receipt } from "../signoff/signing.svelte";

/** One visit to the page on which a release is signed or declined. */
export class Approval {
  readonly release: Release;
  /** What failed before it held, and the release before; none until it was read. */
  view = $state.raw<ApprovalView | null>(null);
  failure = $state.raw<Failure | null>(null);
  /** The exceptions that were opened during this visit, each exactly as it was shown. */
  readonly read = new Acknowledged();
  /** The statement under way. */
  signing = $state.raw<Signing | null>(null);
  /** The key of somebody who has signed and wants to sign again or to decline. */
  #again = $state("");
  #turn = 0;
  #stated = "";

  readonly #signoffs = $derived.by((): SignoffView[] => this.release.view?.gate.signoffs ?? []);

  /** The signature of the unlocked person: the one that they gave, else one that is missing. */
  readonly mine = $derived.by((): SignoffView | undefined => {
    const { me } = this.release;
    const own = this.#signoffs.filter((each) => me?.roles.includes(each.role));
    return own.find((each) => each.fingerprint === me?.fingerprint) ?? own.find((each) => each.state !== "signed") ?? own[0];
  });

  /** Whose keys on this machine could give a signature that is missing. */
  readonly others = $derived.by((): { member: MemberView; signoff: SignoffView }[] => {
    const missing = this.#signoffs.filter((each) => each.state !== "signed");
    // Several people may have to sign for one role, each once.
    const roles = missing.filter((each, at) => missing.findIndex((other) => other.role === each.role) === at);
    const signed = ({ fingerprint }: MemberView) => this.#signoffs.some((each) => each.state === "signed" && each.fingerprint === fingerprint);
    return roles
      .flatMap((signoff) => this.release.holders(signoff.role).map((member) => ({ member, signoff })))
      .filter(({ member }) => member.fingerprint !== this.release.me?.fingerprint && !signed(member));
  });

  /** Exceptions that cover an item now: each must be read. */
  readonly covering = $derived.by((): ExceptionView[] => this.#exceptions.filter((each) => each.state === "approved"));
  readonly asked = $derived.by((): ExceptionView[] => this.#exceptions.filter((each) => each.state === "requested"));
  readonly void = $derived.by((): ExceptionView[] => this.#exceptions.filter((each) => each.state === "rejected" || each.state === "expired"));

  readonly unread = $derived.by(() => this.read.left(this.covering));

  /** The receipt of this visit's signature, or of the one that stands. */
  readonly receipt = $derived.by((): Receipt | null => {
    const key = this.release.me?.fingerprint;
    const given = this.signing?.receipt;
    if (given && given.fingerprint === key) return given;
    const { mine } = this;
    return mine?.state === "signed" && this.#again !== key ? receiptFor(mine, "approve") : null;
  });

  /** Whether what the receipt is of does not count any more. */
  readonly overtaken = $derived.by(() => this.#signoffs.some((each) => each.event === this.receipt?.event && each.state === "stale"));

  get #exceptions(): ExceptionView[] {
    return this.release.view?.exceptions ?? [];
  }

  constructor(release: Release) {
    this.release = release;
  }

  /** Reads anew what follows from the release. Called in an effect: it runs when that changes. */
  follow(): void {
    const { view, me } = this.release;
    const role = this.mine?.role ?? "";
    const wanted = view && me && role && this.isAsked(view, role) && !this.receipt ? [view.state, view.gate.verdict, me.fingerprint, role].join(" ") : "";
    untrack(() => {
      if (view) void this.load();
      if (wanted && wanted !== this.#stated) void this.#state(role, wanted);
      if (!wanted) this.#stated = "";
      if (!me) this.signing = null;
    });
  }

  /** Before the deployment each role signs; after an emergency those whose word is owed. */
  isAsked(view: ReleaseView, role: string): boolean {
    return view.row.stage === "open" || (view.row.owed?.roles.includes(role) ?? false);
  }

  async load(): Promise<void> {
    const turn = ++this.#turn;
    try {
      const view = await this.release.approval();
      if (turn !== this.#turn) return;
      this.view = view;
      this.failure = null;
    } catch (thrown) {
      if (turn === this.#turn) this.failure = Failure.of(thrown);
    }
  }

  /** Asks for the statement, keeping what was typed where it is about the same signature. */
  async #state(role: string, wanted: string): Promise<void> {
    this.#stated = wanted;
    const key = this.release.me?.fingerprint;
    const { signing: last } = this;
    const kept = last?.role === role && last.key?.fingerprint === key && !last.receipt ? last : null;
    const signing = kept ?? new Signing(this.release, role, this.read, words.approval.unreadLeft);
    const told = await signing.begin();
    if (this.#stated !== wanted) return;
    if (told) this.signing = signing;
    else this.#stated = "";
  }

  /** Lets go of a receipt and shows what would be signed now. */
  lookAgain(): void {
    this.signing = null;
    this.#again = this.release.me?.fingerprint ?? "";
  }

  open(exception: ExceptionView): void {
    this.read.set(exception);
  }
}
