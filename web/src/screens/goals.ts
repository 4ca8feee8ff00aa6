// Goals that are tried, as they stand in the address and in questions: `stage:goal` with commas between, a stage once for each of its goals.

/** Goals by stage; an empty list keeps the stage as it is. */
export function goalsOf(text: string): Map<string, string[]> {
  const goals = new Map<string, string[]>();
  for (const part of text.split(",").filter(Boolean)) {
    const [stage = "", goal = ""] = part.split(":");
    goals.set(stage, [...(goals.get(stage) ?? []), ...(goal ? [goal] : [])]);
  }
  return goals;
}

export function textOf(goals: Map<string, string[]>): string {
  return [...goals].flatMap(([stage, list]) => (list.length ? list.map((goal) => `${stage}:${goal}`) : [`${stage}:`])).join(",");
}
