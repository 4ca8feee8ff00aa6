// A question to the server as a screen shows it: under way, answered, refused. The last answer stays while a newer one is awaited.

import { ask, Problem } from "../api/client";

export class Asked<T> {
  value = $state<T | null>(null);
  problem = $state<Problem | null>(null);
  busy = $state(false);
  /** The answer took long enough for somebody to wonder. */
  slow = $state(false);
  private where = "";
  private now: AbortController | null = null;

  /** Asks; what was asked before is given up. */
  async ask(where: string): Promise<void> {
    this.now?.abort();
    const now = new AbortController();
    this.now = now;
    this.where = where;
    this.busy = true;
    this.slow = false;
    const timer = setTimeout(() => (this.slow = true), 2000);
    try {
      const value = await ask<T>(where, { signal: now.signal });
      if (this.now !== now) return;
      this.value = value;
      this.problem = null;
    } catch (error) {
      if (this.now !== now) return;
      if (error instanceof Problem) this.problem = error;
      else if (!(error instanceof DOMException)) throw error;
    } finally {
      clearTimeout(timer);
      if (this.now === now) this.busy = this.slow = false;
    }
  }

  again(): void {
    void this.ask(this.where);
  }

  /** Nobody waits any more. */
  stop(): void {
    this.now?.abort();
    this.now = null;
    this.busy = this.slow = false;
  }
}
