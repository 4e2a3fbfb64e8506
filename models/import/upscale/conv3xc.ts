import { elementCount, type StoredTensor, valuesOf } from '../stored-tensor.ts'
import type { TensorSource } from '../weights.ts'

/**
 * SPAN's Conv3XC as the one 3 × 3 convolution that it is without gradients: 1×1, then 3×3, then 1×1 without activations
 * between, plus a 1×1 beside them. W = W₃·W₂·W₁ (+ S at the middle), b = W₃·(Σ W₂·b₁ + b₂) + b₃ + s. A checkpoint's own
 * eval_conv may be older than the rest and is used only when that is missing.
 */
export function foldedConvolution(
  weights: TensorSource,
  path: string,
  inputs: number,
  outputs: number,
): { readonly weight: StoredTensor; readonly bias: StoredTensor } {
  if (!weights.has(`${path}.conv.0.weight`)) {
    const own = `${path}.eval_conv`
    return {
      weight: weights.take(`${own}.weight`, [outputs, inputs, 3, 3]),
      bias: weights.take(`${own}.bias`, [outputs]),
    }
  }
  const [wide, deep] = [GAIN * inputs, GAIN * outputs]
  const take = (name: string, ...shape: number[]) => weights.take(`${path}.${name}`, shape)
  const parts = {
    first: [take('conv.0.weight', wide, inputs, 1, 1), take('conv.0.bias', wide)],
    second: [take('conv.1.weight', deep, wide, 3, 3), take('conv.1.bias', deep)],
    third: [take('conv.2.weight', outputs, deep, 1, 1), take('conv.2.bias', outputs)],
    skip: [take('sk.weight', outputs, inputs, 1, 1), take('sk.bias', outputs)],
  } as const
  let folded: ReturnType<typeof fold> | undefined
  const made = (key: 'weight' | 'bias', shape: readonly number[]): StoredTensor => {
    const { file, type: origin } = parts.second[0]
    const row = elementCount(shape.slice(1))
    const bytes = (from = 0, to = shape[0]!) => {
      folded ??= fold(parts, inputs, outputs)
      return new Uint8Array(folded[key].slice(from * row, to * row).buffer)
    }
    return { name: `${path}.folded.${key}`, file, type: 'F32', origin, shape, bytes }
  }
  return { weight: made('weight', [outputs, inputs, 3, 3]), bias: made('bias', [outputs]) }
}

/** The code's gain1 of every convolution. */
const GAIN = 2

const KERNEL = 9
const MIDDLE = 4

type Pair = readonly [weight: StoredTensor, bias: StoredTensor]

function fold(
  parts: Readonly<Record<'first' | 'second' | 'third' | 'skip', Pair>>,
  inputs: number,
  outputs: number,
): { readonly weight: Float32Array; readonly bias: Float32Array } {
  const [w1, b1] = parts.first.map((tensor) => valuesOf(tensor)) as [Float32Array, Float32Array]
  const [w2, b2] = parts.second.map((tensor) => valuesOf(tensor)) as [Float32Array, Float32Array]
  const [w3, b3] = parts.third.map((tensor) => valuesOf(tensor)) as [Float32Array, Float32Array]
  const [skip, shift] = parts.skip.map((tensor) => valuesOf(tensor)) as [Float32Array, Float32Array]
  const [wide, deep] = [GAIN * inputs, GAIN * outputs]
  // Inner first: deep × inputs × 9, then outputs × inputs × 9.
  const inner = new Float64Array(deep * inputs * KERNEL)
  const offsets = Float64Array.from(b2)
  for (let d = 0; d < deep; d++)
    for (let w = 0; w < wide; w++)
      for (let k = 0; k < KERNEL; k++) {
        const value = w2[(d * wide + w) * KERNEL + k]!
        offsets[d]! += value * b1[w]!
        for (let i = 0; i < inputs; i++) inner[(d * inputs + i) * KERNEL + k]! += value * w1[w * inputs + i]!
      }
  const weight = new Float64Array(outputs * inputs * KERNEL)
  const bias = Float64Array.from(b3, (value, o) => value + shift[o]!)
  const row = inputs * KERNEL
  for (let o = 0; o < outputs; o++) {
    for (let d = 0; d < deep; d++) {
      const factor = w3[o * deep + d]!
      bias[o]! += factor * offsets[d]!
      for (let j = 0; j < row; j++) weight[o * row + j]! += factor * inner[d * row + j]!
    }
    for (let i = 0; i < inputs; i++) weight[o * row + i * KERNEL + MIDDLE]! += skip[o * inputs + i]!
  }
  return { weight: Float32Array.from(weight), bias: Float32Array.from(bias) }
}
