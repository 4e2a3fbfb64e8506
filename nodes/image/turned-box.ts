export type Point = readonly [x: number, y: number]

/** A rectangle whose sides lie along (cos, sin) and across it: what its points are along either is within `along` and `across`. */
export interface TurnedBox {
  readonly cos: number
  readonly sin: number
  readonly along: readonly [number, number]
  readonly across: readonly [number, number]
}

/** The smallest rectangle around points: a side of it lies on one of their convex hull (Freeman and Shapira 1975). */
export function smallestBox(hull: readonly Point[]): TurnedBox | undefined {
  const boxes = hull.map(([x, y], i): TurnedBox => {
    const [nextX, nextY] = hull[(i + 1) % hull.length]!
    const length = Math.hypot(nextX - x, nextY - y) || 1
    const [cos, sin] = [(nextX - x) / length, (nextY - y) / length]
    return {
      cos,
      sin,
      along: extent(hull.map((point) => point[0] * cos + point[1] * sin)),
      across: extent(hull.map((point) => point[1] * cos - point[0] * sin)),
    }
  })
  return boxes.reduce<TurnedBox | undefined>(
    (best, box) => (best && areaOf(best) <= areaOf(box) ? best : box),
    undefined,
  )
}

/** The corners of the convex hull, in order (Andrew 1979). */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1])
  return [...chain(sorted), ...chain(sorted.reverse())]
}

function chain(sorted: readonly Point[]): Point[] {
  const kept: Point[] = []
  for (const point of sorted) {
    while (kept.length > 1 && turn(kept.at(-2)!, kept.at(-1)!, point) <= 0) kept.pop()
    kept.push(point)
  }
  return kept.slice(0, -1)
}

function turn([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): number {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
}

function extent(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)]
}

export function areaOf({ along, across }: TurnedBox): number {
  return (along[1] - along[0]) * (across[1] - across[0])
}

/** The area within corners that follow one another (the shoelace formula). */
export function areaWithin(corners: readonly Point[]): number {
  const parts = corners.map(([x, y], i) => {
    const [nextX, nextY] = corners[(i + 1) % corners.length]!
    return x * nextY - nextX * y
  })
  return Math.abs(parts.reduce((sum, part) => sum + part, 0)) / 2
}

/** The box without `by` on each side. */
export function inset(box: TurnedBox, by: number): TurnedBox {
  return {
    ...box,
    along: [box.along[0] + by, box.along[1] - by],
    across: [box.across[0] + by, box.across[1] - by],
  }
}

export function contains({ cos, sin, along, across }: TurnedBox, x: number, y: number): boolean {
  const a = x * cos + y * sin
  const b = y * cos - x * sin
  return a >= along[0] && a <= along[1] && b >= across[0] && b <= across[1]
}

/** Points along each of the four sides, one for each unit of length. */
export function sidesOf({ cos, sin, along, across }: TurnedBox): Point[][] {
  const at = (a: number, b: number): Point => [a * cos - b * sin, a * sin + b * cos]
  const steps = ([from, to]: readonly [number, number]) =>
    Array.from({ length: Math.floor(to - from) + 1 }, (_, i) => from + i)
  return [
    ...across.map((b) => steps(along).map((a) => at(a, b))),
    ...along.map((a) => steps(across).map((b) => at(a, b))),
  ]
}
