/** An object of a file. */
export type Entry = Readonly<Record<string, unknown>>

/** A value of a file as an object; undefined for everything else. */
export function entryOf(value: unknown): Entry | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Entry) : undefined
}

/** A value of a file as a list; an empty one for everything else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
