// `npm run shots` and `./dev shots`: see views/shots.ts, which is TypeScript.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const { module } = await runnerImport(fileURLToPath(new URL("views/shots.ts", import.meta.url)));
process.exitCode = await module.shots(process.argv.slice(2));
