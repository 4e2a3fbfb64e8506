import type { Span } from '../sdk/values.ts'

/**
 * Blending weights of the spans of one axis; `weights[i][k]` belongs to sample `spans[i].start + k`. At every sample the
 * weights of the spans that cover it sum to 1, so the product of two axes does as well and merging needs no divisor.
 * A raised cosine rises over each overlap (0.5 − 0.5·cos), then each sample is normalised, which also holds where three
 * spans meet.
 */
export function tileWeights(spans: readonly Span[]): readonly Float32Array[] {
  const raw = spans.map((span, i) => {
    const before = i === 0 ? 0 : spans[i - 1]!.end - span.start
    const after = i === spans.length - 1 ? 0 : span.end - spans[i + 1]!.start
    const size = span.end - span.start
    return Float64Array.from({ length: size }, (_, k) => rise(k, before) * rise(size - 1 - k, after))
  })
  const length = spans.at(-1)?.end ?? 0
  const sums = new Float64Array(length)
  spans.forEach((span, i) => {
    raw[i]!.forEach((weight, k) => {
      sums[span.start + k]! += weight
    })
  })
  return spans.map((span, i) => Float32Array.from(raw[i]!, (weight, k) => weight / sums[span.start + k]!))
}

/** The weight `distance` samples inside an edge whose ramp is `ramp` samples long; never zero. */
function rise(distance: number, ramp: number): number {
  return distance >= ramp ? 1 : 0.5 - 0.5 * Math.cos((Math.PI * (distance + 0.5)) / ramp)
}
