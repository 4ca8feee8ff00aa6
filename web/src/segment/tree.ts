// The tree of a segment as the builder changes it: the JSON that the API reads and writes. What the builder has no form for is kept
// as it is, and changed in the text.

export type Value = string | number | boolean | null | { [key: string]: unknown };

export interface Tested {
  operator: string;
  value?: Value;
  values?: Value[];
}
export interface Parameter extends Tested {
  parameter: string;
}
export type Group = { type: "and" | "or"; conditions: Node[]; comments?: string[] };
export type Not = { type: "not"; condition: Node };
export type Attribute = Tested & { type: "attribute"; attribute: string; comments?: string[] };
export type Did = { type: "did"; not?: boolean; function: string; parameters?: Parameter[]; comments?: string[] };
export type Other = { type: "anniversary" | "sequence" | "segment" | "broken"; [key: string]: unknown };
export type Node = Group | Not | Attribute | Did | Other;

export interface Tree {
  version: number;
  condition: Node;
  comments?: string[];
}

export const isGroup = (node: Node): node is Group => node.type === "and" || node.type === "or";

/** The root as a group, so that there is always something to add to. */
export function rooted(node: Node | null): Group {
  if (node && isGroup(node)) return node;
  return { type: "and", conditions: node ? [node] : [] };
}

/** The tree without groups that hold nothing; nothing where nothing is left. */
export function pruned(node: Node): Node | null {
  if (node.type === "not") {
    const inner = pruned(node.condition);
    return inner && { ...node, condition: inner };
  }
  if (!isGroup(node)) return node;
  const conditions = node.conditions.map(pruned).filter((inner) => inner !== null);
  return conditions.length ? { ...node, conditions } : null;
}

/**
 * The place of each condition of an answer in the tree, as `0.2.1`. The answer lists them from the top down; a group of one is no
 * group there, and a group within a group of its own kind is none either.
 */
export function places(root: Node): string[] {
  const found: string[] = [];
  const walk = (node: Node, place: string, within: string): void => {
    if (isGroup(node)) {
      const whole = node.conditions.length > 1 && node.type !== within;
      if (whole) found.push(place);
      const kind = node.conditions.length > 1 ? node.type : within;
      node.conditions.forEach((inner, at) => walk(inner, place === "" ? `${at}` : `${place}.${at}`, kind));
    } else if (node.type === "not") {
      found.push(place);
      walk((node as Not).condition, `${place}.not`, "");
    } else found.push(place);
  };
  walk(root, "", "");
  return found;
}

/** The list with one of its items elsewhere. */
export function moved<T>(list: T[], from: number, to: number): T[] {
  if (to < 0 || to >= list.length) return list;
  const next = [...list];
  const [item] = next.splice(from, 1);
  if (item !== undefined) next.splice(to, 0, item);
  return next;
}

export const COMPARING = ["=", "!=", ">", ">=", "<", "<=", "BETWEEN"];
const KNOWING = ["IS NOT NULL", "IS NULL"];
export const OPERATORS: Record<string, string[]> = {
  number: [...COMPARING, ...KNOWING],
  date: [">=", "<", "BETWEEN", ...KNOWING],
  flag: ["=", ...KNOWING],
  texts: ["CONTAINS", "NOT CONTAINS", ...KNOWING],
  text: ["=", "!=", "IN", "NOT IN", "CONTAINS", "NOT CONTAINS", "STARTS WITH", "ENDS WITH", ...KNOWING],
};

/** How a word's values are written, by the kind that the server names. */
export function valuesOf(kind: string): "number" | "date" | "flag" | "texts" | "text" {
  if (kind === "date") return "date";
  if (kind === "true or false") return "flag";
  if (kind === "list of texts") return "texts";
  if (kind === "whole number" || kind === "number" || kind === "amount" || kind === "share") return "number";
  return "text";
}

/** What a parameter of an event is, by its name. */
export function kindOfParameter(name: string): "number" | "date" | "flag" | "text" {
  if (/date/.test(name)) return "date";
  if (/^(amount|count|nth|of_last|quantity|units|value|price|score|rating|seconds|balance|line_total|total|discount)$/.test(name)) return "number";
  if (/^(discounted|complaint|bought_at_discount|checkout)$/.test(name)) return "flag";
  return "text";
}

/** What an event can be asked by, which stands at the end of its meaning. */
export function parametersOf(meaning: string): string[] {
  const list = meaning.split("asked by ")[1] ?? "";
  return list.split(/,\s*|\s+and\s+/).map((name) => name.trim().replace(/[.;].*$/, "")).filter((name) => /^[a-z_]+$/.test(name));
}

/** The operator and a value to begin with. */
export function begun(kind: "number" | "date" | "flag" | "texts" | "text"): Tested {
  switch (kind) {
    case "number":
      return { operator: ">=", value: 1 };
    case "date":
      return { operator: ">=", value: { offset: "-90d" } };
    case "flag":
      return { operator: "=", value: true };
    case "texts":
      return { operator: "CONTAINS", value: "" };
    case "text":
      return { operator: "=", value: "" };
  }
}

/** A test with another operator; its values are kept as far as they fit. */
export function withOperator(test: Tested, operator: string, kind: "number" | "date" | "flag" | "texts" | "text"): Tested {
  const first = test.value ?? test.values?.[0] ?? begun(kind).value ?? "";
  if (/NULL$/.test(operator)) return { operator };
  if (/BETWEEN$/.test(operator)) return { operator, values: [first, test.values?.[1] ?? first] };
  if (/IN$/.test(operator) && !/CONTAIN/.test(operator)) return { operator, values: test.values ?? [first] };
  return { operator, value: first };
}

/** A value that the builder has no field for. */
export function isWritten(value: Value | undefined): boolean {
  return typeof value === "object" && value !== null && !("offset" in value) && !("date" in value) && !("named" in value) && !("length" in value);
}

/** Where in a text of UTF-16 a place in bytes of UTF-8 is. */
export function fromBytes(text: string, offset: number): number {
  const bytes = new TextEncoder().encode(text);
  return new TextDecoder().decode(bytes.slice(0, offset)).length;
}
