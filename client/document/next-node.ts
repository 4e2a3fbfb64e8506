import type { Graph } from './graph.ts'
import type { Room } from './room.ts'

export type Direction = 'left' | 'right' | 'up' | 'down'

/**
 * The node that an arrow key leads to: to the left and right along the links first, else the nearest that lies that way;
 * from none, the first of the leftmost column.
 * @param areas where nodes are drawn
 */
export function nextNode(
  graph: Graph,
  areas: ReadonlyMap<string, Room>,
  from: string | undefined,
  direction: Direction,
): string | undefined {
  const start = areas.get(from ?? '')
  if (from === undefined || start === undefined) return firstOf(areas)
  const linked = new Set(linkedTo(graph, from, direction))
  const candidates = [...areas].filter(([id]) => id !== from)
  const nearest = (among: readonly (readonly [string, Room])[]) =>
    among.map(([id, area]) => ({ id, far: distance(start, area, direction) })).sort((a, b) => a.far - b.far)[0]?.id
  return (
    nearest(candidates.filter(([id]) => linked.has(id))) ??
    nearest(candidates.filter(([, area]) => liesThere(start, area, direction)))
  )
}

function firstOf(areas: ReadonlyMap<string, Room>): string | undefined {
  const [first] = [...areas].sort(([, a], [, b]) => a.x - b.x || a.y - b.y)
  return first?.[0]
}

function linkedTo(graph: Graph, node: string, direction: Direction): string[] {
  const links = [...graph.links.values()]
  if (direction === 'right') return links.filter(({ from }) => from === node).map(({ to }) => to)
  if (direction === 'left') return links.filter(({ to }) => to === node).map(({ from }) => from)
  return []
}

/** What lies beside counts twice as far as what lies straight on. */
function distance(from: Room, to: Room, direction: Direction): number {
  const [dx, dy] = between(from, to)
  const isAcross = direction === 'left' || direction === 'right'
  return isAcross ? Math.abs(dx) + 2 * Math.abs(dy) : Math.abs(dy) + 2 * Math.abs(dx)
}

function liesThere(from: Room, to: Room, direction: Direction): boolean {
  const [dx, dy] = between(from, to)
  switch (direction) {
    case 'left':
      return dx < 0
    case 'right':
      return dx > 0
    case 'up':
      return dy < 0
    case 'down':
      return dy > 0
  }
}

/** From the left top corner to the other's: nodes of one column begin at one line, whatever their size. */
function between(from: Room, to: Room): readonly [number, number] {
  return [to.x - from.x, to.y - from.y]
}
