/** Half precision (IEEE 754 binary16) as bits in a Uint16Array; Node 20 has no Float16Array. */

/** The largest finite half. */
export const LARGEST_HALF = 65504

/** Exact: every half is a float32. */
export function halvesToFloats(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length)
  for (let index = 0; index < bits.length; index++) values[index] = VALUE_OF_HALF[bits[index]!]!
  return values
}

/** bfloat16, the upper half of a float32. Exact. */
export function bfloatsToFloats(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length)
  for (let index = 0; index < bits.length; index++) words[index] = bits[index]! << 16
  return new Float32Array(words.buffer)
}

/** Rounded to nearest, ties to even; magnitudes above `LARGEST_HALF` become infinity. */
export function floatsToHalves(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const halves = new Uint16Array(words.length)
  for (let index = 0; index < words.length; index++) halves[index] = halfOfWord(words[index]!)
  return halves
}

const VALUE_OF_HALF = Float32Array.from({ length: 1 << 16 }, (_, half) => {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
})

/** The bits of the half nearest to a float32 given by its bits. */
function halfOfWord(word: number): number {
  const sign = (word >>> 16) & 0x8000
  const exponent = ((word >>> 23) & 0xff) - 112
  const fraction = word & 0x7fffff
  if (exponent === 0xff - 112) return sign | 0x7c00 | (fraction ? 0x200 : 0)
  if (exponent >= 0x1f) return sign | 0x7c00
  if (exponent >= 1) return sign | roundShift((exponent << 23) | fraction, 13)
  return exponent < -10 ? sign : sign | roundShift(fraction | 0x800000, 14 - exponent)
}

/** `value / 2^shift` to the nearest integer, ties to even. A carry into the exponent is the right result. */
function roundShift(value: number, shift: number): number {
  const down = value >>> shift
  const rest = value & ((1 << shift) - 1)
  const half = 1 << (shift - 1)
  return rest > half || (rest === half && (down & 1) === 1) ? down + 1 : down
}
