import type { NodeDescription, ParameterDescription } from '../../nodes/sdk/description.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { entryOf } from '../../server/graph/entry.ts'
import type { Prompt } from '../../server/graph/prompt.ts'
import { type Boundary, type PromotedWidget, placesOf } from '../../server/graph/subgraph-fields.ts'
import { parseWorkflow } from '../../server/graph/workflow.ts'
import { workflowToPrompt } from '../../server/graph/workflow-to-prompt.ts'
import { boundaryIn } from './boundary.ts'
import { boundingOf, entriesAt, hasObjectLinks, patched, readForm, readParams, sameJson } from './file-entry.ts'
import {
  BOUNDARY,
  type FileEntry,
  type Graph,
  type GraphLink,
  type GraphNode,
  type GraphSocket,
  isBoundary,
  linksThrough,
} from './graph.ts'
import { promotedBy, staticType, typeOf, valuesType } from './virtual-types.ts'

/**
 * The graph as a file, in the format that it came in: 0.4 where it was made here. Whatever nobody changed is written as it
 * was read, key for key. Parameters that changed are written twice: by name in `properties.params`, which we read first,
 * and by position in `widgets_values`, for ComfyUI.
 */
export function writeWorkflow(graph: Graph, types: Catalogue): Record<string, unknown> {
  const written = writeLevel(graph, types)
  if (graph.definitions.size === 0 && entryOf(graph.source.definitions) === undefined) return { ...written }
  const subgraphs = [...graph.definitions].map(([id, definition]) => writeDefinition(id, definition, graph, types))
  const definitions = entryOf(graph.source.definitions) ?? {}
  const isAbsent = subgraphs.length === 0 && definitions.subgraphs === undefined
  return { ...written, definitions: isAbsent ? definitions : { ...definitions, subgraphs } }
}

/** What the host runs. @param now for names of files that have the date */
export function writePrompt(graph: Graph, types: Catalogue, now: Date = new Date()): Prompt {
  return workflowToPrompt(parseWorkflow(writeWorkflow(graph, types)), types, now)
}

/** Where links end, looked up once. */
interface Wiring {
  readonly into: ReadonlyMap<string, GraphLink>
  readonly outOf: ReadonlyMap<string, readonly number[]>
  /** Outputs that links were drawn from here. */
  readonly made: ReadonlySet<string>
  /** The left-overs of a list whose numbers no link of this level has. */
  readonly nowhere: (stale: readonly number[] | undefined) => readonly number[]
}

function writeLevel(graph: Graph, types: Catalogue): FileEntry {
  const { source } = graph
  const wiring = wiringOf(graph)
  const links = [...graph.links.values()]
  const nodes = [...graph.nodes.values()].filter((node) => !isBoundary(node))
  const slots = new Map([...graph.nodes].map(([id, node]) => [id, slotsOf(node, wiring)]))
  const isObjects = hasObjectLinks(source)
  const described = new Map<string, Described>()
  const describe = ({ type: id }: GraphNode): Described => {
    const known = described.get(id) ?? {
      type: valuesType(graph, id, types),
      boundary: staticType(id, types) === undefined ? boundaryIn(graph.definitions, id) : undefined,
    }
    described.set(id, known)
    return known
  }
  const lists = {
    nodes: nodes.map((node, i) =>
      writeNode(node, i, describe(node), wiring, () => ({
        shown: typeOf(graph, node, types),
        promoted: promotedBy(graph, node),
      })),
    ),
    links: links.map((link) => writeLink(link, slots.get(link.to)?.get(link.input) ?? 0, isObjects)),
    groups: [...graph.groups.values()].map(({ title, bounding, color, source }) =>
      source === undefined
        ? { title, bounding: [...bounding], ...(color === undefined ? {} : { color }), flags: {} }
        : patched(source, {
            ...groupPlace(source, bounding),
            ...difference(source.title ?? 'Group', title, 'title'),
            ...difference(textOf(source.color), color, 'color'),
          }),
    ),
  }
  const largestNode = largest(nodes.map(({ id }) => Number(id)))
  const largestLink = largest(links.map(({ id }) => id))
  const counters = entryOf(source.state)
  const head =
    counters === undefined
      ? {
          last_node_id: atLeast(source.last_node_id, largestNode),
          last_link_id: atLeast(source.last_link_id, largestLink),
        }
      : {
          state: patched(counters, {
            lastNodeId: atLeast(counters.lastNodeId, largestNode),
            lastLinkId: atLeast(counters.lastLinkId, largestLink),
            ...(graph.reroutes.size === 0
              ? {}
              : { lastRerouteId: atLeast(counters.lastRerouteId, largest(graph.reroutes.keys())) }),
          }),
        }
  // What a file leaves out stays away while it would hold nothing.
  const isOurs = Object.keys(source).length === 0
  const kept = Object.entries({ ...head, ...lists }).filter(
    ([key, value]) => isOurs || key in source || (Array.isArray(value) && value.length > 0),
  )
  return {
    ...source,
    ...Object.fromEntries(kept),
    ...writeReroutes(graph, links, wiring),
    ...(isOurs ? { version: 0.4 } : {}),
  }
}

