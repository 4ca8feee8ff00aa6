// Who is signed in, and what they may.

import { ask, Problem, token, type Right, type Schemas, type Session } from "../api/client";

class Who {
  session = $state<Session | null>(null);
  about = $state<Schemas["About"] | null>(null);
  /** Nothing is known yet. */
  unknown = $state(true);
  /** The session ended by itself while the page was open. */
  wasSignedIn = $state(false);
  /** The server could not be reached at the start. */
  problem = $state<Problem | null>(null);

  async begin(): Promise<void> {
    this.problem = null;
    try {
      this.about = await ask<Schemas["About"]>("/about");
      this.take(await ask<Session>("/session"));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status !== 401) this.problem = error;
    }
    this.unknown = false;
  }

  take(session: Session): void {
    this.session = session;
    this.wasSignedIn = true;
    token.csrf = session.csrf;
    token.over = () => {
      this.session = null;
      token.csrf = "";
    };
    if (this.about) this.about.has_owner = true;
  }

  may(right: Right): boolean {
    return this.session?.rights.includes(right) ?? false;
  }

  /** May it, and does the server change anything? */
  mayChange(right: Right): boolean {
    return this.may(right) && !this.session?.read_only;
  }

  async signOut(): Promise<void> {
    await ask("/session", { method: "DELETE" }).catch(() => {});
    token.csrf = "";
    this.session = null;
    this.wasSignedIn = false;
  }
}

export const who = new Who();
