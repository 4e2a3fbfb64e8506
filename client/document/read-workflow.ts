import { z } from 'zod'
import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { entryOf } from '../../server/graph/entry.ts'
import { groupName, openGroupNodes } from '../../server/graph/group-nodes.ts'
import { MAX_SOCKETS } from '../../server/graph/limits.ts'
import { type Boundary, inputsMeant } from '../../server/graph/subgraph-fields.ts'
import { uniqueNames } from '../../server/graph/unique-names.ts'
import {
  isWidget,
  parseWorkflow,
  pointSchema,
  type Workflow,
  type WorkflowInput,
  type WorkflowNode,
  type WorkflowOutput,
} from '../../server/graph/workflow.ts'
import { boundaryIn } from './boundary.ts'
import { circularLinks } from './circles.ts'
import { judge } from './connect.ts'
import { boundingOf, entriesAt, hasObjectLinks, readForm, readParams, staleOf } from './file-entry.ts'
import {
  BOUNDARY,
  BOUNDARY_TYPES,
  EMPTY_GRAPH,
  type FileEntry,
  type Graph,
  type GraphGroup,
  type GraphLink,
  type GraphNode,
  type GraphSocket,
  isBoundary,
  linksThrough,
  type Reroute,
} from './graph.ts'
import { missingChoices } from './missing-choices.ts'
import { definitionType, socketsOf, staticType } from './virtual-types.ts'

export interface ReadGraph {
  readonly graph: Graph
  /** What could not be kept, in sentences. */
  readonly problems: readonly string[]
}

/**
 * Reads a workflow file. Sockets and parameters of known nodes are those of the catalogue, by name; every object of the
 * file is kept beside what was read from it, so that what nobody touches is saved back as it came.
 * @throws RestorationError `workflow_invalid`
 */
export function readWorkflow(file: unknown, types: Catalogue): ReadGraph {
  const problems: string[] = []
  const drafts = new Map<string, Draft>()
  // The outermost level is checked first: it carries the definitions, and the caps hold for all of it.
  const checked = draftOf(file)
  const { json, opened, closed } = openGroupNodes(file, types)
  const outermost = json === file ? checked : draftOf(json)
  for (const definition of definitionsOf(json)) {
    const id = definition.id
    if (typeof id !== 'string' || id === '' || drafts.has(id)) continue
    drafts.set(id, draftOf(definition))
  }
  // Boundaries come first, because the nodes made of a subgraph have its sockets.
  const definitions = new Map<string, Graph>()
  for (const [id, draft] of drafts)
    definitions.set(id, { ...EMPTY_GRAPH, nodes: new Map(readBoundary(draft.source, new Set())) })
  // Twice: where one holds itself, neither order is right.
  for (const heard of [[], problems]) {
    for (const [id, draft] of innermostFirst(drafts)) {
      const name = typeof draft.source.name === 'string' ? draft.source.name : 'Subgraph'
      definitions.set(id, { ...readLevel(draft, types, definitions, heard), definitions: new Map(), name })
    }
  }
  const graph = readLevel(outermost, types, definitions, problems)
  const unknown = new Set<string>()
  for (const level of [graph, ...definitions.values()]) {
    for (const { type } of level.nodes.values()) {
      if (!isKnown(type, types, definitions) && !closed.has(groupName(type) ?? '')) unknown.add(type)
    }
  }
  if (opened.length > 0) problems.push(`Group nodes of an older ComfyUI became subgraphs: ${opened.join(', ')}.`)
  for (const { message, remedy } of closed.values()) problems.push(`${message} It is kept, but cannot run. ${remedy}`)
  if (unknown.size > 0) {
    const they = unknown.size === 1 ? 'It is' : 'They are'
    problems.push(`This host has no node called ${[...unknown].join(', ')}. ${they} kept, but cannot run.`)
  }
  problems.push(...[graph, ...definitions.values()].flatMap((level) => missingChoices(level, types)))
  return { graph: { ...graph, definitions }, problems }
}

/** A level of the file, checked, beside the object that it was read from. */
interface Draft {
  readonly source: FileEntry
  readonly workflow: Workflow
}

function draftOf(json: unknown): Draft {
  return { workflow: parseWorkflow(json), source: entryOf(json) ?? {} }
}

