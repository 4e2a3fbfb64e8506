import type { Change } from '../document/change.ts'
import { changeNode } from '../document/edits.ts'
import { type Graph, type GraphGroup, linksThrough, type Point } from '../document/graph.ts'
import type { Area } from './scene.ts'

/** Where a node is drawn. */
type AreaOf = (id: string) => Area | undefined

/** What a hand or a key moves, by ids. */
export interface Moving {
  readonly nodes: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
  /** Points of links. */
  readonly points: ReadonlySet<number>
}

/**
 * All that goes along with some nodes and groups: whatever lies in these groups, groups too, and the points of links
 * whose both ends go. Pinned nodes stay.
 */
export function movingWith(graph: Graph, areaOf: AreaOf, { nodes, groups }: Pick<Moving, 'nodes' | 'groups'>): Moving {
  const frames = [...groups].flatMap((id) => graph.groups.get(id) ?? [])
  const isFramed = (place: Corner) => frames.some(({ bounding }) => contains(bounding, place))
  const inside = frames.flatMap((frame) => nodesIn(graph, areaOf, frame))
  const movingNodes = new Set([...nodes, ...inside].filter((id) => graph.nodes.get(id)?.pinned === false))
  const stays = (id: number) => {
    const link = graph.links.get(id)
    return link !== undefined && !(movingNodes.has(link.from) && movingNodes.has(link.to))
  }
  const through = linksThrough(graph, graph.links.values())
  const points = [...graph.reroutes.values()].filter(({ id, position }) => {
    const links = through.get(id) ?? []
    const isCarried = links.length > 0 && !links.some(stays)
    return isCarried || isFramed(position)
  })
  return {
    nodes: movingNodes,
    groups: new Set([...graph.groups.values()].flatMap(({ id, bounding }) => (isFramed(bounding) ? [id] : []))),
    points: new Set(points.map(({ id }) => id)),
  }
}

/** Nodes whose middle lies in a group. */
export function nodesIn(graph: Graph, areaOf: AreaOf, { bounding }: GraphGroup): string[] {
  return [...graph.nodes.keys()].filter((id) => {
    const area = areaOf(id)
    return area !== undefined && contains(bounding, [area.x + area.width / 2, area.y + area.height / 2])
  })
}

/** The edit that moves it all by so much. */
export function moveBy(graph: Graph, { nodes, groups, points }: Moving, [dx, dy]: Point): Change[] {
  const moved = ([x, y]: Point): Point => [x + dx, y + dy]
  return [
    ...[...nodes].flatMap((id) => {
      const node = graph.nodes.get(id)
      return node === undefined ? [] : changeNode(graph, id, { position: moved(node.position) })
    }),
    ...[...groups].flatMap((id): Change[] => {
      const before = graph.groups.get(id)
      if (before === undefined) return []
      const [x, y, width, height] = before.bounding
      return [{ kind: 'change-group', before, after: { ...before, bounding: [x + dx, y + dy, width, height] } }]
    }),
    ...[...points].flatMap((id): Change[] => {
      const before = graph.reroutes.get(id)
      if (before === undefined) return []
      return [{ kind: 'change-reroute', before, after: { ...before, position: moved(before.position) } }]
    }),
  ]
}

/** A point, or the corner of what has a width and a height. */
type Corner = readonly [x: number, y: number, width?: number, height?: number]

function contains([left, top, width, height]: GraphGroup['bounding'], [x, y, w = 0, h = 0]: Corner): boolean {
  return x >= left && y >= top && x + w <= left + width && y + h <= top + height
}
