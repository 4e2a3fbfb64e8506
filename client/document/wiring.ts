import type { Catalogue } from '../../server/graph/catalogue.ts'
import { canConnect } from '../../server/graph/link-types.ts'
import type { Change } from './change.ts'
import { connect, flowingType } from './connect.ts'
import { freeLinkId, freeNumber, type Graph, type GraphGroup, type Point, type Reroute } from './graph.ts'

/** Puts a node between the two ends of a link: its first input and output that fit. Nothing where none does. */
export function insertOnLink(graph: Graph, id: string, linkId: number, types: Catalogue): Change[] {
  const link = graph.links.get(linkId)
  const node = graph.nodes.get(id)
  const target = graph.nodes.get(link?.to ?? '')?.inputs.find(({ name }) => name === link?.input)
  if (link === undefined || node === undefined || target === undefined || link.from === id || link.to === id) return []
  const type = flowingType(graph, link.from, link.output)
  const input = node.inputs.find((socket) => socket.isWidget !== true && canConnect(type, socket.type))
  const output = node.outputs.findIndex((socket) => canConnect(socket.type, target.type))
  if (input === undefined || output < 0) return []
  const first = connect(graph, { from: link.from, output: link.output, to: id, input: input.name }, types)
  if (!first.ok) return []
  const { source: _, ...kept } = link
  return [
    ...first.changes,
    { kind: 'remove-link', link },
    {
      kind: 'add-link',
      link: { ...kept, id: freeLinkId(graph) + 1, from: id, output, type: node.outputs[output]?.type ?? type },
    },
  ]
}

/** Takes nodes out and links what fed them to what they fed, where the types agree: what a bypass would hand on. */
export function bridgeNodes(graph: Graph, ids: ReadonlySet<string>): Change[] {
  const links = [...graph.links.values()]
  const changes: Change[] = []
  let next = freeLinkId(graph)
  for (const link of links) {
    if (!ids.has(link.from) || ids.has(link.to)) continue
    const target = graph.nodes.get(link.to)?.inputs.find(({ name }) => name === link.input)
    // Back through all that goes, along inputs of a type that fits.
    let feeding = link
    for (let steps = 0; ids.has(feeding.from) && steps < links.length; steps++) {
      const source = links.find(
        ({ to, from, output }) =>
          to === feeding.from && canConnect(flowingType(graph, from, output), target?.type ?? '*'),
      )
      if (source === undefined) break
      feeding = source
    }
    if (ids.has(feeding.from)) continue
    const { source: _, parent: __, ...kept } = link
    changes.push({ kind: 'add-link', link: { ...kept, id: next++, from: feeding.from, output: feeding.output } })
  }
  return changes
}

/** A new point on the way of a link, between the points that it has. */
export function addReroute(graph: Graph, linkId: number, position: Point): Change[] {
  const link = graph.links.get(linkId)
  if (link === undefined) return []
  const id = freeNumber(graph.reroutes)
  const { parent, ...direct } = link
  const reroute: Reroute = {
    id,
    position: [Math.round(position[0]), Math.round(position[1])],
    ...(parent === undefined ? {} : { parent }),
  }
  return [
    { kind: 'add-reroute', reroute },
    { kind: 'change-link', before: link, after: { ...direct, parent: id } },
  ]
}

/** Links run past a point that is taken away. */
export function removeReroute(graph: Graph, id: number): Change[] {
  const reroute = graph.reroutes.get(id)
  if (reroute === undefined) return []
  const past = <Thing extends { readonly parent?: number }>(thing: Thing): Thing => {
    const { parent: _, ...direct } = thing
    return (reroute.parent === undefined ? direct : { ...direct, parent: reroute.parent }) as Thing
  }
  return [
    ...[...graph.links.values()].flatMap((link): Change[] =>
      link.parent === id ? [{ kind: 'change-link', before: link, after: past(link) }] : [],
    ),
    ...[...graph.reroutes.values()].flatMap((other): Change[] =>
      other.parent === id ? [{ kind: 'change-reroute', before: other, after: past(other) }] : [],
    ),
    { kind: 'remove-reroute', reroute },
  ]
}

/** A frame around areas of the graph, with room for its title. */
export function groupAround(
  graph: Graph,
  areas: readonly { readonly x: number; readonly y: number; readonly width: number; readonly height: number }[],
): GraphGroup {
  const margin = 20
  const left = Math.min(...areas.map(({ x }) => x)) - margin
  const top = Math.min(...areas.map(({ y }) => y)) - margin - 34
  const right = Math.max(...areas.map(({ x, width }) => x + width)) + margin
  const bottom = Math.max(...areas.map(({ y, height }) => y + height)) + margin
  const bounding = [left, top, right - left, bottom - top].map(Math.round) as [number, number, number, number]
  return { id: String(freeNumber(graph.groups)), title: 'Group', bounding }
}
