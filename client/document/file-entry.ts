import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { entryOf } from '../../server/graph/entry.ts'
import { MAX_COORDINATE } from '../../server/graph/limits.ts'
import { type Boundary, ownValues } from '../../server/graph/subgraph-fields.ts'
import { parameterValues } from '../../server/graph/widget-values.ts'
import type { FileEntry } from './graph.ts'
import { defaultParams } from './parameters.ts'

/** The objects of a list of the file; an empty list where there is none. */
export function entriesAt(source: FileEntry, key: string): FileEntry[] {
  const list = source[key]
  return Array.isArray(list) ? list.map((entry) => entryOf(entry) ?? {}) : []
}

/** Format 1, and every subgraph, have links as objects; format 0.4 as lists. */
export function hasObjectLinks(source: FileEntry): boolean {
  return source.version === 1 || source.inputNode !== undefined || entryOf(source.state) !== undefined
}

/**
 * The parameters that a node of the file has, with the defaults of its type for those that it leaves out.
 * @param boundary of the subgraph that it is made of
 */
export function readParams(
  source: FileEntry,
  type: NodeDescription | undefined,
  boundary: Boundary | undefined,
): Record<string, unknown> {
  const widgets = source.widgets_values
  const node = {
    properties: entryOf(source.properties) ?? {},
    widgetsValues: Array.isArray(widgets) ? widgets : (entryOf(widgets) ?? []),
    rest: source,
  }
  if (type === undefined) return parameterValues(node, type)
  const values = boundary === undefined ? parameterValues(node, type) : Object.fromEntries(ownValues(node, boundary))
  return { ...defaultParams(type), ...values }
}

/** What the form shows of a node: `properties.form` of the file, names of parameters with their labels. */
export function readForm(source: FileEntry): { readonly form?: Readonly<Record<string, string>> } {
  const entry = entryOf(entryOf(source.properties)?.form)
  if (entry === undefined || !Object.values(entry).every((label) => typeof label === 'string')) return {}
  return { form: entry as Readonly<Record<string, string>> }
}

/** Whether two values of the file are the same JSON. */
export function sameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/** The object with some fields replaced where they differ: the others keep their place and value, new ones come last. */
export function patched(source: FileEntry, fields: Readonly<Record<string, unknown>>): FileEntry {
  let result: Record<string, unknown> | undefined
  for (const [key, value] of Object.entries(fields)) {
    if (sameJson(source[key], value)) continue
    result ??= { ...source }
    if (value === undefined) delete result[key]
    else result[key] = value
  }
  return result ?? source
}

/** x, y, width and height of an object of the file; that of a new boundary where there is none. */
export function boundingOf({ bounding }: FileEntry): readonly number[] {
  const isPlace =
    Array.isArray(bounding) && bounding.length >= 4 && bounding.every((value) => Math.abs(value) <= MAX_COORDINATE)
  return isPlace ? bounding : [0, 0, 120, 60]
}

/** The numbers of a list of the file that are not among these, as `stale`; nothing where all are. */
export function staleOf(list: unknown, known: ReadonlySet<number>): { stale?: readonly number[] } {
  const stale = Array.isArray(list) ? list.filter((id): id is number => typeof id === 'number' && !known.has(id)) : []
  return stale.length === 0 ? {} : { stale }
}
