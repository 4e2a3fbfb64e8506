import type { Frame, SampleDepth, Samples } from '../sdk/values.ts'

const FULL_SCALE = { uint8: 255, uint16: 65535, float32: 1 } as const

export function depthOf(data: Samples): SampleDepth {
  if (data instanceof Uint8Array) return 'uint8'
  return data instanceof Uint16Array ? 'uint16' : 'float32'
}

/** The value that stands for white in the samples of a frame. */
export function fullScale(data: Samples): number {
  return FULL_SCALE[depthOf(data)]
}

export function samplesOf(depth: SampleDepth, length: number): Samples {
  switch (depth) {
    case 'uint8':
      return new Uint8Array(length)
    case 'uint16':
      return new Uint16Array(length)
    case 'float32':
      return new Float32Array(length)
  }
}

/** The frame at another depth; integers are rounded and clamped, float32 is 0..1. */
export function toDepth(frame: Frame, depth: SampleDepth): Frame {
  const from = depthOf(frame.data)
  if (from === depth) return frame
  const factor = FULL_SCALE[depth] / FULL_SCALE[from]
  const data = samplesOf(depth, frame.data.length)
  if (depth === 'float32') for (let i = 0; i < data.length; i++) data[i] = frame.data[i]! * factor
  else {
    const top = FULL_SCALE[depth]
    for (let i = 0; i < data.length; i++) {
      data[i] = Math.min(top, Math.max(0, Math.round(frame.data[i]! * factor)))
    }
  }
  return { ...frame, data }
}

/**
 * A result in float32 at 16 bits if its source had them, so that its file has them too. Among several, which are held until
 * the last is done, one of 8 bits comes at those: a quarter of the memory, and the same file. Alone it stays float32 for the
 * nodes that follow.
 * @param count how many there are
 */
export function keepingDepth(result: Frame, source: Frame, count: number): Frame {
  const depth = depthOf(source.data)
  return depth === 'uint16' || count > 1 ? toDepth(result, depth) : result
}

/** The frame with three channels: grey is repeated, alpha is dropped. */
export function toRgb(frame: Frame): Frame {
  const { channels, width, height } = frame
  if (channels === 3) return frame
  const data = samplesOf(depthOf(frame.data), width * height * 3)
  for (let from = 0, to = 0; to < data.length; from += channels, to += 3) {
    data[to] = frame.data[from]!
    data[to + 1] = frame.data[channels === 4 ? from + 1 : from]!
    data[to + 2] = frame.data[channels === 4 ? from + 2 : from]!
  }
  return { ...frame, channels: 3, data }
}
