import { crc32, deflateSync } from 'node:zlib'

/** A field of a TIFF: its tag, and one number or several, of more than four bytes. */
export type TiffField = readonly [tag: number, value: number | Uint16Array]

/** A TIFF of one strip, little endian, without compression (TIFF 6.0, section 2). */
export function tiffOf(width: number, height: number, pixels: Uint8Array, fields: readonly TiffField[]): Buffer {
  return tiffOfPages([{ width, height, pixels, fields }])
}

/** The same of several pages. */
export function tiffOfPages(pages: readonly TiffPage[]): Buffer {
  const header = Buffer.from('II*\0\x08\0\0\0', 'latin1')
  return pages.reduce(
    (file, page, i) => Buffer.concat([file, directoryOf(page, file.length, i === pages.length - 1)]),
    header,
  )
}

export interface TiffPage {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
  readonly fields: readonly TiffField[]
}

/** A directory that begins at an offset of its file, what it does not hold itself, and the pixels behind it. */
function directoryOf({ width, height, pixels, fields }: TiffPage, begin: number, isLast: boolean): Buffer {
  const long = fields.filter(([, value]) => typeof value !== 'number')
  const count = fields.length + 6
  const valuesBegin = begin + 2 + 12 * count + 4
  const pixelsBegin = valuesBegin + long.reduce((sum, [, value]) => sum + (value as Uint16Array).byteLength, 0)
  const all: readonly TiffField[] = [
    [256, width],
    [257, height],
    [259, 1],
    [273, pixelsBegin],
    [278, height],
    [279, pixels.length],
    ...fields,
  ]
  const end = pixelsBegin + pixels.length + (pixels.length % 2)
  const block = Buffer.alloc(end - begin)
  block.writeUInt16LE(count)
  block.writeUInt32LE(isLast ? 0 : end, 2 + 12 * count)
  let free = valuesBegin
  all
    .toSorted(([a], [b]) => a - b)
    .forEach(([tag, value], i) => {
      const at = 2 + 12 * i
      const isNumber = typeof value === 'number'
      block.writeUInt16LE(tag, at)
      block.writeUInt16LE(isNumber ? LONG : SHORT, at + 2)
      block.writeUInt32LE(isNumber ? 1 : value.length, at + 4)
      block.writeUInt32LE(isNumber ? value : free, at + 8)
      if (isNumber) return
      block.set(new Uint8Array(value.buffer), free - begin)
      free += value.byteLength
    })
  block.set(pixels, pixelsBegin - begin)
  return block
}

const SHORT = 3
const LONG = 4

/** The PNG with a profile behind its header (PNG, section 11.3.2.3). */
export function withProfile(png: Uint8Array, profile: Uint8Array): Buffer {
  const chunk = Buffer.concat([Buffer.from('iCCPprofile\0\0', 'latin1'), deflateSync(profile)])
  const header = 33
  return Buffer.concat([
    png.subarray(0, header),
    uint32(chunk.length - 4),
    chunk,
    uint32(crc32(chunk)),
    png.subarray(header),
  ])
}

/** An ICC profile of greys that are light to the power of 1 / gamma (ICC.1:2001-04, section 6.3.1.1). */
export function greyProfile(gamma: number): Buffer {
  const text = (value: string) => Buffer.from(value, 'latin1')
  const white = Buffer.concat([0.9642, 1, 0.8249].map((value) => uint32(Math.round(value * 65536))))
  const tags = [
    ['desc', Buffer.concat([text('desc'), uint32(0), uint32(5), text('grey\0'), Buffer.alloc(81)])],
    ['cprt', Buffer.concat([text('text'), uint32(0), text('none\0\0\0\0')])],
    ['wtpt', Buffer.concat([text('XYZ '), uint32(0), white])],
    ['kTRC', Buffer.concat([text('curv'), uint32(0), uint32(1), uint32(Math.round(gamma * 256) * 65536)])],
  ] as const
  let end = 128 + 4 + 12 * tags.length
  const table = tags.map(([name, { length }]) => {
    const entry = Buffer.concat([text(name), uint32(end), uint32(length)])
    end += length
    return entry
  })
  const header = Buffer.alloc(128)
  header.writeUInt32BE(end)
  header.writeUInt32BE(0x0240_0000, 8)
  header.write('mntrGRAYXYZ ', 12, 'latin1')
  header.write('acsp', 36, 'latin1')
  header.set(white, 68)
  return Buffer.concat([header, uint32(tags.length), ...table, ...tags.map(([, data]) => data)])
}

/**
 * An AVIF of two pictures of one size, of which the second is the primary one (ISO/IEC 23008-12, section 6.4.2).
 * @param files AVIFs of one opaque picture each
 */
export function avifOfTwo(files: readonly [Buffer, Buffer]): Buffer {
  const [first] = files
  const inner = insideOf(first, 'meta').subarray(4)
  const bytes = files.map((file) => insideOf(file, 'mdat'))
  const items = [1, 2].map((id) =>
    box('infe', Buffer.from([2, 0, 0, 0]), uint16(id), uint16(0), Buffer.from('av01\0', 'latin1')),
  )
  const uses = [1, 2].map((id) => Buffer.concat([uint16(id), Buffer.from([3, 0x81, 2, 3])]))
  const type = box('ftyp', insideOf(first, 'ftyp'))
  const meta = (begin: number): Buffer => {
    const places = bytes.map(({ length }, i) => {
      const at = begin + (i === 0 ? 0 : bytes[0]!.length)
      return Buffer.concat([uint16(i + 1), uint16(0), uint16(1), uint32(at), uint32(length)])
    })
    return box(
      'meta',
      uint32(0),
      box('hdlr', insideOf(inner, 'hdlr')),
      box('pitm', uint32(0), uint16(2)),
      box('iloc', uint32(0), Buffer.from([0x44, 0]), uint16(2), ...places),
      box('iinf', uint32(0), uint16(2), ...items),
      box('iprp', box('ipco', insideOf(insideOf(inner, 'iprp'), 'ipco')), box('ipma', uint32(0), uint32(2), ...uses)),
    )
  }
  return Buffer.concat([type, meta(type.length + meta(0).length + 8), box('mdat', ...bytes)])
}

function box(type: string, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([uint32(8 + content.length), Buffer.from(type, 'latin1'), content])
}

/** What the first box of a type holds. */
function insideOf(file: Buffer, type: string): Buffer {
  for (let at = 0; at < file.length; at += file.readUInt32BE(at)) {
    if (file.toString('latin1', at + 4, at + 8) === type) return file.subarray(at + 8, at + file.readUInt32BE(at))
  }
  throw new Error(`no ${type}`)
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}
