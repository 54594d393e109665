// Makes src/host/wire.gen.ts from the JSON Schema that the Rust side writes.
// With --check it changes nothing and fails when the file is stale.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";

const source = fileURLToPath(new URL("../../docs/schemas/wire.json", import.meta.url));
const target = fileURLToPath(new URL("../src/host/wire.gen.ts", import.meta.url));

/**
 * Closes every object, so that a field which the wire does not have is a type error, and
 * sorts the keys: the schema's own order depends on which crates were built together.
 */
function closed(node) {
  if (Array.isArray(node)) return node.map(closed);
  if (node === null || typeof node !== "object") return node;
  const out = Object.fromEntries(
    Object.keys(node)
      .sort()
      .map((key) => [key, closed(node[key])]),
  );
  if (out.type === "object" && out.properties && out.additionalProperties === undefined) {
    out.additionalProperties = false;
  }
  return out;
}

const schema = closed(JSON.parse(await readFile(source, "utf8")));
schema.type = "object";
schema.additionalProperties = false;
schema.properties = Object.fromEntries(
  Object.keys(schema.definitions).map((name) => [name, { $ref: `#/definitions/${name}` }]),
);
schema.required = Object.keys(schema.definitions);

const text = await compile(schema, "Wire", {
  bannerComment: "// Made by `npm run types` from docs/schemas/wire.json. Do not edit.",
  style: { printWidth: 100 },
});

if (process.argv.includes("--check")) {
  const current = await readFile(target, "utf8").catch(() => "");
  if (current !== text) {
    console.error("src/host/wire.gen.ts is stale: run `npm run types` in ui/.");
    process.exit(1);
  }
  console.log("src/host/wire.gen.ts is current.");
} else {
  await writeFile(target, text);
  console.log(`wrote ${target}`);
}