function writeDefinition(id: string, definition: Graph, whole: Graph, types: Catalogue): FileEntry {
  const level = { ...definition, definitions: whole.definitions }
  const { outOf, nowhere } = wiringOf(level)
  const into = new Map<string, number[]>()
  for (const link of level.links.values()) if (link.to === BOUNDARY.output) into.set(link.input, [link.id])
  const [input, output] = [level.nodes.get(BOUNDARY.input), level.nodes.get(BOUNDARY.output)]
  return {
    ...writeLevel(level, types),
    ...(Object.keys(definition.source).length === 0 ? { id, version: 1 } : {}),
    name: definition.name,
    ...(input === undefined ? {} : { inputNode: boundaryPlace(input) }),
    ...(output === undefined ? {} : { outputNode: boundaryPlace(output) }),
    inputs:
      input?.outputs.map((socket, i) => boundarySocket(socket, outOf.get(`${BOUNDARY.input}:${i}`) ?? [], nowhere)) ??
      [],
    outputs: output?.inputs.map((socket) => boundarySocket(socket, into.get(socket.name) ?? [], nowhere)) ?? [],
  }
}

function boundarySocket(
  { name, type, label, source, stale }: GraphSocket,
  links: readonly number[],
  nowhere: Wiring['nowhere'],
): FileEntry {
  if (source === undefined) return { name, type, ...(label === undefined ? {} : { label }), linkIds: [...links] }
  return patched(source, {
    ...(source.name === name ? {} : { name }),
    ...difference(textOf(source.label), label, 'label'),
    ...(source.linkIds === undefined ? {} : { linkIds: sameMembers(source.linkIds, links, nowhere(stale)) }),
  })
}

function boundaryPlace({ id, position, size, source }: GraphNode): FileEntry {
  const bounding = [...position, ...size]
  if (source === undefined) return { id: Number(id), bounding }
  const before = boundingOf(source)
  return bounding.every((value, i) => before[i] === value) ? source : patched(source, { bounding })
}

/** A type of nodes as far as writing needs it. */
interface Described {
  readonly type: NodeDescription | undefined
  /** Of the subgraph that the nodes are made of. */
  readonly boundary: Boundary | undefined
}

/** What a node made of a subgraph looks like, with the fields that it shows of its inside. */
interface Look {
  readonly shown: NodeDescription | undefined
  readonly promoted: readonly PromotedWidget[]
}

function writeNode(
  node: GraphNode,
  order: number,
  { type, boundary }: Described,
  wiring: Wiring,
  look: () => Look,
): FileEntry {
  const { source } = node
  const fields = {
    ...(source === undefined
      ? { id: fileId(node.id), type: node.type, pos: [...node.position], size: [...node.size], flags: {}, order }
      : {
          ...placeOf(source, 'pos', node.position, [0, 0]),
          ...placeOf(source, 'size', node.size, [210, 60]),
          ...(String(source.id) === node.id ? {} : { id: fileId(node.id) }),
          ...(source.type === node.type ? {} : { type: node.type }),
        }),
    ...difference(source?.mode ?? (source === undefined ? undefined : 0), node.mode, 'mode'),
    ...writeFlags(node),
    ...(node.title === undefined ? (source?.title === type?.title ? {} : { title: undefined }) : { title: node.title }),
    ...difference(textOf(source?.color), node.color, 'color'),
    ...difference(textOf(source?.bgcolor), node.background, 'bgcolor'),
    ...writeSockets(node, wiring, boundary),
    ...writeValues(node, { type, boundary }, look),
  }
  return patched(source ?? {}, fields)
}

