// Asks a fresh instance of the API what any stranger may: `npx ts-node api-security-scan.ts`.
import { type Check, score } from './test/score';
import { FRONTEND, Running } from './test/harness';

async function main(): Promise<void> {
  const app = await Running.start();
  const header = async (path: string, name: string) => (await app.fetch(path)).headers.get(name) ?? '';
  const checks: Check[] = [
    ['health answers', async () => (await app.fetch('/health')).status === 200],
    ...['/auth/me', '/contacts/providers', '/calendar/providers'].map(
      (path): Check => [`${path} wants a token`, async () => (await app.fetch(path)).status === 401],
    ),
    ['errors say nothing of the inside', async () => !(await (await app.fetch('/nothing')).text()).includes('at ')],
    ['content policy on errors too', async () => (await header('/nothing', 'content-security-policy')).includes("object-src 'none'")],
    ['HSTS for a year', async () => (await header('/health', 'strict-transport-security')).includes('max-age=31536000')],
    ['no sniffing', async () => (await header('/health', 'x-content-type-options')) === 'nosniff'],
    ['no framing', async () => (await header('/health', 'x-frame-options')) === 'DENY'],
    ['the server keeps its name to itself', async () => (await header('/health', 'x-powered-by')) === ''],
    ['CORS names one origin', async () => (await header('/health', 'access-control-allow-origin')) === FRONTEND],
  ];
  const clean = await score('API security scan', checks);
  await app.close();
  process.exitCode = clean ? 0 : 1;
}

void main();
