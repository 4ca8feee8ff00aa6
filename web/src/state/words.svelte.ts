// What columns mean: asked once, shown wherever a column is.

import { ask, type Schemas } from "../api/client";

export type About = Schemas["ColumnAbout"];

class Words {
  columns = $state<Map<string, About>>(new Map());
  private asked = false;

  load(): void {
    if (this.asked) return;
    this.asked = true;
    ask<Schemas["Columns"]>("/columns").then(
      ({ data }) => (this.columns = new Map(data.map((column) => [column.name, column]))),
      () => (this.asked = false),
    );
  }

  meaning(name: string): string {
    const column = this.columns.get(name);
    if (!column) return "";
    return column.missing ? `${column.meaning}. ${column.missing}` : column.meaning;
  }
}

export const words = new Words();
