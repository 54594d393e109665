// Secrets made and judged. The rules are fewer and cruder than those of the program.

import type { Host, SecretKind, StrengthView } from "../../host";
import type { World } from "../world";

const BYTES: Record<SecretKind, number> = { "jwt-secret": 64, "encryption-key": 32, "redis-password": 32 };
/** What the checklist asks of the three that it names, in characters of hexadecimal. */
const HEX: Record<string, number> = { JWT_SECRET: 128, ENCRYPTION_KEY: 64 };
const KNOWN = ["changeme", "foobared", "password", "secret"];

function judge(name: string, value: string): StrengthView {
  const hex = /^[0-9a-f]+$/i.test(value);
  const bytes = hex ? value.length / 2 : value.length >= 40 ? Math.floor((value.replace(/=+$/, "").length * 3) / 4) : value.length;
  const digits = HEX[name];
  const wrong: string[] = [];
  if (digits && !hex) wrong.push("is not hexadecimal");
  if (digits && value.length !== digits) wrong.push(`has ${value.length} characters instead of ${digits}`);
  if (name === "REDIS_PASSWORD" && bytes < 32) wrong.push(`has ${bytes} bytes of key material, fewer than 32`);
  const weak = [
    KNOWN.includes(value.toLowerCase()) && "is on the list of values that everybody tries",
    /your[-_ ]|example|placeholder|change[-_ ]?me/i.test(value) && "is a placeholder that nobody filled in",
    value.length >= 8 && new Set(value).size * 4 < Math.min(value.length, 32) && "has far fewer different characters than chance would give",
  ].filter((each) => each !== false);
  const guessed = weak.length > 0 || bytes < 8;
  if (!digits && weak.length === 0 && bytes < 16) wrong.push("can be guessed");
  const bucket = guessed ? "weak" : bytes < 16 ? "fair" : "strong";
  const alphabet = hex ? "lower-case hex" : bytes >= 30 ? "base64" : "printable characters";
  wrong.push(...weak);
  return {
    strong: wrong.length === 0,
    summary: `${value.length} characters, ${alphabet}, ${Math.floor(bytes)} bytes of key material, ${bucket}`,
    wrong,
    length: value.length,
    alphabet,
    bucket,
  };
}

export function secretAnswers(world: World) {
  return {
    async generateSecret(kind: SecretKind) {
      world.call("generateSecret", { kind });
      const bytes = crypto.getRandomValues(new Uint8Array(BYTES[kind]));
      if (kind === "redis-password") return btoa(String.fromCharCode(...bytes));
      return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    },

    async judgeSecret(name: string, value: string) {
      world.call("judgeSecret", { name, length: value.length });
      return judge(name, value);
    },

    async judgeReferencedSecret(project: string, environment: string, name: string) {
      world.call("judgeReferencedSecret", { project, environment, name });
      const secrets = world.projects.get(project)?.view.environments.find((each) => each.name === environment)?.secrets;
      const secret = secrets?.find((each) => each.name === name) ?? world.fail("not-found", `there is no secret ${JSON.stringify(name)}`);
      if (!secret.found) world.fail("input", `secret: nothing at ${secret.reference}`, "Set the value where the reference points, or correct the reference");
      return judge(name, name === "REDIS_PASSWORD" ? "foobared" : "0123456789abcdef".repeat(8));
    },
  } satisfies Partial<Host>;
}
