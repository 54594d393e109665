// Light, dark, or as the system says; remembered on this machine.

export type Theme = "system" | "light" | "dark";
const KEY = "theme";

function stored(): Theme {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : "system";
}

export class ThemeChoice {
  value = $state<Theme>(stored());

  constructor() {
    this.#apply();
  }

  set(theme: Theme): void {
    this.value = theme;
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
    this.#apply();
  }

  #apply(): void {
    if (this.value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.value;
  }
}
