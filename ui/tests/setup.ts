import "@testing-library/jest-dom/vitest";
import { configure } from "@testing-library/svelte";

// jsdom has no layout: what the components and bits-ui ask of it is answered here.
Element.prototype.scrollIntoView = () => {};
Element.prototype.animate ??= (() => ({ cancel() {}, finished: Promise.resolve(), onfinish: null })) as never;
window.matchMedia ??= ((query: string) => ({ matches: false, media: query, addEventListener() {}, removeEventListener() {} })) as never;
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
} as never;
globalThis.CSS ??= {} as never;
CSS.escape ??= (text: string) => text.replace(/[^\w-]/g, (char) => `\\${char}`);

// The whole document in a failure's message hides the failure.
configure({
  asyncUtilTimeout: 4000,
  getElementError: (message) => Object.assign(new Error(message ?? ""), { name: "TestingLibraryElementError" }),
});
