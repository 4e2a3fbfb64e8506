import { entryOf } from './entry.ts'
import { valuesInOrder, type Widget } from './widget-values.ts'
import type { WorkflowNode } from './workflow.ts'

/** ComfyUI's id for the node itself, in its list of promoted widgets. */
const OWN = '-1'
const MOST_PROMOTED = 200
const UNSAFE: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** A subgraph as the nodes that are made of it see it. */
export interface Boundary {
  /** Its inputs, in its order, by names that can be told apart. */
  readonly inputs: readonly { readonly name: string }[]
  /** Those that stand for a field inside: a node has a value for each of them, in this order. */
  readonly fields: readonly Widget[]
  /** The input that feeds a field inside, by `fieldKey`. */
  readonly feeding: ReadonlyMap<string, string>
  /** The inputs that a socket of a node may mean, by what it is told by. */
  readonly meant: ReadonlyMap<string, readonly number[]>
}

interface Socket {
  readonly name: string
  readonly type: string
}

/**
 * @param sockets its inputs as the file calls them
 * @param names what they are told apart by
 * @param isField whether the input of this index feeds a field inside
 * @param feeds the fields inside that inputs feed, by `fieldKey`, with the index of the input
 */
export function boundaryOf(
  sockets: readonly Socket[],
  names: readonly string[],
  isField: (index: number) => boolean,
  feeds: Iterable<readonly [string, number]> = [],
): Boundary {
  const meant = new Map<string, number[]>()
  for (const [index, { name, type }] of sockets.entries()) {
    for (const key of new Set([socketKey(name, type), socketKey(name), socketKey(names[index] ?? name)])) {
      const list = meant.get(key)
      if (list === undefined) meant.set(key, [index])
      else list.push(index)
    }
  }
  const named = ([key, index]: readonly [string, number]): [string, string] => [key, names[index] ?? '']
  return {
    inputs: names.map((name) => ({ name })),
    fields: names.flatMap((name, i) => (isField(i) ? [{ name, kind: sockets[i]?.type ?? '*' }] : [])),
    feeding: new Map([...feeds].map(named)),
    meant,
  }
}

export function fieldKey(node: number | string, field: string): string {
  return `${node}:${field}`
}

function socketKey(name: string, type?: string): string {
  return JSON.stringify(type === undefined ? [name] : [name, type])
}

/**
 * Which input of its subgraph each socket of a node means; undefined where it has none such. A node need not list them
 * all: ComfyUI leaves out fields that nothing feeds, and goes by name and type, then by name (SubgraphNode.ts).
 */
export function inputsMeant(sockets: readonly Socket[], { meant }: Boundary): (number | undefined)[] {
  const taken = new Set<number>()
  const passed = new Map<readonly number[], number>()
  const next = (key: string): number | undefined => {
    const list = meant.get(key)
    if (list === undefined) return undefined
    let i = passed.get(list) ?? 0
    while (i < list.length && taken.has(list[i]!)) i++
    passed.set(list, i)
    return list[i]
  }
  return sockets.map(({ name, type }) => {
    const index = next(socketKey(name, type)) ?? next(socketKey(name))
    if (index !== undefined) taken.add(index)
    return index
  })
}

/** A field of a subgraph's inside that a node made of it shows as its own: an entry of ComfyUI's `properties.proxyWidgets`. */
export interface PromotedWidget {
  /** The node inside; that of the boundary where the field is an input of the subgraph. */
  readonly node: string
  readonly widget: string
  /** What the node has its value by. */
  readonly name: string
}

const known = new WeakMap<WorkflowNode['properties'], readonly PromotedWidget[]>()

/**
 * The promoted widgets of a node, in the order of the file. Newer files have none: what they promote are inputs of the
 * subgraph. An entry that means the same field as an input has that one's name.
 */
export function promotedWidgets(
  properties: WorkflowNode['properties'],
  { feeding }: Pick<Boundary, 'feeding'>,
): readonly PromotedWidget[] {
  const read = known.get(properties) ?? readPromoted(properties.proxyWidgets)
  known.set(properties, read)
  return read.map((one) => {
    const input = one.name === fieldKey(one.node, one.widget) ? feeding.get(one.name) : undefined
    return input === undefined ? one : { node: OWN, widget: input, name: input }
  })
}

