import type { LinkView } from './layout.ts'
import { COLORS } from './theme.ts'

interface Area {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** Below this scale links are straight and thin: nobody could tell the difference. */
const FAR = 0.25

const a: [number, number] = [0, 0]
const b: [number, number] = [0, 0]

/** Draws the links that cross the area, those of one colour in one stroke. @returns the links that were drawn */
export function drawLinks(
  ctx: CanvasRenderingContext2D,
  links: Iterable<LinkView>,
  area: Area,
  scale: number,
  isMarked: (id: number) => boolean,
): LinkView[] {
  const drawn: LinkView[] = []
  const byStyle = new Map<string, LinkView[]>()
  for (const link of links) {
    if (!place(link, area)) continue
    drawn.push(link)
    const style = isMarked(link.id) ? 'marked' : link.broken ? 'broken' : link.color
    const same = byStyle.get(style)
    if (same === undefined) byStyle.set(style, [link])
    else same.push(link)
  }
  ctx.lineCap = 'round'
  for (const [style, same] of byStyle) {
    ctx.beginPath()
    for (const link of same) trace(ctx, link, scale)
    ctx.strokeStyle = style === 'marked' ? COLORS.text : style === 'broken' ? COLORS.failed : style
    ctx.lineWidth = scale < FAR ? 1 / scale : style === 'marked' ? 2.6 : 2
    if (style === 'broken') ctx.setLineDash([7, 6])
    ctx.stroke()
    ctx.setLineDash([])
  }
  return drawn
}

/** Where the link is now; whether it can be seen. */
function place(link: LinkView, { left, top, right, bottom }: Area): boolean {
  link.from.getConnectionPos(false, link.origin_slot, a)
  link.to.getConnectionPos(true, link.target_slot, b)
  let [minX, maxX, minY, maxY] = [
    Math.min(a[0], b[0]),
    Math.max(a[0], b[0]),
    Math.min(a[1], b[1]),
    Math.max(a[1], b[1]),
  ]
  for (const { position } of link.points) {
    minX = Math.min(minX, position[0])
    maxX = Math.max(maxX, position[0])
    minY = Math.min(minY, position[1])
    maxY = Math.max(maxY, position[1])
  }
  // A curve leaves to the right, so it may swing past its ends.
  const swing = Math.min(200, (maxX - minX + maxY - minY) / 4)
  return maxX + swing >= left && minX - swing <= right && maxY >= top && minY <= bottom
}

function trace(ctx: CanvasRenderingContext2D, link: LinkView, scale: number): void {
  link.from.getConnectionPos(false, link.origin_slot, a)
  link.to.getConnectionPos(true, link.target_slot, b)
  let [x, y] = a
  ctx.moveTo(x, y)
  const stops = link.points.length === 0 ? [b] : [...link.points.map(({ position }) => position), b]
  const middle = Math.floor((stops.length - 1) / 2)
  for (const [i, stop] of stops.entries()) {
    const [nextX, nextY] = stop
    if (scale < FAR) ctx.lineTo(nextX, nextY)
    else {
      const bend = Math.hypot(nextX - x, nextY - y) * 0.25
      ctx.bezierCurveTo(x + bend, y, nextX - bend, nextY, nextX, nextY)
    }
    if (i === middle) {
      link._pos[0] = (x + nextX) / 2
      link._pos[1] = (y + nextY) / 2
    }
    ;[x, y] = [nextX, nextY]
  }
}

/** The link that runs within `reach` of a point, in the graph's units. */
export function linkNear(
  links: Iterable<LinkView>,
  [x, y]: readonly [number, number],
  reach: number,
): LinkView | undefined {
  let nearest: LinkView | undefined
  let least = reach
  for (const link of links) {
    link.from.getConnectionPos(false, link.origin_slot, a)
    link.to.getConnectionPos(true, link.target_slot, b)
    let from: readonly [number, number] = [a[0], a[1]]
    for (const stop of [...link.points.map(({ position }) => position), [b[0], b[1]] as [number, number]]) {
      const distance = distanceToCurve(from, stop, [x, y], least)
      if (distance < least) {
        least = distance
        nearest = link
      }
      from = stop
    }
  }
  return nearest
}

function distanceToCurve(
  from: readonly [number, number],
  to: readonly [number, number],
  [x, y]: readonly [number, number],
  reach: number,
): number {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1])
  const bend = length * 0.25
  const outside =
    x < Math.min(from[0], to[0]) - bend - reach ||
    x > Math.max(from[0], to[0]) + bend + reach ||
    y < Math.min(from[1], to[1]) - reach ||
    y > Math.max(from[1], to[1]) + reach
  if (outside) return Number.POSITIVE_INFINITY
  let least = Number.POSITIVE_INFINITY
  const steps = Math.min(200, Math.max(12, Math.ceil(length / 6)))
  for (let i = 0; i <= steps; i++) {
    const t = i / steps
    const [p, q, r, s] = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t ** 3]
    const px = p * from[0] + q * (from[0] + bend) + r * (to[0] - bend) + s * to[0]
    const py = p * from[1] + q * from[1] + r * to[1] + s * to[1]
    least = Math.min(least, Math.hypot(px - x, py - y))
  }
  return least
}
