// Holds a JSON file against a JSON Schema of draft 4 or 7; says what does not fit and ends
// with 1.
const { readFileSync } = require("node:fs");
const draft04 = require("ajv-draft-04");
const draft07 = require("ajv").default;
const addFormats = require("ajv-formats");

const [schema, file] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, "utf8")));
const older = schema.$schema.includes("draft-04");
const Ajv = older ? draft04.default : draft07;
// Nobody wrote the schemas for ajv's strict mode, which asks for more than the standard. Those
// of draft 4 have patterns that are none by the rules for Unicode.
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: !older });
addFormats(ajv);
const fits = ajv.validate(schema, file);
for (const error of (ajv.errors ?? []).slice(0, 20)) console.log(`${error.instancePath}: ${error.message}`);
process.exitCode = fits ? 0 : 1;
