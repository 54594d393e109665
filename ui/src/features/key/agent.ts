// What is different about keys that live in ssh-agent.

import type { KeyView } from "../../host/host";

export const inAgent = (key: KeyView | undefined): boolean => key?.held === "agent";

/** Whether each signature takes a touch. */
export const isSecurityKey = (key: KeyView | undefined): boolean => key?.public_key.startsWith("sk-") ?? false;
