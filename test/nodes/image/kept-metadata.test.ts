import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { saveImageAs } from '../../../nodes/image/save-image-as.ts'
import { exifOfResult } from '../../../nodes/pixels/exif.ts'
import { pngChunk } from '../../../nodes/pixels/png.ts'
import { addPngChunks } from '../../../nodes/pixels/png-text.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { readGraphTexts } from '../../../server/graph/picture-text.ts'
import { noiseFrame, testContext } from '../context.ts'
import { exifOf, jpegWith, readExif } from '../exif-files.ts'
import { batch } from '../frames.ts'

type Settings = Parameters<typeof saveImageAs.run>[1]

const FORMATS = ['png', 'jpg', 'webp', 'avif', 'tiff'] as const
const WITH_EXIF = ['png', 'jpg', 'webp', 'avif'] as const

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#804020' } })

const XMP = (description: string) =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${description}</rdf:RDF></x:xmpmeta>`

const GRAPH = { prompt: { 1: { class_type: 'Test', inputs: {} } }, extraPnginfo: { workflow: { nodes: ['ours'] } } }

/** Saves a picture of 12 × 16 pixels, or others, that was made from a file. */
async function saved(source: Uint8Array, some: Partial<Settings>, frames: readonly Frame[] = [noiseFrame(12, 16)]) {
  const said: string[] = []
  const context = {
    ...testContext({ source }),
    metadata: GRAPH,
    origin: () => 'source',
    warn: (text: string) => said.push(text),
  }
  await saveImageAs.run({ images: { frames } }, saveImageAs.parameters.parse(some), context)
  const files = [...context.written.values()].map((bytes) => Buffer.from(bytes))
  return { files, file: files[0]!, said, facts: await sharp(files[0]).metadata() }
}

const resultOf = async (source: Uint8Array) => (await saved(source, { format: 'png', save_graph: false })).file

const MAKE = 0x010f
const MODEL = 0x0110
const ORIENTATION = 0x0112
const ARTIST = 0x013b
const COPYRIGHT = 0x8298
const EXIF = 0x8769
const GPS = 0x8825
const TAKEN = 0x9003
const MAKER_NOTE = 0x927c
const [WIDTH, HEIGHT] = [0xa002, 0xa003]

const PREVIEW = Buffer.concat([Buffer.of(0xff, 0xd8), Buffer.from('a small picture of what was there before')])
const NOTE = Buffer.from('lens and shutter count')

/** What a camera says of a photograph of 8 × 6 pixels that was taken on its side, in Berlin. */
const CAMERA = {
  [MAKE]: 'Kamerawerk',
  [MODEL]: 'KW 1',
  [ORIENTATION]: 6,
  [ARTIST]: 'Somebody',
  [COPYRIGHT]: '(c) Somebody',
  [EXIF]: { [TAKEN]: '1999:01:02 03:04:05', [MAKER_NOTE]: NOTE, [WIDTH]: 8, [HEIGHT]: 6 },
  [GPS]: { 1: 'N', 2: [52, 31, 12], 3: 'E', 4: [13, 24, 18] },
}

const PLACE_XMP =
  '<rdf:Description rdf:about="uuid:1" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:dc="http://purl.org/dc/elements/1.1/" tiff:Orientation="6" exif:GPSLatitude="52,31.2N" photoshop:City=\'Berlin\' photoshop:Credit="Somebody &gt; Co">' +
  '<Iptc4xmpExt:LocationCreated><rdf:Bag><rdf:li rdf:parseType="Resource"><Iptc4xmpExt:City>Berlin</Iptc4xmpExt:City></rdf:li></rdf:Bag></Iptc4xmpExt:LocationCreated>' +
  '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">all of them</rdf:li></rdf:Alt></dc:rights></rdf:Description>'

const photograph = async (order: 'II' | 'MM' = 'II') =>
  jpegWith(await picture(8, 6).withIccProfile('srgb').jpeg().toBuffer(), exifOf(CAMERA, order, PREVIEW), XMP(PLACE_XMP))

describe('what a photograph says of itself', () => {
  test.each(WITH_EXIF.flatMap((format) => [[format, 'II'] as const, [format, 'MM'] as const]))(
    'its result says too, as %s, but upright and of its own size, from %s',
    async (format, order) => {
      const { file, facts, said } = await saved(await photograph(order), { format })
      const { said: tags, hasPreview } = readExif(facts.exif!)
      expect(tags).toMatchObject({
        [MAKE]: 'Kamerawerk',
        [MODEL]: 'KW 1',
        [ORIENTATION]: 1,
        [COPYRIGHT]: '(c) Somebody',
        [EXIF]: { [TAKEN]: '1999:01:02 03:04:05', [WIDTH]: 12, [HEIGHT]: 16 },
        [GPS]: { 2: [52, 31, 12] },
      })
      expect(hasPreview || file.includes('a small picture')).toBe(false)
      expect(Buffer.from(facts.exif!).includes(NOTE)).toBe(true)
      expect([facts.width, facts.height, facts.orientation ?? 1]).toEqual([12, 16, 1])
      expect(facts.xmp!.toString()).toMatch(/tiff:Orientation="1".*Berlin.*all of them/s)
      expect(readGraphTexts(file)).toEqual([JSON.stringify({ nodes: ['ours'] }), JSON.stringify(GRAPH.prompt)])
      expect(said).toEqual([])
    },
  )

  test('its result says as TIFF, but for Exif', async () => {
    const { file, facts } = await saved(await photograph(), { format: 'tiff' })
    expect(facts.xmp!.toString()).toMatch(/tiff:Orientation="1".*Berlin.*all of them/s)
    expect(readGraphTexts(file)).toHaveLength(2)
  })

  test.each(FORMATS)('of where it was taken its result says nothing as %s, if that is wanted', async (format) => {
    const { file, facts } = await saved(await photograph(), { format, metadata: 'all but place' })
    for (const word of ['Berlin', '52,31', 'GPS']) expect(file.includes(word)).toBe(false)
    const xmp = facts.xmp!.toString()
    expect(xmp).toMatch(/photoshop:Credit="Somebody &gt; Co".*all of them/s)
    expect(xmp).not.toMatch(/LocationCreated>|City/)
    if (format === 'tiff') return
    const { said } = readExif(facts.exif!)
    expect(said[GPS]).toBeUndefined()
    expect(said).toMatchObject({ [MODEL]: 'KW 1', [EXIF]: { [TAKEN]: '1999:01:02 03:04:05' } })
    // 52/1 31/1, wherever it would be, and what only the camera's maker can read.
    expect(facts.exif!.includes(Buffer.from('34000000010000001f00000001', 'hex'))).toBe(false)
    expect(facts.exif!.includes(NOTE)).toBe(false)
  })

  test.each(FORMATS)('its result says nothing of as %s, if that is wanted', async (format) => {
    const { file, facts } = await saved(await photograph(), { format, metadata: 'none', save_graph: false })
    expect([facts.exif, facts.xmp]).toEqual([undefined, undefined])
    expect(file.includes('Somebody')).toBe(false)
  })

  test('each picture of a batch says with the size that it has', async () => {
    const { files } = await saved(await photograph(), { format: 'jpg' }, [noiseFrame(12, 16), noiseFrame(5, 7)])
    const sizes = files.map(async (file) => {
      const inner = readExif((await sharp(file).metadata()).exif!).said[EXIF] as Record<number, unknown>
      return [inner[WIDTH], inner[HEIGHT]]
    })
    expect(await Promise.all(sizes)).toEqual([
      [12, 16],
      [5, 7],
    ])
  })

  test.each(['jpeg', 'png', 'webp', 'avif'] as const)('is read from a %s', async (format) => {
    const source = await picture(8, 6)
      .withExif({ IFD0: { Copyright: 'Somebody' }, IFD2: { DateTimeOriginal: '1999:01:02 03:04:05' } })
      .withXmp(XMP('<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'))
      .withMetadata({ density: 300, orientation: 6 })
      .toFormat(format)
      .toBuffer()
    const { exif, xmp, density, orientation, width } = await sharp(await resultOf(source)).metadata()
    expect(exif?.toString('latin1')).toMatch(/Somebody.*1999:01:02/s)
    expect(xmp?.toString()).toContain('tiff:Orientation="1"')
    expect([orientation, width]).toEqual([1, 12])
    if (format === 'jpeg' || format === 'png') expect(density).toBe(300)
  })

  test.each(FORMATS)('of its print is kept in a %s: dots per inch', async (format) => {
    const scan = addPngChunks(await picture(8, 6).png().toBuffer(), [
      pngChunk('pHYs', Buffer.from('00002e2300002e2301', 'hex')),
    ])
    const { facts } = await saved(scan, { format })
    if (format !== 'webp' && format !== 'avif') expect(facts.density).toBe(300)
    else expect(readExif(facts.exif!).said).toMatchObject({ 282: [expect.closeTo(300, 1)], 296: 2 })
  })

  test('leaves a result as it is where it is nothing, or cannot be read, or is gone', async () => {
    const frame = noiseFrame(12, 16)
    const settings = { format: 'png', save_graph: false } as const
    const none = (await saved(await picture(8, 6).jpeg().toBuffer(), { ...settings, metadata: 'none' }, [frame])).file
    for (const source of [await picture(8, 6).jpeg().toBuffer(), Buffer.from('no picture')])
      expect((await saved(source, settings, [frame])).file).toEqual(none)
    const gone = { ...testContext(), origin: () => 'gone' }
    await saveImageAs.run({ images: batch(frame) }, saveImageAs.parameters.parse(settings), gone)
    expect(Buffer.from([...gone.written.values()][0]!)).toEqual(none)
  })
})

describe('a graph that a source carries', () => {
  test.each(FORMATS)('does not pass for that of a %s that is made from it', async (format) => {
    const before = { ...GRAPH, extraPnginfo: { workflow: { nodes: ['before'] } } }
    for (const first of FORMATS) {
      const context = { ...testContext({ source: await photograph() }), metadata: before, origin: () => 'source' }
      const settings = saveImageAs.parameters.parse({ format: first })
      await saveImageAs.run({ images: batch(noiseFrame(8, 6)) }, settings, context)
      const source = [...context.written.values()][0]!
      const { file, facts } = await saved(source, { format })
      expect(readGraphTexts(file)[0]).toBe(JSON.stringify({ nodes: ['ours'] }))
      expect(file.includes('before')).toBe(false)
      expect(facts.xmp!.toString()).toContain('all of them')
      const bare = await saved(source, { format, save_graph: false })
      expect(readGraphTexts(bare.file)).toEqual([])
      expect(bare.facts.xmp!.toString()).not.toContain('urn:gendr-graph')
    }
  })

  test('is all that some sources say', async () => {
    const graph =
      '<rdf:Description rdf:about="" xmlns:graph="urn:gendr-graph:1"><graph:prompt>{}</graph:prompt></rdf:Description>'
    const source = await picture(8, 6).withXmp(XMP(graph)).jpeg().toBuffer()
    expect((await sharp(await resultOf(source)).metadata()).xmp).toBeUndefined()
    const comfy = exifOf({ [MAKE]: 'workflow:{"nodes":[]}', [MODEL]: 'prompt:{}' }, 'MM')
    const webp = jpegWith(await picture(8, 6).jpeg().toBuffer(), comfy)
    expect((await sharp(await resultOf(webp)).metadata()).exif).toBeUndefined()
  })

  test('grows no file from one result to the next', async () => {
    let source: Uint8Array = await photograph()
    const lengths: number[] = []
    for (let i = 0; i < 4; i++) {
      source = (await saved(source, { format: 'webp' })).file
      lengths.push(source.length)
    }
    expect(lengths[3]! - lengths[1]!).toBeLessThan(500)
  })
})

describe('what a JPEG cannot hold is left out, and said', () => {
  const large = (tag: string, length: number) =>
    `<rdf:Description rdf:about=""><dc:${tag}>${'x'.repeat(length)}</dc:${tag}></rdf:Description>`

  test('of XMP and the graph rather the XMP', async () => {
    const source = jpegWith(await picture(8, 6).jpeg().toBuffer(), undefined, XMP(large('rights', 65_100)))
    const { file, facts, said } = await saved(source, { format: 'jpg' })
    expect(readGraphTexts(file)).toHaveLength(2)
    expect(facts.xmp!.toString()).not.toContain('xxx')
    expect(said).toEqual(['the XMP of the photograph is too large for a JPEG and was left out'])
    const bare = await saved(source, { format: 'jpg', save_graph: false })
    expect([bare.said, bare.facts.xmp!.toString()]).toEqual([[], expect.stringContaining('xxx')])
  })

  test('and Exif that only a PNG has room for', async () => {
    const exif = exifOf({ [ARTIST]: 'x'.repeat(70_000) })
    const source = addPngChunks(await picture(8, 6).png().toBuffer(), [pngChunk('eXIf', exif)])
    const { facts, said } = await saved(source, { format: 'jpg' })
    expect(facts.exif).toBeUndefined()
    expect(said).toEqual(['the Exif of the photograph is too large for a JPEG and was left out'])
    expect((await saved(source, { format: 'webp' })).facts.exif!.length).toBeGreaterThan(70_000)
  })
})

/** A photograph that says of its colours what a camera says that is set to Adobe RGB. */
const inAdobeRgb = () =>
  picture(8, 6)
    .withExif({ IFD2: { ColorSpace: '65535' }, IFD4: { InteroperabilityIndex: 'R03' } } as object)
    .withXmp(
      XMP(
        '<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" exif:ColorSpace="65535" photoshop:ICCProfile="Adobe RGB (1998)"><photoshop:ColorMode>4</photoshop:ColorMode></rdf:Description>',
      ),
    )

/** Its colour space and its interoperability index, as Exif has them, and its XMP. */
async function coloursSaid(png: Uint8Array) {
  const { exif, xmp } = await sharp(png).metadata()
  const tiff = exif!.subarray(exif!.indexOf('Exif') === 0 ? 6 : 0)
  const at = tiff.indexOf(Buffer.of(0x01, 0xa0, 0x03, 0x00))
  return [tiff.readUInt16LE(at + 8), /R\d\d/.exec(tiff.toString('latin1'))?.[0], xmp!.toString()] as const
}

describe('what is said of colours', () => {
  test('that were brought to sRGB is that', async () => {
    const source = await inAdobeRgb().withIccProfile('p3').jpeg().toBuffer()
    const [space, index, xmp] = await coloursSaid(await resultOf(source))
    expect([space, index]).toEqual([1, 'R98'])
    expect(xmp).toContain('exif:ColorSpace="1"')
    expect(xmp).toContain('<photoshop:ColorMode>3<')
    expect(xmp).not.toContain('Adobe RGB')
  })

  test('without a profile is what was said', async () => {
    const [space, index, xmp] = await coloursSaid(await resultOf(await inAdobeRgb().jpeg().toBuffer()))
    expect([space, index]).toEqual([65535, 'R03'])
    expect(xmp).toContain('Adobe RGB')
  })
})

describe('a hostile file', () => {
  test.each([
    ['blanks', ' '],
    ['profiles without an end', ' photoshop:ICCProfile="'],
    ['elements without an end', '<photoshop:ICCProfile>'],
    ['places without an end', '<exif:GPSLatitude>'],
    ['tags without an end', '<exif:GPSLatitude a:b="'],
    ['descriptions without an end', '<rdf:Description rdf:about="" xmlns:graph="">'],
    ['colons', ' a:b:c='],
  ])('of many %s is no work', async (_, piece) => {
    const said = '<rdf:Description rdf:about="" photoshop:ICCProfile="Adobe RGB (1998)"/>'
    const xmp = XMP(said + piece.repeat(150_000 / piece.length))
    const source = await picture(8, 6).withXmp(xmp).withIccProfile('p3').png().toBuffer()
    const before = performance.now()
    const { file } = await saved(source, { format: 'png', metadata: 'all but place', save_graph: false })
    expect(performance.now() - before).toBeLessThan(3000)
    expect(file.includes('Adobe RGB')).toBe(false)
  })

  test('of places that lie on each other is no work, and keeps none of them', async () => {
    const exif = exifOf({ [GPS]: Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [i, [52]])) })
    for (let at = exif.indexOf(Buffer.from('0500', 'hex')); at >= 0 && at < 200_000; at += 12)
      exif.writeUInt32LE(30_000, at + 2)
    const source = addPngChunks(await picture(8, 6).png().toBuffer(), [pngChunk('eXIf', exif)])
    const before = performance.now()
    const { facts } = await saved(source, { format: 'png', metadata: 'all but place' })
    expect(performance.now() - before).toBeLessThan(3000)
    expect(facts.exif === undefined || !facts.exif.includes(Buffer.from('3400000001000000', 'hex'))).toBe(true)
  })

  const exif = exifOf(CAMERA, 'II', PREVIEW)
  const damage = fc.tuple(
    fc.array(fc.tuple(fc.nat(exif.length - 1), fc.nat(255)), { maxLength: 40 }),
    fc.nat(exif.length),
  )
  const damaged = ([changes, length]: readonly [readonly (readonly [number, number])[], number]) => {
    const bytes = Uint8Array.from(exif)
    for (const [at, byte] of changes) bytes[at] = byte
    return bytes.subarray(0, length)
  }

  test('of damaged Exif loses it or keeps it, never an error', () => {
    fc.assert(
      fc.property(damage, fc.boolean(), (changes, keepsPlace) => {
        const bytes = damaged(changes)
        const kept = exifOfResult(bytes, { width: 12, height: 16, isConverted: true, keepsPlace })
        expect(kept === undefined || kept.length <= bytes.length).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test('of damaged Exif is saved in every format', async () => {
    const png = await picture(8, 6).png().toBuffer()
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const source = addPngChunks(png, [pngChunk('eXIf', damaged(changes))])
        for (const format of FORMATS) {
          const { facts, file } = await saved(source, { format })
          expect([facts.width, facts.height, facts.orientation ?? 1]).toEqual([12, 16, 1])
          expect(readGraphTexts(file)).toHaveLength(2)
        }
      }),
      { numRuns: 60 },
    )
  })
})
