// The host of the real window: every method is one declared IPC command.

import { Channel, invoke, type InvokeArgs } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { Failure, type CheckedView, type Host, type ProgressView } from "./host";

async function call<T>(command: string, args?: InvokeArgs): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (thrown) {
    throw Failure.of(thrown);
  }
}

export function tauriHost(): Host {
  return {
    status: () => call("status"),
    board: () => call("board"),
    project: (project) => call("project", { project }),
    release: (of) => call("release", { ...of }),
    approval: (of) => call("approval", { ...of }),
    item: (of, item) => call("item", { ...of, item }),
    timeline: (project) => call("timeline", { project }),
    event: (project, event) => call("event", { project, event }),
    checkLedger: (progress) => {
      const channel = new Channel<CheckedView>();
      channel.onmessage = progress;
      return call("check_ledger", { progress: channel });
    },
    cancelLedgerCheck: () => call("cancel_ledger_check"),

    createKey: (request) => call("create_key", { request }),
    agentKeys: () => call("agent_keys"),
    useAgentKey: (request) => call("use_agent_key", { request }),
    unlock: (key, passphrase) => call("unlock", { key, passphrase }),
    lock: () => call("lock"),

    startDemo: () => call("start_demo"),
    setDemoFaults: (faults) => call("set_demo_faults", { faults }),
    createProject: (toml, roles) => call("create_project", { toml, roles }),
    removeMember: (request) => call("remove_member", { request }),
    setPolicy: (request) => call("set_policy", { request }),
    enrollMember: (request) => call("enroll_member", { request }),
    decideChange: (request) => call("decide_change", { request }),
    openRelease: (request) => call("open_release", { request }),

    startCheck: (request, progress) => {
      const channel = new Channel<ProgressView>();
      channel.onmessage = progress;
      return call("start_check", { ...request, progress: channel });
    },
    cancelCheck: (of) => call("cancel_check", { ...of }),
    attest: (request) => call("attest", { request }),
    attachEvidence: (request) => call("attach_evidence", { request }),
    requestException: (request) => call("request_exception", { request }),
    decideException: (request) => call("decide_exception", { request }),

    statement: (of, role) => call("statement", { ...of, role }),
    signOff: (request) => call("sign_off", { request }),
    recordDeployment: (request) => call("record_deployment", { request }),
    verifyDeployment: (request) => call("verify_deployment", { request }),
    declareEmergency: (request) => call("declare_emergency", { request }),
    closeRelease: (request) => call("close_release", { request }),

    exportBundle: (of) => call("export_bundle", { ...of }),
    exportAs: (of, format) => call("export_as", { ...of, format }),
    verifyBundle: (path) => call("verify_bundle", { path }),
    writePacket: (project) => call("write_packet", { project }),
    lookAtPacket: (path) => call("look_at_packet", { path }),
    openPacket: (path, trust, acceptFork) => call("open_packet", { path, trust, acceptFork }),
    writeCard: () => call("write_card"),
    readCard: (text) => call("read_card", { text }),
    importChecklist: (name, markdown) => call("import_checklist", { name, markdown }),
    templates: () => call("templates"),
    generateSecret: (kind) => call("generate_secret", { kind }),
    judgeSecret: (name, value) => call("judge_secret", { name, value }),
    judgeReferencedSecret: (project, environment, name) => call("judge_referenced_secret", { project, environment, name }),

    onLedgerChanged: (listener) => {
      let stopped = false;
      let stop: (() => void) | undefined;
      void listen("ledger-changed", () => listener()).then((unlisten) => {
        if (stopped) unlisten();
        else stop = unlisten;
      });
      return () => {
        stopped = true;
        stop?.();
      };
    },
  };
}
