import { Blocker } from '../../nodes/sdk/blocker.ts'

/** Samples can begin here whatever their type. */
const ALIGNMENT = 16
const ARRAYS = { Uint8Array, Uint8ClampedArray, Uint16Array, Int32Array, Float32Array, Float64Array } as const

type Samples = InstanceType<(typeof ARRAYS)[keyof typeof ARRAYS]>

/** A value as text, and the samples that it refers to; each follows the one before at a multiple of 16 bytes. */
export interface Packed {
  readonly text: string
  readonly parts: readonly Uint8Array[]
}

/** JSON, and for what JSON cannot say an object of a `kind`. */
type Plain = null | boolean | number | string | readonly Plain[] | Tagged
type Tagged =
  | { readonly kind: 'object'; readonly of: readonly (readonly [string, Plain])[] }
  | { readonly kind: 'samples'; readonly type: keyof typeof ARRAYS; readonly start: number; readonly bytes: number }
  | { readonly kind: 'blocker'; readonly message: string | null }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'undefined' }

/**
 * Packs data: numbers, text, lists, records, samples, blockers. Samples are not copied.
 * @returns undefined where the value holds anything else, such as the handle of an open model
 */
export function pack(value: unknown): Packed | undefined {
  const packer = new Packer()
  try {
    return { text: JSON.stringify(packer.plain(value)), parts: packer.parts }
  } catch (error) {
    if (error instanceof NoData) return undefined
    throw error
  }
}

/**
 * The value again; its samples are views of `bytes`.
 * @param bytes the parts, each at a multiple of 16
 * @throws Error where the text is not of `pack`, or refers to bytes that are not there
 */
export function unpack(text: string, bytes: Uint8Array): unknown {
  return unpackPlain(JSON.parse(text), bytes)
}

/** Where the part after one that ends there begins. */
export function aligned(end: number): number {
  return Math.ceil(end / ALIGNMENT) * ALIGNMENT
}

class NoData extends Error {}

class Packer {
  readonly parts: Uint8Array[] = []
  readonly #known = new Map<ArrayBufferLike, Map<string, Tagged>>()
  #end = 0

  plain(value: unknown): Plain {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0)
          ? value
          : { kind: 'number', text: Object.is(value, -0) ? '-0' : String(value) }
      case 'undefined':
        return { kind: 'undefined' }
      case 'object':
        return this.#object(value)
      default:
        throw new NoData()
    }
  }

  #object(value: object | null): Plain {
    if (value === null) return null
    if (Array.isArray(value)) return value.map((part) => this.plain(part))
    if (value instanceof Blocker) return { kind: 'blocker', message: value.message ?? null }
    if (ArrayBuffer.isView(value)) return this.#samples(value)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) throw new NoData()
    return { kind: 'object', of: Object.entries(value).map(([name, part]) => [name, this.plain(part)] as const) }
  }

  #samples(value: ArrayBufferView): Tagged {
    // A Buffer is bytes like any other.
    const type = value instanceof Uint8Array ? 'Uint8Array' : value.constructor.name
    if (!isArrayType(type)) throw new NoData()
    const place = `${type}:${value.byteOffset}:${value.byteLength}`
    const ofBuffer = this.#known.get(value.buffer) ?? new Map<string, Tagged>()
    this.#known.set(value.buffer, ofBuffer)
    const known = ofBuffer.get(place)
    if (known !== undefined) return known
    const start = aligned(this.#end)
    this.parts.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
    this.#end = start + value.byteLength
    const tagged = { kind: 'samples', type, start, bytes: value.byteLength } as const
    ofBuffer.set(place, tagged)
    return tagged
  }
}

function unpackPlain(plain: Plain, bytes: Uint8Array): unknown {
  if (typeof plain !== 'object' || plain === null) return plain
  if (!('kind' in plain)) return plain.map((part) => unpackPlain(part, bytes))
  switch (plain.kind) {
    case 'object':
      return Object.fromEntries(plain.of.map(([name, part]) => [name, unpackPlain(part, bytes)]))
    case 'samples':
      return samplesAt(plain, bytes)
    case 'blocker':
      return new Blocker(plain.message ?? undefined)
    case 'number':
      return Number(plain.text)
    case 'undefined':
      return undefined
    default:
      throw new Error('the text is of another version')
  }
}

function samplesAt({ type, start, bytes: length }: Extract<Tagged, { kind: 'samples' }>, bytes: Uint8Array): Samples {
  const Type = ARRAYS[type]
  return new Type(bytes.buffer as ArrayBuffer, bytes.byteOffset + start, length / Type.BYTES_PER_ELEMENT)
}

function isArrayType(name: string): name is keyof typeof ARRAYS {
  return Object.hasOwn(ARRAYS, name)
}
