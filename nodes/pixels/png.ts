import { constants, crc32, deflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib'
import type { Frame } from '../sdk/values.ts'
import { filterRows, PNG_FILTERS, type PngFilter } from './png-filter.ts'
import { depthOf } from './samples.ts'

/** How the lines of a PNG are filtered and then deflated. */
interface Packing {
  readonly filter: PngFilter
  readonly deflate: ZlibOptions
  /** Its size counts this much: what takes longer has to save something. */
  readonly handicap: number
}

const RUNS = { level: 1, strategy: constants.Z_RLE, memLevel: 9 } as const
const QUICK = { level: 1, memLevel: 8 } as const
const THOROUGH = { level: 3, memLevel: 9 } as const

/**
 * Photographs are best filtered, and then have no repetitions that would be worth a search; drawings and screenshots
 * are best left alone and searched.
 */
const PACKINGS: readonly Packing[] = [
  { filter: 'average', deflate: RUNS, handicap: 1 },
  { filter: 'up', deflate: QUICK, handicap: 1.03 },
  { filter: 'paeth', deflate: RUNS, handicap: 1.1 },
  { filter: 'up', deflate: THOROUGH, handicap: 1.1 },
  { filter: 'none', deflate: THOROUGH, handicap: 1.05 },
]

/** Bytes of a strip of lines: strips are packed side by side, and one is long enough to lose nothing by it. */
const STRIP = 1 << 20
/** Strips under way at the same time; Node's thread pool has four threads. */
const AT_ONCE = 6
/** Up to here another thread would cost more than it saves. */
const SMALL = 1 << 16
/** Where the search is not worth a comparison. */
const PLAIN: Packing = { filter: 'up', deflate: QUICK, handicap: 1 }

/** Lines at three places that a large picture is judged by. */
const SAMPLE = 8

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
/** Deflate with a window of 32 KiB and no dictionary, and the check bits of just this (RFC 1950, section 2.2). */
const ZLIB_HEADER = Uint8Array.of(0x78, 0x01)
/** Colour types by number of channels (PNG specification 3rd ed., table 9). */
const COLOUR_TYPES = [undefined, 0, 4, 2, 6] as const

/**
 * Integer samples as a PNG of 8 or 16 bits per channel. The lines are deflated in strips on several cores; each strip
 * ends on a byte boundary (Z_SYNC_FLUSH), so together they are one stream (RFC 1950, RFC 1951).
 * @param chunks whole chunks to go between header and pixels
 */
export async function encodePng(frame: Frame, chunks: readonly Uint8Array[] = []): Promise<Buffer> {
  const { width, height, channels } = frame
  const deep = depthOf(frame.data) === 'uint16'
  const stride = width * channels * (deep ? 2 : 1)
  const image: Rows = { frame, stride, pixel: stride / width }
  const packing = choosePacking(image)
  const linesPerStrip = Math.max(1, Math.floor(STRIP / stride))
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = deep ? 16 : 8
  header[9] = COLOUR_TYPES[channels]

  const strips: Promise<Uint8Array>[] = []
  const sum = new Adler()
  for (let from = 0; from < height; from += linesPerStrip) {
    const to = Math.min(height, from + linesPerStrip)
    const lines = filterRows(bytesOf(image, from - 1, to), image, packing.filter)
    sum.add(lines)
    if (strips.length >= AT_ONCE) await strips[strips.length - AT_ONCE]
    strips.push(deflateStrip(lines, packing, to === height))
  }
  const packed = await Promise.all(strips)
  packed[0] = Buffer.concat([ZLIB_HEADER, packed[0]!])
  packed.push(Buffer.concat([packed.pop()!, sum.bytes()]))
  const data = packed.map((strip) => pngChunk('IDAT', strip))
  return Buffer.concat([SIGNATURE, pngChunk('IHDR', header), ...chunks, ...data, pngChunk('IEND', new Uint8Array())])
}

/** A chunk: length, type, data and their check sum. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.allocUnsafe(data.length + 12)
  chunk.writeUInt32BE(data.length, 0)
  chunk.write(type, 4, 'latin1')
  chunk.set(data, 8)
  chunk.writeUInt32BE(crc32(chunk.subarray(4, data.length + 8)), data.length + 8)
  return chunk
}

interface Rows {
  readonly frame: Frame
  /** Bytes of a line. */
  readonly stride: number
  /** Bytes of a pixel. */
  readonly pixel: number
}

/** The lines from `from` (-1 is a line of zeros) to `to` as a PNG stores them: 16 bits with the high byte first. */
function bytesOf({ frame: { data, channels, width }, stride }: Rows, from: number, to: number): Uint8Array {
  const line = width * channels
  const samples = data.subarray(Math.max(0, from) * line, to * line)
  if (samples instanceof Uint8Array && from >= 0) return samples
  const bytes = Buffer.alloc((to - from) * stride)
  const lines = bytes.subarray(from < 0 ? stride : 0)
  if (samples instanceof Uint16Array) {
    lines.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
    lines.swap16()
  } else lines.set(samples)
  return bytes
}

/** The packing that makes some lines of the picture smallest. */
function choosePacking(image: Rows): Packing {
  const { height } = image.frame
  if (height * image.stride <= SMALL) return PLAIN
  const places =
    height <= 3 * SAMPLE
      ? [[0, height]]
      : [0.2, 0.5, 0.8].map((at) => [Math.floor(height * at), Math.floor(height * at) + SAMPLE])
  const filtered = Object.fromEntries(
    PNG_FILTERS.map((filter) => [
      filter,
      Buffer.concat(places.map(([from, to]) => filterRows(bytesOf(image, from! - 1, to!), image, filter))),
    ]),
  ) as Record<PngFilter, Buffer>
  const cost = ({ filter, deflate, handicap }: Packing) => deflateRawSync(filtered[filter], deflate).length * handicap
  return PACKINGS.map((packing) => ({ packing, cost: cost(packing) })).reduce((best, other) =>
    other.cost < best.cost ? other : best,
  ).packing
}

function deflateStrip(lines: Uint8Array, packing: Packing, isLast: boolean): Promise<Uint8Array> {
  const finishFlush = isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH
  const options = { ...packing.deflate, finishFlush, chunkSize: Math.max(1 << 14, lines.length >> 1) }
  if (lines.length <= SMALL) return Promise.resolve(deflateRawSync(lines, options))
  return new Promise((resolve, reject) => {
    deflateRaw(lines, options, (error, packed) => (error === null ? resolve(packed) : reject(error)))
  })
}

/** The check sum of a zlib stream (RFC 1950, section 8.2). */
class Adler {
  #a = 1
  #b = 0

  add(bytes: Uint8Array): void {
    let [a, b] = [this.#a, this.#b]
    for (let at = 0; at < bytes.length; ) {
      // The most bytes after which the sums still fit into 32 bits.
      const end = Math.min(bytes.length, at + 3800)
      for (; at < end; at++) {
        a += bytes[at]!
        b += a
      }
      a %= 65521
      b %= 65521
    }
    this.#a = a
    this.#b = b
  }

  bytes(): Uint8Array {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt16BE(this.#b, 0)
    bytes.writeUInt16BE(this.#a, 2)
    return bytes
  }
}
