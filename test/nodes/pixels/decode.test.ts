import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { decodeImage, decodeImages } from '../../../nodes/pixels/decode.ts'
import type { Samples } from '../../../nodes/sdk/values.ts'
import { noiseFrame } from '../context.ts'
import { avifOfTwo, greyProfile, tiffOf, tiffOfPages, withProfile } from '../sdk/picture-files.ts'

const decode = (bytes: Uint8Array) => decodeImage(bytes, 'x', 1e6)
const decodeAll = (bytes: Uint8Array, maxPixels = 1e6) =>
  decodeImages(bytes, 'x', maxPixels, new AbortController().signal)

/** A PNG of one row, grey or RGB. */
function png(row: Uint8Array | Uint16Array, channels: 1 | 3): Promise<Buffer> {
  const deep = row instanceof Uint16Array
  const space = { 1: deep ? 'grey16' : 'b-w', 3: deep ? 'rgb16' : 'srgb' }[channels]
  const image = sharp(row, { raw: { width: row.length / channels, height: 1, channels } })
  return image.toColourspace(space).png().toBuffer()
}

/** What a grey of this gamma is in sRGB (IEC 61966-2-1). */
function toSrgb(level: number, gamma: number): number {
  const light = level ** gamma
  return light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055
}

const srgb = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
  .withIccProfile('srgb')
  .png()
  .toBuffer()
  .then((file) => sharp(file).metadata())
  .then(({ icc }) => icc!)

describe('a picture of 16 bits with a profile is the same colours in sRGB:', () => {
  test('colours', async () => {
    const row = Uint16Array.from({ length: 300 }, (_, i) => [60_000, 20_000, 5000][i % 3]!)
    const { frame } = await decode(withProfile(await png(row, 3), srgb))
    expect(frame.data).toBeInstanceOf(Uint16Array)
    frame.data.forEach((value, i) => {
      expect(Math.abs(value - row[i]!)).toBeLessThan(400)
    })
  })

  const levels = Array.from({ length: 256 }, (_, i) => i)

  test.each([1, 1.8, 2.6])('greys of gamma %f, as those of 8 bits are', async (gamma) => {
    const profile = greyProfile(gamma)
    const read = async (row: Uint8Array | Uint16Array): Promise<Samples> =>
      (await decode(withProfile(await png(row, 1), profile))).frame.data
    const deep = await read(Uint16Array.from(levels, (level) => level * 257))
    const shallow = await read(Uint8Array.from(levels))
    expect(deep).toBeInstanceOf(Uint16Array)
    expect(deep).toHaveLength(3 * levels.length)
    deep.forEach((value, i) => {
      const level = Math.floor(i / 3) / 255
      expect(Math.abs(value / 257 - shallow[i]!)).toBeLessThan(1.5)
      if (level > 0.1) expect(Math.abs(value / 65535 - toSrgb(level, gamma))).toBeLessThan(0.002)
    })
    // More than the steps of 8 bits.
    expect(new Set(await read(Uint16Array.from(levels, (level) => 30_000 + level))).size).toBeGreaterThan(100)
  })

  test('greys with a profile that is not one of greys, which says nothing', async () => {
    const row = Uint16Array.from(levels, (level) => level * 257)
    const { data } = (await decode(withProfile(await png(row, 1), srgb))).frame
    expect(data).toEqual(Uint16Array.from({ length: 3 * row.length }, (_, i) => row[Math.floor(i / 3)]!))
  })
})

test('CMYK has the 8 bits that it is converted with, however many are stored', async () => {
  const inks = Uint16Array.of(0, 0, 0, 0, 65535, 0, 0, 0, 20_046, 30_069, 40_092, 5140)
  const stored = (bits: 8 | 16) => {
    const samples = bits === 16 ? new Uint8Array(inks.buffer) : Uint8Array.from(inks, (ink) => ink / 257)
    return tiffOf(3, 1, samples, [
      [258, Uint16Array.of(bits, bits, bits, bits)],
      [262, 5],
      [277, 4],
    ])
  }
  const { data } = (await decode(stored(16))).frame
  expect(data).toBeInstanceOf(Uint8Array)
  expect(data).toEqual((await decode(stored(8))).frame.data)
})

