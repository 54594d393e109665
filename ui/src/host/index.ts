// Chooses the host. The window's build holds only the real one.

import { Failure, type Host } from "./host";

export async function chooseHost(): Promise<Host> {
  if ("__TAURI_INTERNALS__" in window) return (await import("./tauri")).tauriHost();
  if (import.meta.env.MODE !== "production") {
    const { fakeHost } = await import("./fake");
    const asked = new URLSearchParams(location.search);
    return fakeHost({
      scenario: (asked.get("scenario") ?? "first-run") as never,
      pace: Number(asked.get("pace") ?? 120),
    });
  }
  throw new Failure({
    code: "no-host",
    message: "This page is part of the Countersign window.",
    hint: "Start the desktop program; it opens the page itself.",
  });
}
