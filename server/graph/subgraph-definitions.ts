import type { Catalogue } from './catalogue.ts'
import { entryOf, listOf } from './entry.ts'
import { MAX_NESTING, MAX_SOCKETS } from './limits.ts'
import { type Boundary, boundaryOf, fieldKey } from './subgraph-fields.ts'
import { uniqueNames } from './unique-names.ts'
import {
  isWidget,
  parseWorkflow,
  socketTypeOf,
  type Workflow,
  type WorkflowInput,
  type WorkflowLink,
  type WorkflowNode,
} from './workflow.ts'

/** ComfyUI's ids of a subgraph's boundary. */
export const INPUTS = '-10'
export const OUTPUTS = '-20'

/** The file itself, or the inside of a subgraph. */
export interface Level {
  readonly nodes: readonly WorkflowNode[]
  readonly links: ReadonlyMap<number, WorkflowLink>
  /** Those that lead to its outputs. */
  readonly leaving: readonly WorkflowLink[]
}

export interface Definition {
  readonly name: string
  readonly level: Level
  /** Undefined where the file lists no inputs: then each node made of it says them, by their place. */
  readonly boundary: Boundary | undefined
  /** What is copied each time besides nodes: their inputs and fields, and the links that enter and leave. */
  readonly parts: number
}

/** The subgraphs of a file, by id. */
export function readDefinitions({ rest }: Workflow, types: Catalogue): ReadonlyMap<string, Definition> {
  const drafts = new Map<string, Draft>()
  for (const entry of listOf(entryOf(rest.definitions)?.subgraphs)) {
    const { id, name, inputs } = entryOf(entry) ?? {}
    if (typeof id !== 'string' || id === '') continue
    const level = levelOf(parseWorkflow(entry))
    const sockets = listOf(inputs).slice(0, MAX_SOCKETS).map(socketOf)
    drafts.set(id, {
      name: typeof name === 'string' ? name : id,
      level,
      sockets,
      indices: new Map(uniqueNames(sockets).map((name, index) => [name, index])),
      entering: enteringOf(level),
    })
  }
  const isField = fieldsIn(drafts, types)
  return new Map(
    [...drafts].map(([id, { name, level, sockets, indices, entering }]) => {
      const feeds = entering.flatMap((ends, index) =>
        ends.map(({ node, input }): [string, number] => [fieldKey(node.id, input.name), index]),
      )
      const boundary = boundaryOf(sockets, [...indices.keys()], (index) => isField(id, index), feeds)
      const parts = partsOf(level) + sockets.length
      return [id, { name, level, boundary: sockets.length === 0 ? undefined : boundary, parts }]
    }),
  )
}

/** The boundary of a subgraph of which the file lists no inputs, as a node made of it says it. */
export function listedBy({ inputs }: WorkflowNode): Boundary {
  return boundaryOf(inputs, uniqueNames(inputs), (index) => inputs[index] !== undefined && isWidget(inputs[index]))
}

export function levelOf({ nodes, links }: Workflow): Level {
  return {
    nodes,
    links: new Map(links.map((link) => [link.id, link])),
    leaving: links.filter(({ to }) => String(to) === OUTPUTS),
  }
}

function partsOf({ nodes, leaving }: Level): number {
  const own = nodes.map(
    ({ inputs, properties, widgetsValues }) =>
      inputs.length + count(properties) + count(properties.params) + count(widgetsValues),
  )
  return own.reduce((sum, parts) => sum + parts, leaving.length)
}

function count(entries: unknown): number {
  return typeof entries === 'object' && entries !== null ? Object.keys(entries).length : 0
}

/** A subgraph as its entry of the file says it. */
interface Draft {
  readonly name: string
  readonly level: Level
  readonly sockets: readonly { readonly name: string; readonly type: string }[]
  /** Of its inputs, by name. */
  readonly indices: ReadonlyMap<string, number>
  /** What each of its inputs feeds inside. */
  readonly entering: readonly (readonly Entered[])[]
}

interface Entered {
  readonly node: WorkflowNode
  readonly input: WorkflowInput
}

function socketOf(entry: unknown): { name: string; type: string } {
  const { name, type } = entryOf(entry) ?? {}
  return { name: typeof name === 'string' ? name : '', type: socketTypeOf(type) }
}

function enteringOf({ nodes, links }: Level): readonly (readonly Entered[])[] {
  const entering: Entered[][] = []
  for (const node of nodes) {
    for (const input of node.inputs) {
      const link = input.link === null ? undefined : links.get(input.link)
      if (link === undefined || String(link.from) !== INPUTS || link.fromSlot >= MAX_SOCKETS) continue
      const ends = entering[link.fromSlot]
      if (ends === undefined) entering[link.fromSlot] = [{ node, input }]
      else ends.push({ node, input })
    }
  }
  return Array.from(entering, (ends) => ends ?? [])
}

/** Whether an input of a subgraph feeds a field inside: the file or the catalogue says so, or the subgraph further in. */
function fieldsIn(drafts: ReadonlyMap<string, Draft>, types: Catalogue): (id: string, index: number) => boolean {
  const known = new Map<string, boolean>()
  const isField = (id: string, index: number, depth: number): boolean => {
    const key = fieldKey(id, String(index))
    // One that holds itself, or is nested too deep, is refused elsewhere.
    const answer = known.get(key) ?? (depth > MAX_NESTING ? false : undefined)
    if (answer !== undefined) return answer
    known.set(key, false)
    const found = drafts.get(id)?.entering[index]?.some(({ node, input }) => {
      const further = drafts.get(node.type)?.indices.get(input.name)
      return (
        isWidget(input) ||
        types.get(node.type)?.parameters.some(({ name }) => name === input.name) === true ||
        (further !== undefined && isField(node.type, further, depth + 1))
      )
    })
    known.set(key, found === true)
    return found === true
  }
  return (id, index) => isField(id, index, 0)
}
