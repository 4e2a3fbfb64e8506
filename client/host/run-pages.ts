import type { RunEntry } from './run-list.ts'

/** Runs that are over, the newest first, from the `end` oldest down to the `start` oldest, which are not among them. */
export interface RunPage {
  readonly runs: readonly RunEntry[]
  readonly start: number
  readonly end: number
}

/** What is known, with the newest page as it is now; only that where runs were forgotten, or some between are unknown. */
export function withNewest(known: RunPage | undefined, newest: RunPage): RunPage {
  if (known === undefined || newest.end < known.end || newest.start > known.end) return newest
  return { ...joined(newest, known), start: Math.min(newest.start, known.start), end: newest.end }
}

/** What is known, with the page before it; any other page changes nothing. */
export function withOlder(known: RunPage, older: RunPage): RunPage {
  return older.end === known.start ? { ...joined(known, older), start: older.start, end: known.end } : known
}

/** A run that both have counts as the first has it. */
function joined(first: RunPage, second: RunPage): { runs: readonly RunEntry[] } {
  const ids = new Set(first.runs.map(({ id }) => id))
  return { runs: [...first.runs, ...second.runs.filter(({ id }) => !ids.has(id))] }
}
