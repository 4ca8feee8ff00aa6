// Which screen an address names. Each is loaded when it is first seen.

import type { Component } from "svelte";

export interface Place {
  load: () => Promise<Component<{ id: string }>>;
  /** What the address names on the screen. */
  id: string;
}

type File = { default: Component<{ id: string }> };
const from = (file: () => Promise<unknown>) => async (): Promise<Component<{ id: string }>> => ((await file()) as File).default;

const SCREENS: [RegExp, () => Promise<Component<{ id: string }>>][] = [
  [/^\/$/, from(() => import("./Overview.svelte"))],
  [/^\/segments$/, from(() => import("./Segments.svelte"))],
  [/^\/segments\/new$/, from(() => import("./Builder.svelte"))],
  [/^\/segments\/([^/]+)\/edit$/, from(() => import("./Builder.svelte"))],
  [/^\/segments\/([^/]+)$/, from(() => import("./Segment.svelte"))],
  [/^\/customers$/, from(() => import("./Customers.svelte"))],
  [/^\/customers\/([^/]+)$/, from(() => import("./Customer.svelte"))],
  [/^\/compare$/, from(() => import("./Compare.svelte"))],
  [/^\/rfm$/, from(() => import("./Rfm.svelte"))],
  [/^\/lifecycle$/, from(() => import("./Lifecycle.svelte"))],
  [/^\/funnel$/, from(() => import("./Funnel.svelte"))],
  [/^\/products$/, from(() => import("./Products.svelte"))],
  [/^\/values$/, from(() => import("./Values.svelte"))],
  [/^\/costly$/, from(() => import("./Costly.svelte"))],
  [/^\/cohorts$/, from(() => import("./Cohorts.svelte"))],
  [/^\/opportunities$/, from(() => import("./Opportunities.svelte"))],
  [/^\/import$/, from(() => import("./Import.svelte"))],
  [/^\/data$/, from(() => import("./Data.svelte"))],
  [/^\/sql$/, from(() => import("./Sql.svelte"))],
  [/^\/settings$/, from(() => import("./Settings.svelte"))],
];
const nowhere = from(() => import("./Nowhere.svelte"));

export function screenOf(path: string): Place {
  for (const [pattern, load] of SCREENS) {
    const found = pattern.exec(path);
    if (found) return { load, id: decoded(found[1] ?? "") };
  }
  return { load: nowhere, id: "" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
