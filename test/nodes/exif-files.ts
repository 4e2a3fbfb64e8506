/** An entry of Exif: text, a whole number (SHORT), fractions of 1 (RATIONAL), bytes (UNDEFINED), or a folder (LONG). */
export type Value = string | number | readonly number[] | Uint8Array | Folder
export interface Folder {
  readonly [tag: number]: Value
}

export type Order = 'II' | 'MM'

/** Exif as a camera writes it (TIFF 6.0): folders, each followed by its values, and at the end a preview. */
export function exifOf(folder: Folder, order: Order = 'II', preview?: Uint8Array): Buffer {
  const parts: Buffer[] = []
  let length = 0
  const little = order === 'II'
  const append = (bytes: Uint8Array) => {
    const at = length
    const even = Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)])
    parts.push(even)
    length += even.length
    return at
  }
  const number = (value: number, size: 2 | 4) => {
    const bytes = Buffer.alloc(size)
    if (little) bytes.writeUIntLE(value, 0, size)
    else bytes.writeUIntBE(value, 0, size)
    return bytes
  }
  const fixed = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc(4 - bytes.length)])
  const entry = (tag: number, type: number, count: number, bytes: Uint8Array) =>
    Buffer.concat([
      number(tag, 2),
      number(type, 2),
      number(count, 4),
      bytes.length <= 4 ? fixed(bytes) : number(append(bytes), 4),
    ])
  const directory = (entries: Folder, more: readonly Buffer[] = []): number => {
    const made = Object.entries(entries).map(([key, value]) => {
      const tag = Number(key)
      if (typeof value === 'string') return entry(tag, 2, value.length + 1, Buffer.from(`${value}\0`, 'latin1'))
      if (typeof value === 'number') return entry(tag, 3, 1, number(value, 2))
      if (value instanceof Uint8Array) return entry(tag, 7, value.length, value)
      if (Array.isArray(value))
        return entry(tag, 5, value.length, Buffer.concat(value.flatMap((one) => [number(one, 4), number(1, 4)])))
      return entry(tag, 4, 1, number(directory(value as Folder), 4))
    })
    const all = [...made, ...more]
    return append(Buffer.concat([number(all.length, 2), ...all, number(0, 4)]))
  }
  append(Buffer.concat([Buffer.from(order), number(42, 2), number(0, 4)]))
  const first = directory(folder)
  if (preview !== undefined) {
    const at = length + 2 + 2 * 12 + 4
    const second = directory({}, [entry(0x0201, 4, 1, number(at, 4)), entry(0x0202, 4, 1, number(preview.length, 4))])
    append(preview)
    const whole = Buffer.concat(parts)
    const next = first + 2 + 12 * (little ? whole.readUInt16LE(first) : whole.readUInt16BE(first))
    number(first, 4).copy(whole, 4)
    number(second, 4).copy(whole, next)
    return whole
  }
  const whole = Buffer.concat(parts)
  number(first, 4).copy(whole, 4)
  return whole
}

const FOLDERS = [0x8769, 0x8825]

/** What Exif says, with or without `Exif\0\0` before it, as exifOf takes it; and whether a preview follows. */
export function readExif(exif: Uint8Array): { readonly said: Record<number, unknown>; readonly hasPreview: boolean } {
  const tiff = Buffer.from(exif).subarray(Buffer.from(exif).toString('latin1', 0, 6) === 'Exif\0\0' ? 6 : 0)
  const little = tiff.toString('latin1', 0, 2) === 'II'
  const u16 = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const u32 = (at: number) => (little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at))
  const sizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8]
  const folder = (at: number): Record<number, unknown> =>
    Object.fromEntries(
      Array.from({ length: u16(at) }, (_, i) => {
        const start = at + 2 + 12 * i
        const [tag, type, count] = [u16(start), u16(start + 2), u32(start + 4)]
        const size = sizes[type]! * count
        const place = size > 4 ? u32(start + 8) : start + 8
        if (FOLDERS.includes(tag)) return [tag, folder(u32(start + 8))]
        if (type === 2) return [tag, tiff.toString('latin1', place, place + count - 1)]
        if (type === 3) return [tag, u16(place)]
        if (type === 4) return [tag, u32(place)]
        if (type === 5)
          return [tag, Array.from({ length: count }, (_, j) => u32(place + 8 * j) / u32(place + 8 * j + 4))]
        return [tag, tiff.subarray(place, place + size)]
      }),
    )
  const first = u32(4)
  return { said: folder(first), hasPreview: u32(first + 2 + 12 * u16(first)) !== 0 }
}

/** Puts Exif, XMP or both into a JPEG that has none, as cameras do: behind the marker of the image. */
export function jpegWith(jpeg: Uint8Array, exif?: Uint8Array, xmp?: string): Buffer {
  const segment = (name: string, body: Uint8Array) => {
    const header = Buffer.alloc(4)
    header.writeUInt16BE(0xffe1)
    header.writeUInt16BE(2 + name.length + body.length, 2)
    return Buffer.concat([header, Buffer.from(name, 'latin1'), body])
  }
  return Buffer.concat([
    jpeg.subarray(0, 2),
    ...(exif === undefined ? [] : [segment('Exif\0\0', exif)]),
    ...(xmp === undefined ? [] : [segment('http://ns.adobe.com/xap/1.0/\0', Buffer.from(xmp))]),
    jpeg.subarray(2),
  ])
}