/** What is held before what holds it: the fields of a subgraph are those of nodes inside, which may be made of another. */
function innermostFirst(drafts: ReadonlyMap<string, Draft>): ReadonlyMap<string, Draft> {
  const ordered = new Map<string, Draft>()
  const opened = new Set<string>()
  const stack = [...drafts.keys()].reverse()
  for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
    const draft = drafts.get(id)
    if (draft === undefined || ordered.has(id) || opened.has(id)) {
      stack.pop()
      if (draft !== undefined) ordered.set(id, draft)
      continue
    }
    opened.add(id)
    for (const { type } of draft.workflow.nodes) if (drafts.has(type) && !opened.has(type)) stack.push(type)
  }
  return ordered
}

function definitionsOf(json: unknown): FileEntry[] {
  return entriesAt(entryOf(entryOf(json)?.definitions) ?? {}, 'subgraphs')
}

/** Comments and what the editor resolves by itself need no node of the host. */
function isKnown(type: string, types: Catalogue, definitions: Graph['definitions']): boolean {
  return staticType(type, types) !== undefined || definitions.has(type) || isBoundary({ type })
}

function readLevel(
  { source, workflow }: Draft,
  types: Catalogue,
  definitions: Graph['definitions'],
  problems: string[],
): Graph {
  const ids = new Set(workflow.links.map(({ id }) => id))
  const nodes = new Map(readBoundary(source, ids))
  const entries = entriesAt(source, 'nodes')
  const around = { ...EMPTY_GRAPH, definitions }
  // A file may leave out the outputs of a node that nobody here knows, and still link them.
  const leastOutputs = new Map<string, number>()
  for (const { from, fromSlot } of workflow.links) {
    leastOutputs.set(String(from), Math.max(leastOutputs.get(String(from)) ?? 0, Math.min(fromSlot + 1, MAX_SOCKETS)))
  }
  const made = new Map<string, Described>()
  for (const [i, node] of workflow.nodes.entries()) {
    const known = made.get(node.type) ?? describe(around, node.type, types)
    made.set(node.type, known)
    const id = entries[i]?.id
    if (id !== undefined && id !== node.id) problems.push(`Two nodes had the id ${id}. One of them is now ${node.id}.`)
    nodes.set(String(node.id), readNode(node, entries[i] ?? {}, known, leastOutputs.get(String(node.id)) ?? 0, ids))
  }
  const read = new Map(readReroutes(source).map((reroute) => [reroute.id, reroute]))
  const links = readLinks(workflow, source, nodes, definitions, types, problems)
  const through = linksThrough({ reroutes: read }, links.values())
  const reroutes = new Map(
    [...read].map(([id, reroute]) => [
      id,
      { ...reroute, ...staleOf(reroute.source?.linkIds, new Set(through.get(id))) },
    ]),
  )
  const groupEntries = entriesAt(source, 'groups')
  const groups = workflow.groups.map(({ title, bounding, rest }, i): [string, GraphGroup] => [
    String(i + 1),
    {
      id: String(i + 1),
      title,
      bounding,
      ...(typeof rest.color === 'string' ? { color: rest.color } : {}),
      source: groupEntries[i] ?? {},
    },
  ])
  return {
    nodes,
    links,
    reroutes,
    groups: new Map(groups),
    definitions,
    // The lists are read; empty ones keep their place among the file's keys.
    source: Object.fromEntries(
      Object.entries(source).map(([key, value]) => [key, LISTS.has(key) && Array.isArray(value) ? [] : value]),
    ),
  }
}

const LISTS: ReadonlySet<string> = new Set(['nodes', 'links', 'groups'])

/** A type of nodes as far as reading needs it. */
interface Described {
  readonly type: NodeDescription | undefined
  /** Of the subgraph that the nodes are made of. */
  readonly boundary: Boundary | undefined
}

function describe(graph: Graph, id: string, types: Catalogue): Described {
  const type = staticType(id, types)
  if (type !== undefined) return { type, boundary: undefined }
  return { type: definitionType(graph, id, types), boundary: boundaryIn(graph.definitions, id) }
}

