// Three people who share one machine, as in the demo.

import type { KeyView, MemberView } from "../wire.gen";

export const PASSPHRASE = "demo demo demo";

function key(name: string, owner: string, email: string, body: string): KeyView {
  return {
    name,
    owner,
    email,
    fingerprint: `SHA256:${body}`,
    public_key: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${body.slice(0, 30)} ${email}`,
  };
}

export const KEYS: KeyView[] = [
  key("demo-security", "Sana Okafor", "sana@demo.invalid", "u5hQ0aB1n9Xy2kVtq7mWc3LzRf8sPd4eJg6iKoMuTbw"),
  key("demo-devops", "Dev Lindqvist", "dev@demo.invalid", "Zk2pVn7rTq4yWs1xMc9bLf6hGd3jKa8eUo5iPzQvRtE"),
  key("demo-management", "Mara Petit", "mara@demo.invalid", "Yb8cXv3nMl1kJh6gFd9sAq2wEr5tZu7iOp4aSdFgHjK"),
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
