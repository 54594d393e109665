// A small hash router: the address says which screen, release, tab and item are shown,
// so that it can be copied, reloaded and gone back from.

export type ReleaseTab = "checklist" | "signoff" | "approve" | "deployment";

export type Route =
  | { view: "board" }
  | { view: "start" }
  | { view: "secrets" }
  | { view: "project"; project: string }
  | { view: "timeline"; project: string }
  | { view: "release"; project: string; release: string; tab: ReleaseTab; item: string };

export const TABS = ["checklist", "signoff", "approve", "deployment"] as const satisfies ReleaseTab[];

export const paths = {
  board: () => "#/board",
  start: () => "#/start",
  secrets: () => "#/secrets",
  project: (project: string) => `#/p/${encodeURIComponent(project)}`,
  timeline: (project: string) => `#/p/${encodeURIComponent(project)}/timeline`,
  release: (of: { project: string; release: string }, tab: ReleaseTab = "checklist", item = "") =>
    `#/p/${encodeURIComponent(of.project)}/r/${encodeURIComponent(of.release)}/${tab}${item ? `/${encodeURIComponent(item)}` : ""}`,
};

/** Where the second key of "go to" leads from here; empty when nowhere. */
export function destination(key: string, route: Route): string {
  if (key === "b") return paths.board();
  if (key === "k") return paths.secrets();
  if (!("project" in route)) return "";
  if (key === "p") return paths.project(route.project);
  if (key === "t") return paths.timeline(route.project);
  const tab = TABS.find((each) => each.startsWith(key));
  return tab && route.view === "release" ? paths.release(route, tab) : "";
}

export function parse(hash: string): Route {
  const parts = hash.replace(/^#\/?/, "").split("/").map(decode);
  const [head, project = "", kind, release = "", tab = "checklist", item = ""] = parts;
  if (head === "start") return { view: "start" };
  if (head === "secrets") return { view: "secrets" };
  if (head !== "p" || !project) return { view: "board" };
  if (kind === "timeline") return { view: "timeline", project };
  if (kind !== "r" || !release) return { view: "project", project };
  const known = TABS.find((each) => each === tab) ?? "checklist";
  return { view: "release", project, release, tab: known, item };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export class Router {
  #hash = $state(location.hash);
  route = $derived(parse(this.#hash));

  constructor() {
    addEventListener("hashchange", () => (this.#hash = location.hash));
  }

  go(path: string): void {
    location.hash = path;
  }

  /** Changes the address without a step in the history. */
  replace(path: string): void {
    history.replaceState(null, "", path);
    this.#hash = path;
  }
}
