// Light or dark: as the system has it, unless somebody chose here.

class Scheme {
  chosen = $state(localStorage.getItem("scheme") ?? "auto");

  constructor() {
    this.apply();
  }

  choose(scheme: string): void {
    this.chosen = scheme;
    localStorage.setItem("scheme", scheme);
    this.apply();
  }

  private apply(): void {
    if (this.chosen === "auto") delete document.documentElement.dataset["scheme"];
    else document.documentElement.dataset["scheme"] = this.chosen;
  }
}

export const scheme = new Scheme();
