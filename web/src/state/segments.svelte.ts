// The segments there are: asked once while nobody changes one, for whatever offers them to choose from.

import { ask, type Schemas } from "../api/client";

export type Summary = Schemas["SegmentSummary"];

class Segments {
  list = $state.raw<Summary[]>([]);
  private asked = 0;

  /** Asks for them, at most once a minute unless somebody says that they changed. */
  load(anew = false): void {
    const now = Date.now();
    if (!anew && now - this.asked < 60_000) return;
    this.asked = now;
    ask<Schemas["Segments"]>("/segments").then(
      ({ data }) => (this.list = data),
      () => (this.asked = 0),
    );
  }

  /** What a segment is called: that of an id, else the text itself. */
  named(text: string): string {
    return this.list.find((segment) => segment.id === text)?.name ?? text;
  }
}

export const segments = new Segments();

/** Is it the id of a segment, and not its text? As the server tells them apart. */
export const isId = (text: string): boolean => /^[A-Za-z0-9-]+$/.test(text);

/** What stands for it within a text: another segment by its id, or the text. */
export const asText = (text: string): string => (isId(text) ? `segment('${text}')` : text);
