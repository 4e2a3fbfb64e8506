/**
 * Standard normal numbers as torch.randn makes them on the CPU from a seed, so that noise is ComfyUI's: MT19937 (Matsumoto
 * and Nishimura 1998) and Box–Muller, in blocks of 16 (ATen/native/cpu/DistributionTemplates.h, normal_fill).
 */
export function normalNoise(seed: number, length: number): Float32Array {
  const random = new MersenneTwister(seed)
  const noise = new Float32Array(length)
  if (length < BLOCK) {
    fillFew(noise, random)
    return noise
  }
  for (let i = 0; i < length; i++) noise[i] = unit(random)
  for (let start = 0; start + BLOCK <= length; start += BLOCK) toNormal(noise.subarray(start, start + BLOCK))
  if (length % BLOCK !== 0) {
    // The last block is drawn anew, over what is there already.
    const last = noise.subarray(length - BLOCK)
    for (let i = 0; i < BLOCK; i++) last[i] = unit(random)
    toNormal(last)
  }
  return noise
}

const BLOCK = 16

/** The first half are radii, the second half angles. */
function toNormal(block: Float32Array): void {
  for (let i = 0; i < BLOCK / 2; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - block[i]!))
    const angle = 2 * Math.PI * block[i + BLOCK / 2]!
    block[i] = radius * Math.cos(angle)
    block[i + BLOCK / 2] = radius * Math.sin(angle)
  }
}

/** Less than a block is made pair by pair, in doubles. */
function fillFew(noise: Float32Array, random: MersenneTwister): void {
  for (let i = 0; i < noise.length; i += 2) {
    const angle = 2 * Math.PI * unit53(random)
    const radius = Math.sqrt(-2 * Math.log1p(-unit53(random)))
    noise[i] = radius * Math.cos(angle)
    if (i + 1 < noise.length) noise[i + 1] = radius * Math.sin(angle)
  }
}

/** 24 bits in [0, 1). */
function unit(random: MersenneTwister): number {
  return (random.next() & 0xffffff) / 2 ** 24
}

/** 53 bits in [0, 1). */
function unit53(random: MersenneTwister): number {
  const high = random.next() & 0x1fffff
  return (high * 2 ** 32 + random.next()) / 2 ** 53
}

const SIZE = 624
const SHIFT = 397

class MersenneTwister {
  readonly #state = new Uint32Array(SIZE)
  #index = SIZE

  /** Only the low 32 bits of the seed count. */
  constructor(seed: number) {
    const state = this.#state
    state[0] = seed % 2 ** 32
    for (let i = 1; i < SIZE; i++) {
      const before = state[i - 1]!
      state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i
    }
  }

  /** The next 32 bits. */
  next(): number {
    if (this.#index === SIZE) this.#twist()
    let bits = this.#state[this.#index++]!
    bits ^= bits >>> 11
    bits ^= (bits << 7) & 0x9d2c5680
    bits ^= (bits << 15) & 0xefc60000
    return (bits ^ (bits >>> 18)) >>> 0
  }

  #twist(): void {
    const state = this.#state
    for (let i = 0; i < SIZE; i++) {
      const mixed = (state[i]! & 0x80000000) | (state[(i + 1) % SIZE]! & 0x7fffffff)
      state[i] = state[(i + SHIFT) % SIZE]! ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0)
    }
    this.#index = 0
  }
}
