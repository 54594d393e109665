// Keys that live in ssh-agent.

export const agentWords = {
  agent: {
    where: "Where the key lives",
    sealed: "A new key, sealed by a passphrase",
    fromAgent: "Use a key from ssh-agent",
    text: "The key stays in the agent, or in the security key behind it. This machine keeps only its public half.",
    offered: "The agent offers",
    none: "The agent holds no key, or is locked. Add one with ssh-add, or unlock it with ssh-add -X.",
    noComment: "Without a comment",
    unusable: "Of a type that cannot sign here",
    isHere: (name: string) => `Used here already, as ${name}`,
    chooseKey: "Choose a key",
    look: "Look again",
    use: "Use this key",
    badge: "In ssh-agent",
    option: (owner: string, email: string) => `${owner}, ${email} (in ssh-agent)`,
    waiting: "Waiting for ssh-agent…",
    signIn: "No passphrase is asked for: the agent signs a challenge. It may ask you to confirm.",
    signInTouch: "No passphrase is asked for: the agent signs a challenge. Touch the security key when it blinks.",
    confirm: (role: string) => `Type ${role} to confirm`,
    confirmHint: "Your key lives in ssh-agent, so no passphrase is asked for. The record will say that the agent signed, and that nothing shows that it asked you.",
    confirmHintTouch: "Your key is a security key: touch it when it blinks. The record will say that it was touched.",
    confirmMissing: (role: string) => `Type ${role} to confirm what you sign`,
  },
};
