import { crc32, inflateSync } from 'node:zlib'
import type { Frame } from '../sdk/values.ts'
import { unfilterRows } from './png-unfilter.ts'

/** Bytes of samples up to which a call of sharp costs more than decoding them. */
const SMALL = 1 << 16
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const HEADER_LENGTH = 13
/** Channels by colour type; palettes (type 3) are left out (PNG specification 3rd ed., table 9). */
const CHANNELS: readonly (Frame['channels'] | undefined)[] = [1, undefined, 3, undefined, 2, undefined, 4]
/** Chunks that say nothing about the colour or the orientation of the samples. */
const PLAIN: ReadonlySet<string> = new Set(['IHDR', 'IDAT', 'IEND', 'pHYs', 'tEXt', 'tIME'])

/**
 * The samples of a small PNG of 8 or 16 bits that is neither interlaced nor colour-managed.
 * @returns undefined for any other file, and for one that is damaged
 */
export function decodeSmallPng(file: Uint8Array): Frame | undefined {
  const chunks = readChunks(file)
  const header = chunks?.[0]
  if (chunks === undefined || header?.type !== 'IHDR' || header.data.length !== HEADER_LENGTH) return undefined
  const [width, height] = [header.data.readUInt32BE(0), header.data.readUInt32BE(4)]
  const [depth, colour, ...methods] = header.data.subarray(8)
  const channels = CHANNELS[colour!]
  if (channels === undefined || (depth !== 8 && depth !== 16) || methods.some((method) => method !== 0))
    return undefined
  const pixel = channels * (depth / 8)
  const stride = width * pixel
  if (width === 0 || height === 0 || stride * height > SMALL) return undefined

  const lines = inflate(
    chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data),
    (stride + 1) * height,
  )
  const bytes = lines && unfilterRows(lines, { stride, pixel })
  if (bytes === undefined) return undefined
  const data = depth === 8 ? bytes : new Uint16Array(Buffer.from(bytes.buffer).swap16().buffer)
  return { width, height, channels, data }
}

interface Chunk {
  readonly type: string
  readonly data: Buffer
}

/** All chunks of a file that is whole and has only plain ones. */
function readChunks(file: Uint8Array): readonly Chunk[] | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return undefined
  const chunks: Chunk[] = []
  for (let at = SIGNATURE.length; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at)
    const type = bytes.toString('latin1', at + 4, at + 8)
    if (!PLAIN.has(type) || end + 4 > bytes.length) return undefined
    if (crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) return undefined
    chunks.push({ type, data: bytes.subarray(at + 8, end) })
    if (type === 'IEND') return chunks
    at = end + 4
  }
  return undefined
}

function inflate(parts: readonly Buffer[], length: number): Buffer | undefined {
  try {
    const lines = inflateSync(Buffer.concat(parts), { maxOutputLength: length })
    return lines.length === length ? lines : undefined
  } catch {
    return undefined
  }
}
