// Every text of the screens, in one place, so that it can be read through and translated.

import { agentWords } from "./words/agent";
import { approvalWords } from "./words/approval";
import { itemWords } from "./words/item";
import { packetWords } from "./words/packet";
import { projectWords } from "./words/project";
import { releaseWords } from "./words/release";
import { secretWords } from "./words/secret";
import { windowWords } from "./words/window";

export const words = { ...windowWords, ...projectWords, ...releaseWords, ...itemWords, ...packetWords, ...agentWords, ...approvalWords, ...secretWords };