test('an AVIF of several pictures is its primary one', async () => {
  const flat = (background: string) =>
    sharp({ create: { width: 64, height: 48, channels: 3, background } })
      .avif({ effort: 0, lossless: true })
      .toBuffer()
  const both = avifOfTwo([await flat('red'), await flat('lime')])
  expect(await sharp(both).metadata()).toMatchObject({ pages: 2, pagePrimary: 1 })
  const { images } = await decodeAll(both)
  expect(images).toHaveLength(1)
  const [red, green, blue] = images[0]!.frame.data
  expect([red! < 10, green! > 245, blue! < 10]).toEqual([true, true, true])
})

describe('of a damaged file', () => {
  const { width, height, data } = noiseFrame(200, 150)
  const picture = () => sharp(data, { raw: { width, height, channels: 3 } })
  const half = (file: Uint8Array) => file.subarray(0, file.length / 2)
  /** The field of a tag in the first directory of a TIFF, little endian. */
  const fieldOf = (file: Buffer, tag: number) => {
    const directory = file.readUInt32LE(4)
    const fields = Array.from({ length: file.readUInt16LE(directory) }, (_, i) => directory + 2 + 12 * i)
    return fields.find((at) => file.readUInt16LE(at) === tag)!
  }
  const compressed = (file: Buffer, compression: number) => {
    const copy = Buffer.from(file)
    copy.writeUInt16LE(compression, fieldOf(copy, 259) + 8)
    return copy
  }
  const scrambled = (file: Buffer) => {
    const copy = Buffer.from(file)
    copy.fill(0x5a, copy.length / 2, copy.length / 2 + 64)
    return copy
  }

  test.each([false, true])('the two last bytes of a JPEG are not missed (progressive: %s)', async (progressive) => {
    const jpeg = await picture().jpeg({ progressive }).toBuffer()
    const whole = await decode(jpeg)
    expect(whole.notes).toEqual([])
    expect(await decode(jpeg.subarray(0, -2))).toEqual(whole)
    expect(await decode(jpeg.subarray(0, -1))).toEqual(whole)
  })

  test.each([1, 6, 8])(
    'what is there of a JPEG that was cut is read, and told of (orientation %i)',
    async (orientation) => {
      const jpeg = await picture().withMetadata({ orientation }).jpeg().toBuffer()
      const whole = await decode(jpeg)
      const cut = await decode(half(jpeg))
      expect(cut.frame).toMatchObject({ width: whole.frame.width, height: whole.frame.height })
      const same = cut.frame.data.filter((value, i) => value === whole.frame.data[i]).length / cut.frame.data.length
      expect(same).toBeGreaterThan(0.4)
      expect(same).toBeLessThan(0.6)
      const [, percent] = /^the file is damaged: its last (\d+) % could not be read$/.exec(cut.notes.join())!
      expect(Math.abs(100 - Number(percent) - 100 * same)).toBeLessThan(12)
    },
  )

  test('a JPEG that lacks bytes in between is told of as well', async () => {
    const jpeg = await picture().jpeg().toBuffer()
    const { notes } = await decode(Buffer.concat([half(jpeg), jpeg.subarray(-2)]))
    expect(notes).toEqual([expect.stringContaining('could not be read')])
  })

  describe('that is a JPEG with a white border below', () => {
    const bordered = async () => {
      const samples = Uint8Array.from(data).fill(255, 3 * width * 120)
      return sharp(samples, { raw: { width, height, channels: 3 } })
        .jpeg()
        .toBuffer()
    }
    const markerOf = (jpeg: Buffer, code: number) => jpeg.indexOf(Uint8Array.of(0xff, code))
    /** Says that the last coefficient of its scan is the first, as many scanners and telephones do. */
    const shortScan = (jpeg: Buffer) => {
      const copy = Buffer.from(jpeg)
      const scan = markerOf(jpeg, 0xda)
      copy[scan + 2 + jpeg.readUInt16BE(scan + 2) - 2] = 0
      return copy
    }
    const strayBytes = (jpeg: Buffer) => {
      const tables = markerOf(jpeg, 0xc4)
      return Buffer.concat([jpeg.subarray(0, tables), Uint8Array.of(1, 2, 3, 4), jpeg.subarray(tables)])
    }

    test.each([
      ['a scan of no coefficients', shortScan, 'Invalid SOS parameters'],
      ['stray bytes before a marker', strayBytes, '4 extraneous bytes'],
    ])('%s takes nothing from it and is no damage', async (_, odd, complaint) => {
      const jpeg = await bordered()
      await expect(sharp(odd(jpeg), { failOn: 'warning' }).stats()).rejects.toThrow(complaint)
      expect(await decode(odd(jpeg))).toEqual(await decode(jpeg))
    })

    test.each([
      ['cut', (jpeg: Buffer) => jpeg],
      ['odd and cut', shortScan],
    ])('the border is not taken for what is missing: %s', async (_, odd) => {
      const jpeg = await bordered()
      const whole = await decode(jpeg)
      const { frame, notes } = await decode(odd(jpeg).subarray(0, jpeg.length * 0.6))
      const first = frame.data.findIndex((value, i) => value !== whole.frame.data[i])
      const lost = 100 * (1 - first / frame.data.length)
      const [, percent] = /: its last (\d+) % could not be read$/.exec(notes.join())!
      // The row of blocks in which it ends is there in part.
      expect(lost - Number(percent)).toBeGreaterThanOrEqual(0)
      expect(lost - Number(percent)).toBeLessThan(12)
    })
  })

  test.each([
    ['PNG', () => picture().png({ compressionLevel: 0 }).toBuffer()],
    ['GIF', () => picture().gif().toBuffer()],
  ])('what is there of a %s that was cut is read, and told of', async (_name, file) => {
    const whole = await decode(await file())
    const { frame, notes } = await decode(half(await file()))
    expect(frame.data.subarray(0, 3000)).toEqual(whole.frame.data.subarray(0, 3000))
    expect(notes).toEqual([expect.stringMatching(/its last \d\d % could not be read$/)])
  })

  test('lines of a TIFF that are lost are told of', async () => {
    for (const compression of ['lzw', 'deflate'] as const) {
      const { notes } = await decode(scrambled(await picture().tiff({ compression }).toBuffer()))
      expect(notes).toEqual([expect.stringContaining('the file is damaged')])
    }
  })

  test('strips of a TIFF that lie beyond its end are told of', async () => {
    // libvips makes strips of 256 lines.
    const { data } = noiseFrame(20, 600)
    const tall = sharp(data, { raw: { width: 20, height: 600, channels: 3 } })
    const tiff = await tall.tiff({ compression: 'none' }).toBuffer()
    const offsets = fieldOf(tiff, 273)
    const [count, at] = [tiff.readUInt32LE(offsets + 4), tiff.readUInt32LE(offsets + 8)]
    for (let strip = Math.ceil(count / 2); strip < count; strip++) tiff.writeUInt32LE(1e7, at + 4 * strip)
    const { frame, notes } = await decode(tiff)
    expect(frame.data.subarray(0, 3000)).toEqual(data.subarray(0, 3000))
    expect(notes).toEqual([expect.stringMatching(/its last \d\d % could not be read$/)])
  })

  test.each([
    ['JPEG that ends before its first pixel', async () => (await picture().jpeg().toBuffer()).subarray(0, 300)],
    ['PNG that ends before its first pixel', async () => (await picture().png().toBuffer()).subarray(0, 60)],
    // ZSTD and LZMA, which libtiff is built without.
    ['TIFF of ZSTD', async () => compressed(await picture().tiff({ compression: 'lzw' }).toBuffer(), 50_000)],
    ['TIFF of LZMA', async () => compressed(await picture().tiff({ compression: 'lzw' }).toBuffer(), 34_925)],
  ])('nothing is made up: a %s is refused', async (_name, file) => {
    await expect(decode(await file())).rejects.toMatchObject({ code: 'image_unreadable' })
  })
})