function readPromoted(entry: unknown): readonly PromotedWidget[] {
  const list = typeof entry === 'string' ? parsed(entry) : entry
  if (!Array.isArray(list)) return []
  return list.slice(0, MOST_PROMOTED).flatMap((one: unknown) => {
    const [id, text] = Array.isArray(one) ? one : []
    if ((typeof id !== 'string' && typeof id !== 'number') || typeof text !== 'string') return []
    // Some versions put the ids of nodes further inside before the name.
    const widget = text.includes(':') ? text.replace(/^(\s*\d+\s*:)+\s*/, '') : text
    if (UNSAFE.has(widget)) return []
    const node = String(id)
    return [{ node, widget, name: node === OWN ? widget : fieldKey(node, text) }]
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * What a node made of a subgraph has at each place of `widgets_values`: the promoted widgets; before them the fields that
 * are in no entry, unless there are only as many values as entries.
 */
export function placesOf(
  fields: readonly { readonly name: string }[],
  promoted: readonly PromotedWidget[],
  values: number,
): string[] {
  const listed = new Set(promoted.map(({ name }) => name))
  const own = fields.flatMap(({ name }) => (listed.has(name) ? [] : [name]))
  const entries = promoted.map(({ name }) => name)
  return promoted.length > 0 && values === entries.length ? entries : [...own, ...entries]
}

/** The values that a node made of a subgraph has itself, by name: where it has none, that of the inside counts. */
export function ownValues(
  { properties, widgetsValues, rest }: Pick<WorkflowNode, 'properties' | 'widgetsValues' | 'rest'>,
  boundary: Boundary,
): Map<string, unknown> {
  const params = entriesOf(properties.params)
  const promoted = promotedWidgets(properties, boundary)
  const inside = new Set(promoted.flatMap(({ node, name }) => (node === OWN ? [] : [name])))
  const written = Array.isArray(widgetsValues)
    ? byPlace(widgetsValues, rest.widgets_values_named, boundary, promoted)
    : Object.entries(widgetsValues)
  const values = new Map<string, unknown>()
  for (const [name, value] of written) {
    // ComfyUI lists the value of the inside, too; what was changed here is among the names.
    if (value !== null && (!inside.has(name) || params === undefined)) values.set(name, value)
  }
  for (const [name, value] of params ?? []) values.set(name, value)
  return values
}

/**
 * Positions count, as in ComfyUI, unless there are more or fewer than fields and the file has names too
 * (`widgets_values_named`): older files have places of widgets that are no fields, such as the one after a seed.
 */
function byPlace(
  values: readonly unknown[],
  named: unknown,
  { fields }: Boundary,
  promoted: readonly PromotedWidget[],
): [string, unknown][] {
  const places = placesOf(fields, promoted, values.length)
  const names = values.length === places.length ? undefined : entriesOf(named)
  if (names !== undefined) {
    const isField = new Set(places)
    return names.filter(([name]) => isField.has(name))
  }
  if (promoted.length === 0 && values.length > places.length) return Object.entries(valuesInOrder(fields, values))
  return places.slice(0, values.length).map((name, i) => [name, values[i]])
}

function entriesOf(value: unknown): [string, unknown][] | undefined {
  const entry = entryOf(value)
  return entry && Object.entries(entry)
}

/** What promoted widgets set inside: values by node and widget. */
export function givenInside(
  promoted: readonly PromotedWidget[],
  values: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, ReadonlyMap<string, unknown>> {
  const given = new Map<string, Map<string, unknown>>()
  for (const { node, widget, name } of promoted) {
    if (node === OWN || !values.has(name)) continue
    given.set(node, (given.get(node) ?? new Map()).set(widget, values.get(name)))
  }
  return given
}

/** The field of a node made of a subgraph that a widget outside means: an input, or a promoted widget of further inside. */
export function fieldFor(
  { inputs }: { readonly inputs: readonly { readonly name: string }[] },
  widget: string,
  promoted: readonly PromotedWidget[],
): string {
  if (inputs.some(({ name }) => name === widget)) return widget
  return promoted.find((one) => one.widget === widget)?.name ?? widget
}
