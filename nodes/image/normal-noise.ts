/**
 * Standard normal numbers as torch.randn makes `length` of them on the CPU from a seed, so that noise is ComfyUI's: MT19937
 * (Matsumoto and Nishimura 1998) and Box–Muller, in blocks of 16 (ATen/native/cpu/DistributionTemplates.h, normal_fill).
 * They are made as they are taken.
 */
export class NormalNoise {
  readonly #blocks: Iterator<Float32Array, undefined>
  #rest: Float32Array = new Float32Array()

  constructor(seed: number, length: number) {
    this.#blocks = blocksOf(new MersenneTwister(seed), length)
  }

  /** The next ones; there are `length` in all. */
  take(count: number): Float32Array {
    const noise = new Float32Array(count)
    for (let at = 0; at < count; ) {
      if (this.#rest.length === 0) this.#rest = this.#blocks.next().value ?? noise.subarray(at)
      const piece = this.#rest.subarray(0, count - at)
      noise.set(piece, at)
      at += piece.length
      this.#rest = this.#rest.subarray(piece.length)
    }
    return noise
  }
}

const BLOCK = 16

function* blocksOf(random: MersenneTwister, length: number): Generator<Float32Array, undefined> {
  if (length < BLOCK) {
    yield few(random, length)
    return
  }
  // Where the length is no multiple, the last block is drawn anew after all the others, over what is there already.
  const end = length % BLOCK === 0 ? length : length - BLOCK
  let drawn = 0
  for (; drawn < end; drawn += BLOCK) yield normalBlock(random).subarray(0, end - drawn)
  if (end === length) return
  for (; drawn < length; drawn++) random.next()
  yield normalBlock(random)
}

function normalBlock(random: MersenneTwister): Float32Array {
  const block = new Float32Array(BLOCK)
  for (let i = 0; i < BLOCK; i++) block[i] = unit(random)
  toNormal(block)
  return block
}

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
function few(random: MersenneTwister, count: number): Float32Array {
  const noise = new Float32Array(count)
  for (let i = 0; i < count; i += 2) {
    const angle = 2 * Math.PI * unit53(random)
    const radius = Math.sqrt(-2 * Math.log1p(-unit53(random)))
    noise[i] = radius * Math.cos(angle)
    if (i + 1 < count) noise[i + 1] = radius * Math.sin(angle)
  }
  return noise
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