function readNode(
  node: WorkflowNode,
  source: FileEntry,
  { type, boundary }: Described,
  leastOutputs: number,
  known: ReadonlySet<number>,
): GraphNode {
  const flags = entryOf(source.flags)
  return {
    id: String(node.id),
    type: node.type,
    ...(node.title === undefined || node.title === type?.title ? {} : { title: node.title }),
    position: node.pos,
    size: node.size,
    mode: node.mode,
    collapsed: flags?.collapsed === true,
    pinned: flags?.pinned === true,
    ...(typeof source.color === 'string' ? { color: source.color } : {}),
    ...(typeof source.bgcolor === 'string' ? { background: source.bgcolor } : {}),
    params: readParams(source, type, boundary),
    ...readForm(source),
    inputs: readInputs(node.inputs, entriesAt(source, 'inputs'), { type, boundary }, known),
    outputs: readOutputs(node.outputs, entriesAt(source, 'outputs'), type, leastOutputs, known),
    source,
  }
}

/** The file's inputs in its order, then those of the type that it leaves out. */
function readInputs(
  inputs: readonly WorkflowInput[],
  entries: readonly FileEntry[],
  { type, boundary }: Described,
  links: ReadonlySet<number>,
): GraphSocket[] {
  const known = new Map(type === undefined ? [] : socketsOf(type).inputs.map((socket) => [socket.name, socket]))
  const meant = boundary === undefined ? [] : inputsMeant(inputs, boundary)
  const names = uniqueNames(inputs.map(({ name }, i) => boundary?.inputs[meant[i] ?? -1] ?? { name }))
  const read = inputs.map((input, i): GraphSocket => {
    const name = names[i] ?? input.name
    const ours = known.get(name)
    const isField = ours === undefined ? isWidget(input) : ours.isWidget === true
    return {
      name,
      type: ours?.type ?? input.type,
      ...labelOf(input.rest),
      ...(isField ? { isWidget: true } : {}),
      source: entries[i] ?? {},
      ...staleOf([input.link], links),
    }
  })
  const present = new Set(names)
  return [...read, ...[...known.values()].filter(({ name }) => !present.has(name))]
}

/** Outputs go by their place; the type's come first. */
function readOutputs(
  outputs: readonly WorkflowOutput[],
  entries: readonly FileEntry[],
  type: NodeDescription | undefined,
  least: number,
  links: ReadonlySet<number>,
): GraphSocket[] {
  const known = type?.outputs ?? []
  const unlisted = type === undefined && outputs.length === 0 ? least : 0
  return Array.from({ length: Math.max(outputs.length, known.length, unlisted) }, (_, i): GraphSocket => {
    const [ours, read] = [known[i], outputs[i]]
    return {
      name: ours?.name ?? read?.name ?? '',
      type: ours?.type ?? read?.type ?? '*',
      ...(read === undefined
        ? {}
        : { ...labelOf(read.rest), source: entries[i] ?? {}, ...staleOf(entries[i]?.links, links) }),
    }
  })
}

function labelOf({ label }: FileEntry): { label?: string } {
  return typeof label === 'string' && label !== '' ? { label } : {}
}

const boundarySocket = z.looseObject({ name: z.string().max(2000), type: z.string().max(2000).catch('*') })

/** The two nodes of a subgraph's boundary; nothing for the outermost level. */
function readBoundary(source: FileEntry, links: ReadonlySet<number>): [string, GraphNode][] {
  if (source.inputNode === undefined && source.outputNode === undefined) return []
  return ([BOUNDARY.input, BOUNDARY.output] as const).map((id) => {
    const key = id === BOUNDARY.input ? 'inputNode' : 'outputNode'
    const bounding = boundingOf(entryOf(source[key]) ?? {})
    const entries = entriesAt(source, id === BOUNDARY.input ? 'inputs' : 'outputs').slice(0, MAX_SOCKETS)
    const parsed = entries.map((entry) => boundarySocket.catch({ name: '', type: '*' }).parse(entry))
    const names = uniqueNames(parsed)
    const sockets = parsed.map(({ type }, i): GraphSocket => {
      const entry = entries[i] ?? {}
      return { name: names[i] ?? '', type, ...labelOf(entry), source: entry, ...staleOf(entry.linkIds, links) }
    })
    const node: GraphNode = {
      id,
      type: BOUNDARY_TYPES[id] ?? '',
      position: [bounding[0] ?? 0, bounding[1] ?? 0],
      size: [bounding[2] ?? 0, bounding[3] ?? 0],
      mode: 0,
      collapsed: false,
      pinned: false,
      params: {},
      inputs: id === BOUNDARY.output ? sockets : [],
      outputs: id === BOUNDARY.input ? sockets : [],
      source: entryOf(source[key]) ?? {},
    }
    return [id, node]
  })
}

