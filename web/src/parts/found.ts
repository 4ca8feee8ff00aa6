// What a search finds in a list that is here: every word must be in it, and what begins so comes first.

/** The items that have all words of a search in one of their texts; those whose first text begins with it come first, in their order. */
export function found<T>(items: T[], search: string, texts: (item: T) => string[]): T[] {
  const words = plain(search).split(/\s+/).filter(Boolean);
  if (words.length === 0) return items;
  const whole = words.join(" ");
  const ranked: [number, T][] = [];
  for (const item of items) {
    const [name = "", ...more] = texts(item).map(plain);
    const all = [name, ...more].join(" ");
    if (words.every((word) => all.includes(word))) ranked.push([name.startsWith(whole) ? 0 : name.includes(whole) ? 1 : words.every((word) => name.includes(word)) ? 2 : 3, item]);
  }
  return ranked.sort((a, b) => a[0] - b[0]).map(([, item]) => item);
}

/** Without case and accents, so that `ubersicht` finds `Übersicht`. */
function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
}
