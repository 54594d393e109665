// Secrets that an environment references: found and judged by the program, so that no
// value comes here.

import { Failure, type EnvironmentView, type Host, type StrengthView } from "../../host/host";

/** An environment of a project. */
export interface Place {
  project: string;
  name: string;
  environment: EnvironmentView;
}

export type Judged = { strength: StrengthView } | { failure: Failure };

export class References {
  readonly #host: Host;
  places = $state.raw<Place[] | null>(null);
  failure = $state.raw<Failure | null>(null);
  chosen = $state(0);
  judged = $state.raw<Readonly<Record<string, Judged>>>({});
  busy = $state(false);
  readonly place = $derived(this.places?.[this.chosen]);
  #asked = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  async load(): Promise<void> {
    try {
      const board = await this.#host.board();
      const projects = await Promise.all(board.projects.map((project) => this.#host.project(project.id)));
      this.places = projects.flatMap((project) =>
        project.environments.filter((each) => each.secrets.length > 0).map((environment) => ({ project: project.id, name: project.name, environment })),
      );
      this.failure = null;
    } catch (thrown) {
      this.failure = Failure.of(thrown);
    }
  }

  /** Drops the verdicts, also those under way. */
  forget(): void {
    this.#asked += 1;
    this.judged = {};
    this.busy = false;
  }

  async judge(): Promise<void> {
    const { place } = this;
    if (!place) return;
    const asked = ++this.#asked;
    this.busy = true;
    const verdicts = await Promise.all(place.environment.secrets.map(async ({ name }) => [name, await this.#one(place, name)] as const));
    if (asked !== this.#asked) return;
    this.judged = Object.fromEntries(verdicts);
    this.busy = false;
  }

  async #one(place: Place, secret: string): Promise<Judged> {
    try {
      return { strength: await this.#host.judgeReferencedSecret(place.project, place.environment.name, secret) };
    } catch (thrown) {
      return { failure: Failure.of(thrown) };
    }
  }
}
