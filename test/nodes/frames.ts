import type { Frame, Image } from '../../nodes/sdk/values.ts'

/** A frame of float32 samples, row by row. */
export function floats(width: number, height: number, channels: Frame['channels'], samples: readonly number[]): Frame {
  if (samples.length !== width * height * channels) throw new Error(`${samples.length} samples`)
  return { width, height, channels, data: Float32Array.from(samples) }
}

/** A frame of bytes, row by row. */
export function bytes(width: number, height: number, channels: Frame['channels'], samples: readonly number[]): Frame {
  if (samples.length !== width * height * channels) throw new Error(`${samples.length} samples`)
  return { width, height, channels, data: Uint8Array.from(samples) }
}

/** An RGB frame of 32 × 32 pixels of one level of 255. */
export function greyOf(level: number): Frame {
  return { width: 32, height: 32, channels: 3, data: new Uint8Array(3 * 32 * 32).fill(level) }
}

/** The same bytes with rows for columns. */
export function transposed({ width, height, channels, data }: Frame): Frame {
  const sample = (i: number) => {
    const [pixel, c] = [Math.floor(i / channels), i % channels]
    return data[((pixel % height) * width + Math.floor(pixel / height)) * channels + c]!
  }
  return { width: height, height: width, channels, data: Uint8Array.from({ length: data.length }, (_, i) => sample(i)) }
}

/** A mask, row by row. */
export function mask(width: number, height: number, samples: readonly number[]): Image {
  return batch(floats(width, height, 1, samples))
}

export function batch(...frames: Frame[]): Image {
  return { frames }
}

/** Sizes and samples, rounded so that float32 reads as it was meant. */
export function shown({ width, height, channels, data }: Frame) {
  return { size: [width, height, channels], samples: Array.from(data, (value) => Math.round(value * 1e5) / 1e5 + 0) }
}

/** The first picture of a batch, as `shown` has it. */
export function first({ frames }: Image) {
  return shown(frames[0]!)
}
