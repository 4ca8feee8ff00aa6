// Where the bands of a flow between two columns lie. Pure: amounts in, places out.

export interface Flow {
  from: string;
  to: string;
  value: number;
}
export interface Band extends Flow {
  /** Where it begins on the left and ends on the right, and how high it is. */
  top: number;
  end: number;
  size: number;
}
export interface Pile {
  id: string;
  value: number;
  top: number;
  size: number;
}

/** Lays out flows: classes in their order from the top down, each as high as what goes through it, but with room for a `line`, and a gap between. */
export function flows(links: Flow[], order: string[], high: number, gap: number, line: number): { bands: Band[]; left: Pile[]; right: Pile[]; high: number } {
  const shown = links.filter((link) => link.value > 0);
  const total = shown.reduce((sum, link) => sum + link.value, 0);
  const scale = total > 0 ? high / total : 0;
  const place = (id: string): number => (order.includes(id) ? order.indexOf(id) : order.length);
  const piles = (side: "from" | "to"): Pile[] => {
    const ids = [...new Set(shown.map((link) => link[side]))].sort((a, b) => place(a) - place(b));
    let top = 0;
    return ids.map((id) => {
      const value = shown.filter((link) => link[side] === id).reduce((sum, link) => sum + link.value, 0);
      // Classes of few are still seen, with room for their name.
      const pile = { id, value, top, size: Math.max(1, value * scale) };
      top += Math.max(pile.size, line) + gap;
      return pile;
    });
  };
  const [left, right] = [piles("from"), piles("to")];
  const used = new Map<string, number>();
  const next = (key: string, top: number, size: number): number => {
    const at = used.get(key) ?? top;
    used.set(key, at + size);
    return at;
  };
  const bands: Band[] = [];
  for (const from of left) {
    for (const to of right) {
      const link = shown.find((known) => known.from === from.id && known.to === to.id);
      if (!link) continue;
      const size = link.value * scale;
      bands.push({ ...link, size, top: next(`from ${from.id}`, from.top, size), end: next(`to ${to.id}`, to.top, size) });
    }
  }
  const bottom = (list: Pile[]): number => Math.max(0, ...list.map((pile) => pile.top + Math.max(pile.size, line)));
  return { bands, left, right, high: Math.max(bottom(left), bottom(right)) };
}