function writeFlags({ source, collapsed, pinned }: GraphNode): FileEntry {
  const flags = entryOf(source?.flags)
  if ((flags?.collapsed === true) === collapsed && (flags?.pinned === true) === pinned) return {}
  const asked = (key: string, on: boolean) => ({ [key]: on ? true : flags?.[key] === undefined ? undefined : false })
  return { flags: patched(flags ?? {}, { ...asked('collapsed', collapsed), ...asked('pinned', pinned) }) }
}

function writeSockets(
  node: GraphNode,
  { into, outOf, made, nowhere }: Wiring,
  boundary: Boundary | undefined,
): FileEntry {
  const ofSubgraph = new Set(boundary?.inputs.map(({ name }) => name))
  const inputs = writtenInputs(node, into).map(({ name, type, isWidget, source, stale }) => {
    const link = into.get(inputKey(node.id, name))?.id ?? null
    if (source === undefined) return { name, type, ...(isWidget === true ? { widget: { name } } : {}), link }
    const isStale = link === null && nowhere(stale).length > 0
    return patched(source, {
      // A subgraph's inputs are known by their names.
      ...(ofSubgraph.has(name) ? difference(source.name, name, 'name') : {}),
      ...(isStale || (source.link ?? null) === link ? {} : { link }),
    })
  })
  let last = node.outputs.length
  const isWritten = (i: number) =>
    node.source === undefined || node.outputs[i]?.source !== undefined || made.has(`${node.id}:${i}`)
  while (last > 0 && !isWritten(last - 1)) last--
  const outputs = node.outputs.slice(0, last).map(({ name, type, source, stale }, i) => {
    const links = outOf.get(`${node.id}:${i}`) ?? []
    if (source === undefined) return { name, type, links: [...links], slot_index: i }
    const before = Array.isArray(source.links) ? source.links : []
    const now = sameMembers(before, links, nowhere(stale))
    return now === before ? source : patched(source, { links: now })
  })
  const kept = (key: 'inputs' | 'outputs', list: readonly unknown[]) =>
    node.source !== undefined && list.length === 0 && entriesAt(node.source, key).length === 0 ? {} : { [key]: list }
  return { ...kept('inputs', inputs), ...kept('outputs', outputs) }
}

/** The inputs that the file shows: its own, and those that it left out as soon as a link needs them. */
function writtenInputs(node: GraphNode, into: Wiring['into']): GraphSocket[] {
  return node.inputs.filter(
    ({ name, source }) => source !== undefined || node.source === undefined || into.has(inputKey(node.id, name)),
  )
}

/** The place that each input has in the file; a boundary's are all written. */
function slotsOf(node: GraphNode, { into }: Wiring): Map<string, number> {
  const written = isBoundary(node) ? node.inputs : writtenInputs(node, into)
  return new Map(written.map(({ name }, i) => [name, i]))
}

function writeValues(node: GraphNode, { type, boundary }: Described, look: () => Look): FileEntry {
  const { source = {} } = node
  const isSame = node.source !== undefined && sameJson(readParams(source, type, boundary), node.params)
  const form = difference(readForm(source).form, node.form, 'form')
  if (isSame && Object.keys(form).length === 0) return {}
  const properties = patched(entryOf(source.properties) ?? { 'Node name for S&R': node.type }, form)
  if (isSame) return { properties }
  const values = boundary === undefined ? writeWidgets(node, type) : writeFields(node, type, boundary, look())
  // Newer files of ComfyUI say the values by name too.
  const named = entryOf(source.widgets_values_named)
  return {
    properties: patched(properties, Object.keys(node.params).length === 0 ? {} : { params: readable(node.params) }),
    ...(values === undefined ? {} : { widgets_values: values }),
    ...(named === undefined || type === undefined ? {} : { widgets_values_named: byName(named, type, node.params) }),
  }
}