const rerouteSchema = z.looseObject({
  id: z.int().min(0),
  parentId: z.int().min(0).nullish().catch(undefined),
  pos: pointSchema,
})
const MOST_REROUTES = 20_000

/** Points that links run through: of the file in format 1, of `extra` in format 0.4. */
function readReroutes(source: FileEntry): Reroute[] {
  const place = Array.isArray(source.reroutes) ? source : (entryOf(source.extra) ?? {})
  const entries = entriesAt(place, 'reroutes')
  if (entries.length > MOST_REROUTES) {
    throw new RestorationError(
      'workflow_invalid',
      `The workflow has ${entries.length} points on links; at most ${MOST_REROUTES} are read.`,
      'Split it into several workflows.',
    )
  }
  return entries.flatMap((entry) => {
    const { data } = rerouteSchema.safeParse(entry)
    if (data === undefined) return []
    const { id, parentId, pos } = data
    return [{ id, ...(parentId == null ? {} : { parent: parentId }), position: pos, source: entry }]
  })
}

/** In format 0.4 which reroute a link ends at is said beside it. */
function readParents(source: FileEntry): ReadonlyMap<number, number> {
  const parents = new Map<number, number>()
  for (const { id, parentId } of entriesAt(entryOf(source.extra) ?? {}, 'linkExtensions')) {
    if (typeof id === 'number' && typeof parentId === 'number') parents.set(id, parentId)
  }
  return parents
}

/** Links that lead nowhere or close a circle are left out; the last one into an input counts. */
function readLinks(
  workflow: Workflow,
  source: FileEntry,
  nodes: ReadonlyMap<string, GraphNode>,
  definitions: Graph['definitions'],
  types: Catalogue,
  problems: string[],
): Map<number, GraphLink> {
  const level = { ...EMPTY_GRAPH, nodes, definitions }
  const raw = (Array.isArray(source.links) ? source.links : []).filter((link) => link !== null)
  const isObjects = hasObjectLinks(source)
  const parents = readParents(source)
  // Where the node itself says that a link ends counts more than the place that the link names: inputs may have moved.
  const own = new Map<number, Map<string, number>>()
  for (const node of workflow.nodes) {
    for (const [slot, { link }] of node.inputs.entries()) {
      if (link !== null) own.set(link, (own.get(link) ?? new Map()).set(String(node.id), slot))
    }
  }
  const byInput = new Map<string, number>()
  const links = new Map<number, GraphLink>()
  for (const [i, link] of workflow.links.entries()) {
    const [from, to] = [String(link.from), String(link.to)]
    const input = nodes.get(to)?.inputs[own.get(link.id)?.get(to) ?? link.toSlot]?.name
    const wish = { from, output: link.fromSlot, to, input: input ?? '' }
    const judged = judge(level, wish, types)
    if (links.has(link.id)) {
      problems.push(`Link ${link.id} was left out. There are two of this number.`)
      continue
    }
    if (!judged.ok && judged.why === 'missing') {
      problems.push(`Link ${link.id} was left out. ${judged.reason}`)
      continue
    }
    if (!judged.ok) problems.push(`Link ${link.id} does not fit. ${judged.reason}`)
    const entry: unknown = raw[i]
    const parent = isObjects ? entryOf(entry)?.parentId : parents.get(link.id)
    const key = JSON.stringify([to, input])
    const former = byInput.get(key)
    if (former !== undefined) {
      links.delete(former)
      problems.push(`Link ${former} was left out. Link ${link.id} goes into the same input.`)
    }
    byInput.set(key, link.id)
    links.set(link.id, {
      id: link.id,
      ...wish,
      type: link.type === '*' && judged.ok ? judged.type : link.type,
      ...(typeof parent === 'number' ? { parent } : {}),
      source: Array.isArray(entry) ? entry : (entryOf(entry) ?? {}),
    })
  }
  for (const link of circularLinks({ ...level, links })) {
    links.delete(link.id)
    problems.push(`Link ${link.id} was left out. It closes a circle.`)
  }
  return links
}
