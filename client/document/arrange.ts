import type { Change } from './change.ts'
import { changeNode } from './edits.ts'
import type { Graph, Point } from './graph.ts'

/** A node's place as it is drawn, its title included. */
export interface Placed {
  readonly id: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export type Alignment = 'left' | 'right' | 'top' | 'bottom' | 'center' | 'middle'

/** Brings edges or middles of nodes onto one line. */
export function align(graph: Graph, placed: readonly Placed[], to: Alignment): Change[] {
  const left = Math.min(...placed.map(({ x }) => x))
  const top = Math.min(...placed.map(({ y }) => y))
  const right = Math.max(...placed.map(({ x, width }) => x + width))
  const bottom = Math.max(...placed.map(({ y, height }) => y + height))
  const shift = ({ x, y, width, height }: Placed): Point => {
    switch (to) {
      case 'left':
        return [left - x, 0]
      case 'right':
        return [right - x - width, 0]
      case 'top':
        return [0, top - y]
      case 'bottom':
        return [0, bottom - y - height]
      case 'center':
        return [(left + right - width) / 2 - x, 0]
      case 'middle':
        return [0, (top + bottom - height) / 2 - y]
    }
  }
  return placed.flatMap((node) => moveBy(graph, node.id, shift(node)))
}

/** Makes the gaps between neighbours the same; the outermost nodes stay. */
export function distribute(graph: Graph, placed: readonly Placed[], axis: 'x' | 'y'): Change[] {
  const length = axis === 'x' ? 'width' : 'height'
  const sorted = placed.toSorted((a, b) => a[axis] - b[axis])
  const [first, last] = [sorted[0], sorted.at(-1)]
  if (first === undefined || last === undefined || sorted.length < 3) return []
  const used = sorted.reduce((sum, node) => sum + node[length], 0)
  const gap = (last[axis] + last[length] - first[axis] - used) / (sorted.length - 1)
  let at = first[axis]
  return sorted.flatMap((node) => {
    const by = at - node[axis]
    at += node[length] + gap
    return moveBy(graph, node.id, axis === 'x' ? [by, 0] : [0, by])
  })
}

/** Puts nodes into columns from left to right, each right of all that feed it, without a link running back. */
export function tidy(graph: Graph, placed: readonly Placed[]): Change[] {
  const [columnGap, rowGap] = [60, 30]
  const ids = new Set(placed.map(({ id }) => id))
  const column = new Map(placed.map(({ id }) => [id, 0]))
  const feeds = [...graph.links.values()].filter(({ from, to }) => ids.has(from) && ids.has(to))
  for (let round = 0, moved = true; moved && round < placed.length; round++) {
    moved = false
    for (const { from, to } of feeds) {
      const least = (column.get(from) ?? 0) + 1
      if (least <= (column.get(to) ?? 0)) continue
      column.set(to, least)
      moved = true
    }
  }
  const left = Math.min(...placed.map(({ x }) => x))
  const top = Math.min(...placed.map(({ y }) => y))
  const columns = new Map<number, Placed[]>()
  for (const node of placed) {
    const at = column.get(node.id) ?? 0
    columns.set(at, [...(columns.get(at) ?? []), node])
  }
  const changes: Change[] = []
  let x = left
  for (const [, nodes] of [...columns].sort(([a], [b]) => a - b)) {
    let y = top
    for (const node of nodes.toSorted((a, b) => a.y - b.y)) {
      changes.push(...moveBy(graph, node.id, [x - node.x, y - node.y]))
      y += node.height + rowGap
    }
    x += Math.max(...nodes.map(({ width }) => width)) + columnGap
  }
  return changes
}

function moveBy(graph: Graph, id: string, [dx, dy]: Point): Change[] {
  const node = graph.nodes.get(id)
  if (node === undefined || node.pinned) return []
  const position: Point = [Math.round(node.position[0] + dx), Math.round(node.position[1] + dy)]
  return changeNode(graph, id, { position })
}
