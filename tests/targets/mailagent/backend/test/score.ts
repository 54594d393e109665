/** One question with a yes or a no. */
export type Check = [name: string, holds: () => Promise<boolean>];

/** Asks everything, prints each answer and the rate; whether all hold. */
export async function score(title: string, checks: Check[]): Promise<boolean> {
  let held = 0;
  for (const [name, holds] of checks) {
    const yes = await holds().catch((error: unknown) => {
      console.log(`      ${String(error)}`);
      return false;
    });
    console.log(`${yes ? 'pass' : 'FAIL'}  ${name}`);
    if (yes) held += 1;
  }
  console.log(`${title}: ${held} of ${checks.length}, ${Math.floor((100 * held) / checks.length)}%`);
  return held === checks.length;
}
