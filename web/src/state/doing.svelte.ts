// Something that a person asked to be done: under way, and why it was refused.

import { Problem } from "../api/client";

export class Doing {
  problem = $state<Problem | null>(null);
  busy = $state(false);

  async run(work: () => Promise<unknown>): Promise<void> {
    this.busy = true;
    this.problem = null;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = error;
    } finally {
      this.busy = false;
    }
  }
}
