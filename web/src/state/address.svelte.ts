// The address is where a screen keeps its state: what is open, filters, sort, tab, moment. Going back works, and a link shows the same.

/** What goes along from screen to screen: the moment, and the first mark of a comparison while the second is looked for. */
const LASTING = ["as_of", "with", "with_name"];

class Address {
  path = $state(location.pathname);
  query = $state(new URLSearchParams(location.search));

  constructor() {
    addEventListener("popstate", () => this.read());
  }

  private read(): void {
    this.path = location.pathname;
    this.query = new URLSearchParams(location.search);
  }

  get(name: string): string {
    return this.query.get(name) ?? "";
  }

  /** Elsewhere: `to` is a path, perhaps with a query. */
  go(to: string): void {
    const next = this.with(to);
    if (next !== location.pathname + location.search) history.pushState(null, "", next);
    this.read();
    scrollTo(0, 0);
    document.querySelector<HTMLElement>("main")?.focus({ preventScroll: true });
  }

  /** The same screen with other state. A step back leads to the state before, unless it `replace`s it. */
  set(values: Record<string, string | null | undefined>, replace = false): void {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(values)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    const text = query.toString();
    const next = location.pathname + (text ? `?${text}` : "");
    if (next === location.pathname + location.search) return;
    if (replace) history.replaceState(null, "", next);
    else history.pushState(null, "", next);
    this.read();
  }

  /** A place with what goes along from screen to screen. */
  with(to: string): string {
    const url = new URL(to, location.origin);
    // With both sides there nothing is looked for any more.
    const lasting = url.pathname === "/compare" ? LASTING.slice(0, 1) : LASTING;
    for (const name of lasting) {
      const value = this.query.get(name);
      if (value && !url.searchParams.has(name)) url.searchParams.set(name, value);
    }
    return url.pathname + url.search;
  }
}

export const address = new Address();

/** A link inside the page that loads nothing anew; other buttons and keys of the mouse stay the browser's. */
export function follow(event: MouseEvent): void {
  const link = (event.target as Element | null)?.closest("a");
  if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.pathname.startsWith("/api/") || link.hash) return;
  event.preventDefault();
  address.go(link.pathname + link.search);
}