test('of a file that is no picture it is said so, not in the words of a library', async () => {
  await expect(decode(Buffer.from('a letter'))).rejects.toThrow(
    /cannot be read: it is no picture, or of another format\.$/,
  )
})

describe('pages of a TIFF', () => {
  const fields = [
    [258, Uint16Array.of(8, 8, 8)],
    [262, 2],
    [277, 3],
  ] as const
  const page = (width: number, height: number, seed = 1) => ({
    width,
    height,
    pixels: noiseFrame(width, height, 3, seed).data as Uint8Array,
    fields,
  })

  test('of several sizes are all read', async () => {
    const sizes = [page(40, 30), page(30, 40, 2), page(38, 29, 3)]
    const { images, notes } = await decodeAll(tiffOfPages(sizes))
    expect(images).toMatchObject(sizes.map(({ width, height, pixels: data }) => ({ frame: { width, height, data } })))
    expect(notes).toEqual([])
    await expect(decodeAll(tiffOfPages(sizes), 3000)).rejects.toMatchObject({
      code: 'image_too_large',
      message: expect.stringContaining('3 pictures'),
    })
  })

  test.each([
    [0.95, ['picture 4: the file is damaged: its last \\d+ % could not be read']],
    [
      0.72,
      [
        'picture 3: the file is damaged: its last \\d+ % could not be read',
        'the file is damaged: what comes after picture 3 could not be found',
      ],
    ],
    [
      0.5,
      [
        'picture 2: the file is damaged: its last \\d+ % could not be read',
        'the file is damaged: what comes after picture 2 could not be found',
      ],
    ],
  ])(
    'are told of where the file ends after %d of its bytes, and only those that are damaged',
    async (part, expected) => {
      const pages = [1, 2, 3, 4].map((seed) => page(100, 100, seed))
      const file = tiffOfPages(pages)
      const { images, notes } = await decodeAll(file.subarray(0, file.length * part))
      images.slice(0, -1).forEach(({ frame }, i) => {
        expect(frame.data).toEqual(pages[i]!.pixels)
      })
      expect(notes).toEqual(expected.map((one) => expect.stringMatching(new RegExp(`^${one}$`))))
    },
  )

  test('are whole where only the next one is lost', async () => {
    const strip = Buffer.concat([1, 2, 3].map((seed) => page(50, 40, seed).pixels))
    // libvips writes directories behind pixels.
    const file = await sharp(strip, { raw: { width: 50, height: 120, channels: 3, pageHeight: 40 } })
      .tiff({ compression: 'none' })
      .toBuffer()
    const cut = file.subarray(0, file.length - 100)
    expect((await decodeAll(cut)).notes).toEqual(['the file is damaged: what comes after picture 2 could not be found'])
    expect((await decode(cut)).notes).toEqual([])
  })

  test('that are previews of the first are left out, and told of', async () => {
    const { images, notes } = await decodeAll(
      tiffOfPages([page(41, 30), page(20, 15), page(11, 8), page(8, 8), page(20, 28)]),
    )
    expect(images.map(({ frame }) => [frame.width, frame.height])).toEqual([
      [41, 30],
      [20, 28],
    ])
    expect(notes).toEqual(['3 of 5 pictures are previews, left out'])
  })
})
