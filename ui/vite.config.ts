import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

// The window's own policy, so that a preview in a browser breaks where the window would.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), ...(mode === "test" ? [svelteTesting()] : [])],
  // A `data:` font or script would be refused by the window's policy.
  build: { assetsInlineLimit: 0, target: "es2022", reportCompressedSize: false },
  // The fake host reads the built-in checklist from the Rust side.
  server: { port: 5173, strictPort: true, fs: { allow: [".."] } },
  preview: { headers: { "content-security-policy": policy } },
  test: {
    restoreMocks: true,
    projects: [
      {
        extends: true,
        test: {
          name: "parts",
          environment: "jsdom",
          include: ["tests/*.test.ts"],
          setupFiles: ["tests/setup.ts"],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          environment: "node",
          include: ["tests/browser/*.test.ts"],
          globalSetup: ["tests/browser/serve.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Files share two cores with the browser's own processes.
          fileParallelism: false,
        },
      },
    ],
  },
}));