/** By position, or by name where the file has them so. */
function writeWidgets({ source, params }: GraphNode, type: NodeDescription | undefined): unknown {
  const before = source?.widgets_values
  if (type === undefined) return before
  const named = entryOf(before)
  if (named !== undefined) {
    return byName(named, type, params)
  }
  const old = Array.isArray(before) ? before : []
  const values = [
    ...type.parameters.flatMap((parameter) => positional(parameter, params[parameter.name] ?? null)),
    ...type.parameters.filter(isUpload).map(() => ({ value: 'image', own: false })),
  ]
  // What stands where no parameter is, such as the widget after a seed, is the file's.
  return [...values.map(({ value, own }, i) => (own || i >= old.length ? value : old[i])), ...old.slice(values.length)]
}

/** ComfyUI has one value for each field of a subgraph and each promoted widget, where the node has none that of the inside. */
function writeFields(
  node: GraphNode,
  type: NodeDescription | undefined,
  { fields }: Boundary,
  { shown, promoted }: Look,
): unknown {
  const before = node.source?.widgets_values
  if (entryOf(before) !== undefined) return writeWidgets(node, type)
  // Where nothing is promoted, what older files have more is of widgets that are no fields.
  const old = Array.isArray(before) && promoted.length > 0 ? before : []
  const inside = new Map(shown?.parameters.map((parameter) => [parameter.name, parameter.default]))
  const places = placesOf(fields, promoted, old.length)
  const values = places.map((name, i) => node.params[name] ?? inside.get(name) ?? old[i] ?? null)
  return [...values, ...old.slice(values.length)]
}

function byName(named: FileEntry, type: NodeDescription, params: GraphNode['params']): FileEntry {
  return patched(named, readable(Object.fromEntries(type.parameters.map(({ name }) => [name, params[name] ?? null]))))
}

const UNREADABLE: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Without keys that no file may hold: an input of a subgraph can be called so, and has its value by position. */
function readable(values: FileEntry): FileEntry {
  const entries = Object.entries(values)
  return entries.some(([key]) => UNREADABLE.has(key))
    ? Object.fromEntries(entries.filter(([key]) => !UNREADABLE.has(key)))
    : values
}

/** ComfyUI's widgets that are no inputs take a place too: one after a seed, and an upload button after all others. */
function positional(parameter: ParameterDescription, value: unknown): { value: unknown; own: boolean }[] {
  const own = { value, own: true }
  if (parameter.name === 'seed' || parameter.name === 'noise_seed') return [own, { value: 'fixed', own: false }]
  return [own]
}

function isUpload(parameter: ParameterDescription): boolean {
  return parameter.kind === 'COMBO' && parameter.optionsFrom === 'input_images'
}

function writeLink(link: GraphLink, slot: number, isObject: boolean): unknown {
  const { id, from, output, to, type, parent, source } = link
  if (isObject) {
    const entry = entryOf(source)
    return patched(entry ?? {}, {
      ...(entry?.id === id ? {} : { id }),
      ...endOf(entry, 'origin_id', from),
      ...slotAt(entry?.origin_slot, output, 'origin_slot'),
      ...endOf(entry, 'target_id', to),
      ...slotAt(entry?.target_slot, slot, 'target_slot'),
      ...(entry === undefined ? { type } : {}),
      ...difference(entry?.parentId ?? undefined, parent, 'parentId'),
    })
  }
  if (!Array.isArray(source)) return [id, fileId(from), output, fileId(to), slot, type]
  const [oldId, oldFrom, oldOutput, oldTo, oldSlot] = source
  const isSame =
    oldId === id &&
    String(oldFrom) === from &&
    Number(oldOutput) === output &&
    String(oldTo) === to &&
    Number(oldSlot) === slot
  return isSame ? source : [id, fileId(from), output, fileId(to), slot, ...source.slice(5)]
}

function endOf(source: FileEntry | undefined, key: string, id: string): FileEntry {
  return source !== undefined && String(source[key]) === id ? {} : { [key]: fileId(id) }
}

function slotAt(before: unknown, slot: number, key: string): FileEntry {
  return before !== undefined && Number(before) === slot ? {} : { [key]: slot }
}

