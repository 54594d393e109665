// Reads HDF with the library that Heimdall reads it with, and prints each control as
// Heimdall would show it.
const { readFileSync } = require("node:fs");
const { convertFile, contextualizeEvaluation } = require("inspecjs");

const read = convertFile(readFileSync(process.argv[2], "utf8"), true);
const evaluation = read["1_0_ExecJson"];
if (!evaluation) throw read.errors["1_0_ExecJson"];
const controls = {};
for (const profile of contextualizeEvaluation(evaluation).contains) {
  for (const { hdf } of profile.contains) {
    controls[hdf.wraps.id] = {
      status: hdf.status,
      severity: hdf.severity,
      nist: hdf.parsedNistTags.map((tag) => tag.rawText),
      attested: hdf.attestationStatus ?? null,
      waived: hdf.wraps.waiver_data?.expiration_date ?? null,
    };
  }
}
process.stdout.write(JSON.stringify(controls));
