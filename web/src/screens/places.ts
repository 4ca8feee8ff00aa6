// Where one can go: what the menu and the palette offer, in their order.

import type { Right } from "../api/client";
import type { Key } from "../text/language.svelte";

/** Groups of places: the group's title, and of each place its name, its address and the right it needs. */
export const PLACES: [Key | "", [Key, string, Right?][]][] = [
  ["", [["nav.overview", "/"], ["nav.segments", "/segments"], ["nav.customers", "/customers"], ["compare", "/compare"]]],
  [
    "nav.answers",
    [
      ["nav.rfm", "/rfm"],
      ["nav.lifecycle", "/lifecycle"],
      ["nav.funnel", "/funnel"],
      ["nav.cohorts", "/cohorts"],
      ["nav.products", "/products"],
      ["nav.opportunities", "/opportunities"],
      ["nav.values", "/values"],
      ["nav.costly", "/costly"],
    ],
  ],
  ["nav.store", [["nav.import", "/import", "import"], ["nav.data", "/data"], ["nav.sql", "/sql", "sql"], ["nav.settings", "/settings"]]],
];
