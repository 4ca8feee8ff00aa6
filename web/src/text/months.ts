// Months as `2011-12`, by the calendar.

/** The first and the last day of the month so many months after another. */
export function monthOf(month: string, after: number): [string, string] {
  const [year = 0, at = 1] = month.split("-").map(Number);
  const day = (date: Date): string => date.toISOString().slice(0, 10);
  return [day(new Date(Date.UTC(year, at - 1 + after, 1))), day(new Date(Date.UTC(year, at + after, 0)))];
}
