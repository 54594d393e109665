// Times as people read them. Everything on the wire is RFC 3339 in UTC.

const SPANS: [number, Intl.RelativeTimeFormatUnit][] = [
  [60, "second"],
  [60, "minute"],
  [24, "hour"],
  [30, "day"],
  [12, "month"],
  [Infinity, "year"],
];
const relatives = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const locals = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** "5 min ago", "in 3 days". */
export function relative(at: string, now: number = Date.now()): string {
  let span = (Date.parse(at) - now) / 1000;
  if (Number.isNaN(span)) return at;
  if (Math.abs(span) < 45) return "just now";
  for (const [size, unit] of SPANS) {
    if (Math.abs(span) < size) return relatives.format(Math.round(span), unit);
    span /= size;
  }
  return at;
}

/** In the reader's time zone. */
export function local(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? at : locals.format(date);
}

/** In UTC, to the minute. */
export function utc(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? at : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** The value of a `datetime-local` input for a moment. */
export function forInput(date: Date): string {
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

/** RFC 3339 UTC from the value of a `datetime-local` or `date` input. */
export function fromInput(value: string): string {
  return new Date(value).toISOString();
}
