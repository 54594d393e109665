// Three people who share one machine, as in the demo.

import type { AgentKeyView, KeyView, MemberView } from "../wire.gen";

export const PASSPHRASE = "demo demo demo";

function key(name: string, owner: string, email: string, body: string): KeyView {
  return {
    name,
    owner,
    email,
    fingerprint: `SHA256:${body}`,
    public_key: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${body.slice(0, 30)} ${email}`,
    held: "sealed",
  };
}

export const KEYS: KeyView[] = [
  key("demo-security", "Sana Okafor", "sana@demo.invalid", "u5hQ0aB1n9Xy2kVtq7mWc3LzRf8sPd4eJg6iKoMuTbw"),
  key("demo-devops", "Dev Lindqvist", "dev@demo.invalid", "Zk2pVn7rTq4yWs1xMc9bLf6hGd3jKa8eUo5iPzQvRtE"),
  key("demo-management", "Mara Petit", "mara@demo.invalid", "Yb8cXv3nMl1kJh6gFd9sAq2wEr5tZu7iOp4aSdFgHjK"),
];

/** What the fake's ssh-agent holds. */
export const AGENT_KEYS: Omit<AgentKeyView, "here">[] = [
  { fingerprint: "SHA256:p7Lk2mXc9VbN4qWe8RtY1uIo3PaS5dFgHjKlZxCvBnM", algorithm: "ssh-ed25519", comment: "work laptop", usable: true },
  { fingerprint: "SHA256:t3Hs8kDf6GjK1lQw5ErT9yUi2OpA7sDfGhJkLzXcVbN", algorithm: "sk-ssh-ed25519@openssh.com", comment: "blue security key", usable: true },
  { fingerprint: "SHA256:r9Sa4vBn7MqW2eRt6YuI1oPl8KjH5gFdSaZxCvBnMqW", algorithm: "ssh-rsa", comment: "old server key", usable: false },
];

const ROLES = ["security", "devops", "management"];

export const MEMBERS: MemberView[] = KEYS.map((each, index) => ({
  name: each.owner,
  email: each.email,
  fingerprint: each.fingerprint,
  roles: index === 0 ? ["security", "admin"] : [ROLES[index] ?? "auditor"],
  here: true,
}));

export const ROLE_TITLES: Record<string, string> = {
  security: "Security",
  devops: "DevOps",
  management: "Management",
};

/** What the fake's policy lets suffice in an emergency. */
export const EMERGENCY = { roles: ["devops"], review_hours: 24 };

/** The fake's policy in words, as the program tells it. */
export const POLICY = [
  "signed by Security, DevOps, Management",
  "exceptions approved by Security, Management",
  "changes need the roles that they touch",
  "in an emergency only DevOps must sign before it goes out, the rest within 24 h",
];
