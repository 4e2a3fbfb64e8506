import type { Frame } from '../../../nodes/sdk/values.ts'

export interface Damage {
  /** Long, nearly straight ones. */
  readonly scratches?: number
  /** Short ones that curl. */
  readonly hairs?: number
  /** Wider and softer ones from edge to edge. */
  readonly folds?: number
  readonly specks?: number
  /** Nearly black instead of nearly white. */
  readonly isDark?: boolean
}

/** An RGB frame of bytes with damage painted over it, the same for the same seed, and how much of each pixel is covered. */
export function scratched(frame: Frame, seed: number, damage: Damage): { frame: Frame; cover: Float32Array } {
  const { width, height } = frame
  const random = randomFrom(seed)
  const data = frame.data.slice()
  const cover = new Float32Array(width * height)
  const colour = () => {
    const level = damage.isDark ? 10 + 30 * random() : 225 + 30 * random()
    return [level, level - 6 * random(), level - 10 * random()]
  }

  const dab = (x: number, y: number, radius: number, soft: number, opacity: number, paint: number[]) => {
    const reach = Math.ceil(radius + soft)
    for (let row = Math.max(0, Math.floor(y) - reach); row <= Math.min(height - 1, y + reach); row++) {
      for (let column = Math.max(0, Math.floor(x) - reach); column <= Math.min(width - 1, x + reach); column++) {
        const inside = (radius + soft / 2 - Math.hypot(column - x, row - y)) / soft
        const share = opacity * Math.min(1, Math.max(0, inside))
        const pixel = row * width + column
        if (share <= cover[pixel]!) continue
        cover[pixel] = share
        for (let c = 0; c < 3; c++) data[3 * pixel + c] = frame.data[3 * pixel + c]! * (1 - share) + paint[c]! * share
      }
    }
  }

  const draw = (length: number, radius: number, soft: number, opacity: number, bend: number, wander: number) => {
    let [x, y, angle] = [random() * width, random() * height, random() * 2 * Math.PI]
    const [paint, turn, phase] = [colour(), (2 * random() - 1) * bend, 9 * random()]
    for (let at = 0; at < length; at += 0.4) {
      dab(
        x,
        y,
        radius * (0.9 + 0.1 * Math.sin(at / 11)),
        soft,
        opacity * (0.8 + 0.2 * Math.sin(at / 17 + phase)),
        paint,
      )
      x += 0.4 * Math.cos(angle)
      y += 0.4 * Math.sin(angle)
      angle += 0.4 * (turn + wander * (2 * random() - 1))
    }
  }

  const side = Math.min(width, height)
  const times = (count: number | undefined, make: () => void) => {
    for (let i = 0; i < (count ?? 0); i++) make()
  }
  times(damage.scratches, () => {
    const length = side * (0.15 + 0.7 * random())
    draw(length, 0.4 + random(), 1, 0.45 + 0.5 * random(), 0.6 / side, 0.002)
  })
  times(damage.hairs, () => draw(40 + 0.2 * side * random(), 0.4 + 0.5 * random(), 1, 0.6 + 0.4 * random(), 0.02, 0.02))
  times(damage.folds, () => draw(1.4 * side, 1.2 + random(), 2, 0.5 + 0.3 * random(), 0.1 / side, 0.004))
  times(damage.specks, () => {
    dab(random() * width, random() * height, 0.4 + 1.2 * random(), 1, 0.6 + 0.4 * random(), colour())
  })
  return { frame: { ...frame, data }, cover }
}

function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d)
    mixed ^= mixed >>> 12
    return (mixed >>> 0) / 2 ** 32
  }
}
