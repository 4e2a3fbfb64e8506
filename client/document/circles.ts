import { MAX_NESTING } from '../../server/graph/limits.ts'
import { BOUNDARY, type Graph, type GraphLink } from './graph.ts'

/** Links that close a circle, found by one walk over the graph (depth first, without recursion). */
export function circularLinks(graph: Graph): GraphLink[] {
  const reach = reachOf(graph)
  const state = new Map<string, 'open' | 'done'>()
  const circular: GraphLink[] = []
  for (const { id, inputs } of graph.nodes.values()) {
    for (const { name } of inputs.length === 0 ? [{ name: '' }] : inputs) {
      const root = reach(id, name)
      if (state.has(root.place)) continue
      state.set(root.place, 'open')
      const stack = [{ ...root, next: 0 }]
      for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
        const link = top.links[top.next++]
        if (link === undefined) {
          state.set(top.place, 'done')
          stack.pop()
          continue
        }
        const beyond = reach(link.to, link.input)
        const known = state.get(beyond.place)
        if (known === 'open') circular.push(link)
        else if (known === undefined) {
          state.set(beyond.place, 'open')
          stack.push({ ...beyond, next: 0 })
        }
      }
    }
  }
  return circular
}

/** Whether what a link gives arrives, through any nodes, at its own output. */
export function closesCircle(graph: Graph, wish: Pick<GraphLink, 'from' | 'output' | 'to' | 'input'>): boolean {
  const link: GraphLink = { ...wish, id: -1, type: '*' }
  return follow(reachOf({ ...graph, links: new Map(graph.links).set(link.id, link) }), [link]).has(link)
}

/** A place that links lead to, and the links that lead on from it. */
interface Reached {
  readonly place: string
  readonly links: readonly GraphLink[]
}

type Reach = (node: string, input: string) => Reached

/**
 * A place is a node, from which all its links lead on; of a node made of a subgraph it is an input, from which those
 * outputs lead on that depend on it inside: what another output gives may come back to it, as in ComfyUI.
 */
function reachOf(graph: Graph, known: Depends = new Map(), depth = 0): Reach {
  const outgoing = linksBySource(graph)
  return (node, input) => {
    const links = outgoing.get(node) ?? []
    const definition = graph.definitions.get(graph.nodes.get(node)?.type ?? '')
    // The host runs no subgraphs that are nested deeper; further inside all outputs count as dependent.
    if (definition === undefined || depth > MAX_NESTING) return { place: node, links }
    const outputs = dependents({ ...definition, definitions: graph.definitions }, definition, input, known, depth + 1)
    return { place: JSON.stringify([node, input]), links: links.filter(({ output }) => outputs.has(output)) }
  }
}

/** For each subgraph and input the outputs that depend on it. */
type Depends = Map<Graph, Map<string, ReadonlySet<number>>>

/** What is being looked at further out, as in a subgraph that holds itself, counts for nothing. */
function dependents(
  level: Graph,
  definition: Graph,
  input: string,
  known: Depends,
  depth: number,
): ReadonlySet<number> {
  const ofInputs = known.get(definition) ?? new Map<string, ReadonlySet<number>>()
  const present = ofInputs.get(input)
  if (present !== undefined) return present
  known.set(definition, ofInputs.set(input, new Set()))
  const index = level.nodes.get(BOUNDARY.input)?.outputs.findIndex(({ name }) => name === input)
  const outputs = level.nodes.get(BOUNDARY.output)?.inputs.map(({ name }) => name) ?? []
  const starts = [...level.links.values()].filter(({ from, output }) => from === BOUNDARY.input && output === index)
  const found = new Set<number>()
  for (const link of [...starts, ...follow(reachOf(level, known, depth), starts)]) {
    if (link.to === BOUNDARY.output) found.add(outputs.indexOf(link.input))
  }
  ofInputs.set(input, found)
  return found
}

/** All links that lead on from these. */
function follow(reach: Reach, starts: readonly GraphLink[]): ReadonlySet<GraphLink> {
  const seen = new Set<string>()
  const links = new Set<GraphLink>()
  const open = [...starts]
  for (let link = open.pop(); link !== undefined; link = open.pop()) {
    const { place, links: onward } = reach(link.to, link.input)
    if (seen.has(place)) continue
    seen.add(place)
    for (const next of onward) {
      links.add(next)
      open.push(next)
    }
  }
  return links
}

function linksBySource(graph: Graph): Map<string, GraphLink[]> {
  const outgoing = new Map<string, GraphLink[]>()
  for (const link of graph.links.values()) {
    const links = outgoing.get(link.from)
    if (links === undefined) outgoing.set(link.from, [link])
    else links.push(link)
  }
  return outgoing
}
