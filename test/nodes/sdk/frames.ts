import type { Frame } from '../../../nodes/sdk/values.ts'

/** An RGB frame of one grey. */
export function flat(width: number, height: number, level: number): Frame {
  return coloured(width, height, () => level, [1, 1, 1])
}

/** A warm frame of waves that grow from its corner on, by values that another program can compute. */
export function uneven(width: number, height: number): Frame {
  return coloured(width, height, (x, y) => 0.5 + 0.001 * (x + y) * Math.sin(x / 2) * Math.cos(y / 3), [1, 0.8, 0.9])
}

type Colour = readonly [number, number, number]

function coloured(width: number, height: number, level: (x: number, y: number) => number, colour: Colour): Frame {
  const data = Float32Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = Math.floor(i / 3)
    return colour[i % 3]! * level(pixel % width, Math.floor(pixel / width))
  })
  return { width, height, channels: 3, data }
}
