// A segment while it is written: text and tree as two views of one thing, asked again shortly after each change. What is wrong in
// one leaves the other as it last was, and marks the numbers as those of before.

import { ask, Problem, type ProblemError, type Schemas } from "../api/client";
import { pruned, rooted, type Group, type Tree } from "./tree";

type Previewed = Schemas["Previewed"];
interface Step {
  text: string;
  root: Group;
  /** Which of the two was changed, and so is right. */
  by: "text" | "tree";
}

/** After so many milliseconds without another key. */
const PAUSE = 300;

export class Draft {
  text = $state("");
  root = $state.raw<Group>(rooted(null));
  /** The last answer, whether or not it is that of what now stands. */
  found = $state.raw<Previewed | null>(null);
  problem = $state<Problem | null>(null);
  busy = $state(false);
  /** What was found is an estimate, and is being counted. */
  counting = $state(false);
  /** Names this draft to the server, which gives up an older question of it. */
  private readonly editor = crypto.randomUUID?.() ?? String(Math.random());
  private by: "text" | "tree" = "text";
  private steps = $state.raw<Step[]>([]);
  private at = $state(-1);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private now: AbortController | null = null;

  constructor(private readonly as_of: () => string) {}

  /** The numbers belong to what stood before. */
  readonly stale = $derived.by(() => this.found !== null && (this.busy || this.problem !== null || this.isEmpty));
  readonly isEmpty = $derived.by(() => (this.text.trim() === "" && this.by === "text") || pruned(this.root) === null);
  /** Is what stands the text that was asked, so that it can be saved? */
  readonly isAsked = $derived.by(() => this.found !== null && !this.busy && this.problem === null && !this.isEmpty);
  readonly canUndo = $derived.by(() => this.at > 0);
  readonly canRedo = $derived.by(() => this.at < this.steps.length - 1);

  get errors(): ProblemError[] {
    if (this.by === "tree" && this.problem) return [];
    return this.problem?.errors ?? (this.found && !this.stale ? this.found.problems : []);
  }

  begin(text: string): void {
    this.text = text;
    this.by = "text";
    this.keep();
    if (text.trim()) void this.preview();
  }

  write(text: string): void {
    this.text = text;
    this.by = "text";
    this.soon();
  }

  plant(root: Group): void {
    this.root = root;
    this.by = "tree";
    this.soon();
  }

  undo(): void {
    this.step(-1);
  }

  redo(): void {
    this.step(1);
  }

  again(): void {
    void this.preview();
  }

  private step(by: number): void {
    // What is being typed is a step too.
    if (this.timer) {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.keep();
    }
    const step = this.steps[this.at + by];
    if (!step) return;
    this.at += by;
    this.text = step.text;
    this.root = step.root;
    this.by = step.by;
    void this.preview();
  }

  private keep(): void {
    const before = this.steps[this.at];
    if (before && before.text === this.text && before.root === this.root) return;
    this.steps = [...this.steps.slice(0, this.at + 1), { text: this.text, root: this.root, by: this.by }];
    this.at = this.steps.length - 1;
  }

  private soon(): void {
    clearTimeout(this.timer);
    this.busy = true;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.keep();
      void this.preview();
    }, PAUSE);
  }

  async preview(): Promise<void> {
    this.now?.abort();
    const root = pruned(this.root);
    if (this.by === "text" ? this.text.trim() === "" : root === null) {
      if (this.by === "text") this.root = rooted(null);
      else this.text = "";
      this.found = null;
      this.problem = null;
      this.busy = false;
      return;
    }
    const now = new AbortController();
    this.now = now;
    this.busy = true;
    const as_of = this.as_of();
    const asked = this.by === "text" ? { query: this.text } : { tree: { version: 1, condition: root } };
    this.counting = false;
    const question = (exact: boolean): Promise<Previewed> =>
      ask<Previewed>("/segments/preview", { method: "POST", body: { ...asked, exact, editor: this.editor, ...(as_of ? { as_of } : {}) }, signal: now.signal });
    try {
      const found = await question(false);
      if (this.now !== now) return;
      this.found = found;
      this.problem = null;
      if (!found.exact) void this.count(now, question);
      // The other view follows; the one that is written in is left alone.
      if (this.by === "text") this.root = rooted((found.tree as unknown as Tree).condition);
      else this.text = found.query;
      this.follow();
    } catch (error) {
      if (this.now !== now) return;
      if (error instanceof Problem) this.problem = error;
      else if (!(error instanceof DOMException)) throw error;
    }
    if (this.now === now && !this.timer) this.busy = false;
  }

  /** An estimate is there at once, the number itself follows. */
  private async count(now: AbortController, question: (exact: boolean) => Promise<Previewed>): Promise<void> {
    this.counting = true;
    try {
      const found = await question(true);
      if (this.now === now) this.found = found;
    } catch (error) {
      // The estimate stands; who types on asks anew.
      if (!(error instanceof Problem || error instanceof DOMException)) throw error;
    } finally {
      if (this.now === now) this.counting = false;
    }
  }

  /** The view that followed belongs to the step that was kept. */
  private follow(): void {
    this.steps = this.steps.map((step, at) => (at === this.at ? { text: this.text, root: this.root, by: this.by } : step));
  }
}
