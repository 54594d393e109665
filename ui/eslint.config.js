import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";

const wall = {
  patterns: [{ group: ["@tauri-apps/*"], message: "Only src/host/tauri.ts talks to the shell: use the Host interface." }],
};

export default ts.config(
  { ignores: ["dist/", "tests/out/", "node_modules/", "src/host/wire.gen.ts"] },
  ...ts.configs.recommended,
  ...svelte.configs["flat/recommended"],
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"] } },
  },
  {
    rules: {
      "no-restricted-imports": ["error", wall],
      "svelte/no-at-html-tags": "error",
      "no-restricted-syntax": [
        "error",
        {
          selector: 'SvelteAttribute[key.name="style"]',
          message: "The window's policy refuses style attributes in markup: use a class or a style: directive.",
        },
      ],
      // Routes are hash fragments: there is no base path to resolve.
      "svelte/no-navigation-without-resolve": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  { files: ["src/host/tauri.ts"], rules: { "no-restricted-imports": "off" } },
);
