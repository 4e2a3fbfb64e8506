import fc from 'fast-check'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { exifOfResult } from '../../../server/cli/exif.ts'
import { keepMetadata } from '../../../server/cli/keep-metadata.ts'

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#804020' } })

const XMP = (description: string) =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${description}</rdf:RDF></x:xmpmeta>`

/** A photograph of 8 × 6 pixels that was taken with the camera on its side. */
const photograph = () =>
  picture(8, 6)
    .withExif({ IFD0: { Copyright: 'Somebody' }, IFD2: { DateTimeOriginal: '1999:01:02 03:04:05' } })
    .withXmp(XMP('<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'))
    .withMetadata({ density: 300, orientation: 6 })

const result = () => picture(12, 16).png().toBuffer()

test.each(['jpeg', 'png', 'webp'] as const)(
  'what a %s says of itself, its result says too, but upright',
  async (format) => {
    const source = await photograph().toFormat(format).toBuffer()
    const { exif, xmp, density, orientation, width } = await sharp(
      await keepMetadata(await result(), source),
    ).metadata()
    expect(exif?.toString('latin1')).toMatch(/Somebody.*1999:01:02/s)
    expect(xmp?.toString()).toContain('tiff:Orientation="1"')
    expect([orientation, width]).toEqual([1, 12])
    if (format !== 'webp') expect(density).toBe(300)
  },
)

test('a picture that says nothing leaves its result as it is', async () => {
  const png = await result()
  expect(Buffer.from(await keepMetadata(png, await picture(8, 6).jpeg().toBuffer()))).toEqual(png)
  expect(Buffer.from(await keepMetadata(png, Buffer.from('no picture')))).toEqual(png)
})

test('the graph that made the source does not pass for that of the result', async () => {
  const graph =
    '<rdf:Description rdf:about="" xmlns:graph="urn:gendr-graph:1"><graph:prompt>{}</graph:prompt></rdf:Description>'
  const source = await picture(8, 6).withXmp(XMP(graph)).jpeg().toBuffer()
  expect((await sharp(await keepMetadata(await result(), source)).metadata()).xmp).toBeUndefined()
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

test('colours that were brought to sRGB are said to be that', async () => {
  const source = await inAdobeRgb().withIccProfile('p3').jpeg().toBuffer()
  const [space, index, xmp] = await coloursSaid(await keepMetadata(await result(), source))
  expect([space, index]).toEqual([1, 'R98'])
  expect(xmp).toContain('exif:ColorSpace="1"')
  expect(xmp).toContain('<photoshop:ColorMode>3<')
  expect(xmp).not.toContain('Adobe RGB')
})

test.each([
  ['blanks', ' '],
  ['profiles without an end', ' photoshop:ICCProfile="'],
  ['elements without an end', '<photoshop:ICCProfile>'],
])('many %s are no work', async (_, piece) => {
  const said = '<rdf:Description rdf:about="" photoshop:ICCProfile="Adobe RGB (1998)"/>'
  const xmp = XMP(said + piece.repeat(150_000 / piece.length))
  const source = await picture(8, 6).withXmp(xmp).withIccProfile('p3').png().toBuffer()
  const before = performance.now()
  const kept = await keepMetadata(await result(), source)
  expect(performance.now() - before).toBeLessThan(3000)
  expect(Buffer.from(kept).includes('Adobe RGB')).toBe(false)
})

test('colours without a profile are what they were said to be', async () => {
  const [space, index, xmp] = await coloursSaid(
    await keepMetadata(await result(), await inAdobeRgb().jpeg().toBuffer()),
  )
  expect([space, index]).toEqual([65535, 'R03'])
  expect(xmp).toContain('Adobe RGB')
})

test('damaged Exif is left out or kept, never an error', async () => {
  const { exif } = await sharp(await photograph().jpeg().toBuffer()).metadata()
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(exif!.length - 1), fc.nat(255))), fc.nat(exif!.length), (changes, length) => {
      const damaged = Uint8Array.from(exif!)
      for (const [at, byte] of changes) damaged[at] = byte
      const kept = exifOfResult(damaged.subarray(0, length), { width: 12, height: 16, isConverted: true })
      expect(kept === undefined || kept.length <= length).toBe(true)
    }),
  )
})
