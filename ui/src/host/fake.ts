// An in-memory host with lifelike data, for tests and for a plain browser. It is left
// out of the window's own build.

import { checklistAnswers } from "./fake/answers/checklist";
import { packetAnswers } from "./fake/answers/packets";
import { peopleAnswers } from "./fake/answers/people";
import { recordAnswers } from "./fake/answers/records";
import { rosterAnswers } from "./fake/answers/roster";
import { secretAnswers } from "./fake/answers/secrets";
import { signoffAnswers } from "./fake/answers/signoff";
import { tell, type Scenario } from "./fake/scenarios";
import { World, type Call } from "./fake/world";
import type { Host } from "./host";

export type { Scenario } from "./fake/scenarios";

export interface FakeOptions {
  scenario?: Scenario;
  /** Milliseconds that each item takes. */
  pace?: number;
  now?: () => Date;
}

export interface FakeHost extends Host {
  /** Every call by name, newest last: tests ask what was sent. */
  readonly calls: Call[];
}

export function fakeHost({ scenario = "first-run", pace = 120, now = () => new Date() }: FakeOptions = {}): FakeHost {
  const world = new World(pace, now);
  tell(world, scenario);
  return { calls: world.calls, ...peopleAnswers(world), ...rosterAnswers(world), ...checklistAnswers(world), ...signoffAnswers(world), ...recordAnswers(world), ...packetAnswers(world), ...secretAnswers(world) };
}
