import { entryOf } from '../../server/graph/entry.ts'
import { MAX_NESTING } from '../../server/graph/limits.ts'
import { type Boundary, boundaryOf, fieldKey } from '../../server/graph/subgraph-fields.ts'
import { BOUNDARY, type Graph, type GraphLink, type GraphSocket } from './graph.ts'

/** A subgraph as the nodes that are made of it see it, with the fields that the host finds; undefined where there is none. */
export function boundaryIn(definitions: Graph['definitions'], id: string): Boundary | undefined {
  const definition = definitions.get(id)
  if (definition === undefined) return undefined
  const inputs = inputsOf(definition)
  const called = inputs.map(({ name, type, source }) => ({
    name: typeof source?.name === 'string' ? source.name : name,
    type,
  }))
  const names = inputs.map(({ name }) => name)
  const known = new Map<string, boolean>()
  const boundary = boundaryOf(called, names, (index) => isField(definitions, id, index, known))
  return { ...boundary, feeding: feedingOf(definition) }
}

/** The sockets that come into a subgraph. */
export function inputsOf(definition: Graph): readonly GraphSocket[] {
  return definition.nodes.get(BOUNDARY.input)?.outputs ?? []
}

const entering = new WeakMap<Graph, ReadonlyMap<number, readonly GraphLink[]>>()

/** The links from each input of a subgraph, by its index. */
export function linksFromInputs(definition: Graph): ReadonlyMap<number, readonly GraphLink[]> {
  const known = entering.get(definition)
  if (known !== undefined) return known
  const links = new Map<number, GraphLink[]>()
  for (const link of definition.links.values()) {
    if (link.from !== BOUNDARY.input) continue
    const list = links.get(link.output)
    if (list === undefined) links.set(link.output, [link])
    else list.push(link)
  }
  entering.set(definition, links)
  return links
}

const feeding = new WeakMap<Graph, ReadonlyMap<string, string>>()

/** The input of a subgraph that feeds a field of its inside, by `fieldKey`. */
export function feedingOf(definition: Graph): ReadonlyMap<string, string> {
  const known = feeding.get(definition)
  if (known !== undefined) return known
  const names = new Map<string, string>()
  for (const [index, links] of linksFromInputs(definition)) {
    const name = inputsOf(definition)[index]?.name
    if (name !== undefined) for (const { to, input } of links) names.set(fieldKey(to, input), name)
  }
  feeding.set(definition, names)
  return names
}

function isField(
  definitions: Graph['definitions'],
  id: string,
  index: number,
  known: Map<string, boolean>,
  depth = 0,
): boolean {
  const definition = definitions.get(id)
  const key = fieldKey(id, String(index))
  // The host opens no subgraphs that are nested deeper; a file may have one that holds itself.
  const answer = known.get(key) ?? (definition === undefined || depth > MAX_NESTING ? false : undefined)
  if (answer !== undefined || definition === undefined) return answer === true
  known.set(key, false)
  const found = (linksFromInputs(definition).get(index) ?? []).some(({ to, input }) => {
    const node = definition.nodes.get(to)
    const socket = node?.inputs.find(({ name }) => name === input)
    if (socket?.isWidget === true || entryOf(socket?.source?.widget) !== undefined) return true
    const further = definitions.get(node?.type ?? '')
    const at = further === undefined ? -1 : inputsOf(further).findIndex(({ name }) => name === input)
    return at >= 0 && isField(definitions, node?.type ?? '', at, known, depth + 1)
  })
  known.set(key, found)
  return found
}