/** Where the file has them: at the top in format 1, under `extra` in format 0.4. */
function writeReroutes(graph: Graph, links: readonly GraphLink[], { nowhere }: Wiring): FileEntry {
  const isTop = hasObjectLinks(graph.source)
  const extra = entryOf(graph.source.extra) ?? {}
  const place = isTop || Array.isArray(graph.source.reroutes) ? graph.source : extra
  if (graph.reroutes.size === 0 && !Array.isArray(place.reroutes)) return {}
  const through = linksThrough(graph, links)
  const made = new Set(links.flatMap(({ id, source }) => (source === undefined ? [id] : [])))
  const reroutes = [...graph.reroutes.values()].map(({ id, parent, position, source, stale }) =>
    source === undefined
      ? {
          id,
          ...(parent === undefined ? {} : { parentId: parent }),
          pos: [...position],
          linkIds: through.get(id) ?? [],
        }
      : patched(source, {
          ...difference(source.parentId ?? undefined, parent, 'parentId'),
          ...placeOf(source, 'pos', position, [0, 0]),
          ...rerouteLinks(source, through.get(id) ?? [], made, nowhere(stale)),
        }),
  )
  if (place === graph.source) return { reroutes }
  const extensions = links.flatMap(({ id, parent }) => (parent === undefined ? [] : [{ id, parentId: parent }]))
  const before = entriesAt(extra, 'linkExtensions')
  const isSame = sameJson(sorted(before), sorted(extensions))
  return { extra: patched(extra, { reroutes, ...(isSame ? {} : { linkExtensions: extensions }) }) }
}

/** A file that leaves them out gets them where a link is new. */
function rerouteLinks(
  source: FileEntry,
  links: readonly number[],
  made: ReadonlySet<number>,
  stale: readonly number[],
): FileEntry {
  const isLeftOut = source.linkIds == null && !links.some((id) => made.has(id))
  return isLeftOut ? {} : { linkIds: sameMembers(source.linkIds, links, stale) }
}

function sorted(extensions: readonly FileEntry[]): unknown {
  return extensions.map(({ id, parentId }) => [Number(id), parentId]).sort(([a], [b]) => Number(a) - Number(b))
}

function wiringOf(graph: Graph): Wiring {
  const into = new Map<string, GraphLink>()
  const outOf = new Map<string, number[]>()
  const made = new Set<string>()
  for (const link of graph.links.values()) {
    if (link.source === undefined) made.add(`${link.from}:${link.output}`)
    into.set(inputKey(link.to, link.input), link)
    const key = `${link.from}:${link.output}`
    const ids = outOf.get(key)
    if (ids === undefined) outOf.set(key, [link.id])
    else ids.push(link.id)
  }
  return { into, outOf, made, nowhere: (stale = []) => stale.filter((id) => !graph.links.has(id)) }
}

/** The file's list where nothing but left-overs differs, in whatever order; else those that stayed, then the new ones. */
function sameMembers(before: unknown, ids: readonly number[], stale: readonly number[]): unknown {
  if (!Array.isArray(before)) return [...ids]
  const now = new Set(ids)
  const stayed = before.filter((id) => now.has(id))
  if (stayed.length === now.size && before.every((id) => now.has(id) || stale.includes(id))) return before
  const known = new Set(before)
  return [...stayed, ...ids.filter((id) => !known.has(id))]
}

/** A place is written only where it changed: files hold it as a list or as an object. */
function placeOf(source: FileEntry, key: string, now: readonly number[], absent: readonly number[]): FileEntry {
  const value = source[key] ?? absent
  const before = Array.isArray(value) ? value : [entryOf(value)?.['0'], entryOf(value)?.['1']]
  return before[0] === now[0] && before[1] === now[1] ? {} : { [key]: [...now] }
}

function groupPlace(source: FileEntry, bounding: readonly number[]): FileEntry {
  const before = Array.isArray(source.bounding) ? source.bounding : []
  return bounding.every((value, i) => before[i] === value) ? {} : { bounding: [...bounding] }
}

function difference(before: unknown, now: unknown, key: string): FileEntry {
  return before === now ? {} : { [key]: now }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function atLeast(before: unknown, least: number): number {
  return typeof before === 'number' && before >= least ? before : least
}

function largest(ids: Iterable<number>): number {
  let most = 0
  for (const id of ids) if (Number.isSafeInteger(id) && id > most) most = id
  return most
}

function inputKey(node: string, input: string): string {
  return `${node}:${input}`
}

/** ComfyUI's ids are numbers where they can be. */
function fileId(id: string): number | string {
  return /^(0|-?[1-9]\d{0,14})$/.test(id) ? Number(id) : id
}
