// The clipboard, as far as the web view lets a page use it.

/** Puts a text there; whether it lies there now. */
export async function writeText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Some web views refuse the clipboard to a page and still copy a selection.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "sr-only";
    document.body.append(field);
    field.select();
    const done = document.execCommand?.("copy") ?? false;
    field.remove();
    return done;
  }
}

/** What lies there as text; null when the web view does not tell. */
export async function readText(): Promise<string | null> {
  try {
    // Windows gives line feeds back as pairs.
    return (await navigator.clipboard.readText()).replace(/\r\n/g, "\n");
  } catch {
    return null;
  }
}
