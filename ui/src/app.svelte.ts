// What every screen shares: the host, who is unlocked, messages, the address.

import { getContext, setContext } from "svelte";
import { Commands } from "./components/commands.svelte";
import { Toasts } from "./components/toasts.svelte";
import { Verification } from "./features/ledger/verification.svelte";
import { Session } from "./features/session/session.svelte";
import type { Host } from "./host/host";
import { legible } from "./host/legible";
import { Router } from "./router.svelte";

const KEY = Symbol("app");

export class App {
  readonly host: Host;
  readonly toasts = new Toasts();
  readonly router = new Router();
  readonly session: Session;
  readonly commands = new Commands();
  readonly verification: Verification;
  /** Whether the sheet of keys is open. */
  help = $state(false);

  constructor(host: Host) {
    this.host = legible(host);
    this.session = new Session(this.host, this.toasts);
    this.verification = new Verification(this.host);
  }
}

export function provideApp(app: App): App {
  return setContext(KEY, app);
}

export function useApp(): App {
  return getContext<App>(KEY);
}
