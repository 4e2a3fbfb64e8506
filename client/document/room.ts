import type { Change } from './change.ts'
import { changeNode } from './edits.ts'
import type { Graph, Point } from './graph.ts'

/** A rectangle of the graph. */
export interface Room {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Between a node and what it is put beside, in the graph's units. */
const GAP = 24

/** The place nearest to a wanted one where a rectangle lies on nothing: that place itself, or one beside something taken. */
export function freePlace(wanted: Room, taken: readonly Room[]): Point {
  const { width, height } = wanted
  const isFree = ([x, y]: Point) => !taken.some((other) => overlap({ x, y, width, height }, other))
  const far = ([x, y]: Point) => Math.hypot(x - wanted.x, y - wanted.y)
  const beside = taken.flatMap((other): Point[] => [
    [other.x + other.width + GAP, wanted.y],
    [other.x - width - GAP, wanted.y],
    [wanted.x, other.y + other.height + GAP],
    [wanted.x, other.y - height - GAP],
  ])
  const places: Point[] = [[wanted.x, wanted.y], ...beside.sort((a, b) => far(a) - far(b))]
  // Right of what is farthest right nothing is in the way.
  return places.find(isFree) ?? [wanted.x, wanted.y]
}

/** Moves all that begins right of a line further to the right, and widens the groups that it lies in. Pinned nodes stay. */
export function makeRoom(graph: Graph, line: number, by: number): Change[] {
  if (by <= 0) return []
  return [
    ...[...graph.nodes.values()].flatMap(({ id, position: [x, y], pinned }) =>
      x < line || pinned ? [] : changeNode(graph, id, { position: [x + by, y] }),
    ),
    ...[...graph.groups.values()].flatMap((before): Change[] => {
      const [x, y, width, height] = before.bounding
      if (x + width < line) return []
      const bounding = x < line ? ([x, y, width + by, height] as const) : ([x + by, y, width, height] as const)
      return [{ kind: 'change-group', before, after: { ...before, bounding } }]
    }),
    ...[...graph.reroutes.values()].flatMap((before): Change[] => {
      const [x, y] = before.position
      return x < line ? [] : [{ kind: 'change-reroute', before, after: { ...before, position: [x + by, y] } }]
    }),
  ]
}

function overlap(a: Room, b: Room): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}
