import { Failure, type Board, type BoardProject, type Host } from "../../host/host";

export type Sort = "recent" | "score" | "deadline";
export type Show = "all" | "no-go" | "ready" | "go";

/** Every project and release, searched and sorted. */
export class BoardList {
  board = $state.raw<Board | null>(null);
  failure = $state.raw<Failure | null>(null);
  query = $state("");
  show = $state<Show>("all");
  sort = $state<Sort>("recent");
  readonly #host: Host;

  readonly shown = $derived.by((): BoardProject[] => {
    const query = this.query.trim().toLowerCase();
    return (this.board?.projects ?? [])
      .map((project) => ({
        ...project,
        releases: project.releases
          .filter((row) => this.show === "all" || row.verdict === this.show)
          .filter((row) => !query || `${row.project_name} ${row.version} ${row.environment}`.toLowerCase().includes(query))
          .sort((a, b) => {
            if (this.sort === "score") return a.score.now - b.score.now;
            if (this.sort === "deadline") return (a.next_deadline ?? "~").localeCompare(b.next_deadline ?? "~");
            return b.changed_at.localeCompare(a.changed_at);
          }),
      }))
      .filter((project) => project.releases.length > 0 || (!query && this.show === "all"));
  });

  constructor(host: Host) {
    this.#host = host;
  }

  async load(): Promise<void> {
    try {
      this.board = await this.#host.board();
      this.failure = null;
    } catch (thrown) {
      this.failure = Failure.of(thrown);
    }
  }
}
