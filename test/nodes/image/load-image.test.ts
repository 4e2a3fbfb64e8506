import sharp from 'sharp'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { loadImage } from '../../../nodes/image/load-image.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { noiseFrame, testContext } from '../context.ts'
import { tiffOf } from '../sdk/picture-files.ts'

afterEach(() => vi.restoreAllMocks())

const raw = ({ width, height, channels, data }: Frame) => sharp(data, { raw: { width, height, channels } })
const photo = await raw(noiseFrame(60, 40)).jpeg({ quality: 95 }).toBuffer()

async function load(bytes: Uint8Array, maxPixels?: number) {
  const { IMAGE, MASK } = await loadImage.run({}, { image: 'x.png' }, testContext({ 'x.png': bytes }, maxPixels))
  return { frame: IMAGE.frames[0]!, mask: MASK.frames[0]! }
}

/** One grey pixel of 0.5 as a float. */
const floats = tiffOf(1, 1, new Uint8Array(Float32Array.of(0.5).buffer), [
  [258, 32],
  [262, 1],
  [277, 1],
  [339, 3],
])

describe('LoadImage', () => {
  test('gives the very pixels of a PNG, and an empty mask', async () => {
    const source = noiseFrame(37, 23)
    const { frame, mask } = await load(await raw(source).png().toBuffer())
    expect(frame).toEqual(source)
    expect(mask).toMatchObject({ width: 64, height: 64 })
    expect(mask.data.every((value) => value === 0)).toBe(true)
  })

  test('transparency becomes the mask: 1 − alpha', async () => {
    const source = noiseFrame(9, 9, 4)
    const { frame, mask } = await load(await raw(source).png().toBuffer())
    expect(frame.channels).toBe(3)
    mask.data.forEach((value, i) => {
      expect(value).toBeCloseTo(1 - source.data[i * 4 + 3]! / 255, 6)
    })
  })

  test('16-bit pictures keep their 16 bits', async () => {
    const data = Uint16Array.from({ length: 300 }, (_, i) => i * 200 + 7)
    const deep = await sharp(data, { raw: { width: 10, height: 10, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer()
    const { frame } = await load(deep)
    expect(frame.data).toEqual(data)
  })

  test('the frames of a GIF are a batch, the previews in a TIFF are not in it', async () => {
    const [first, second] = [noiseFrame(60, 40, 3, 1), noiseFrame(60, 40, 3, 2)]
    const frames = await Promise.all([first, second].map((frame) => raw(frame).png().toBuffer()))
    const moving = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer()
    const context = (bytes: Uint8Array, maxPixels?: number) => testContext({ x: bytes }, maxPixels)
    const { IMAGE, MASK } = await loadImage.run({}, { image: 'x' }, context(moving))
    expect(IMAGE.frames).toEqual([first, second])
    expect(MASK.frames).toHaveLength(2)
    await expect(loadImage.run({}, { image: 'x' }, context(moving, 4000))).rejects.toMatchObject({
      code: 'image_too_large',
      message: expect.stringContaining('60 × 40, 2 times'),
    })
    const pyramid = await raw(noiseFrame(600, 400)).tiff({ tile: true, pyramid: true }).toBuffer()
    expect((await sharp(pyramid).metadata()).pages).toBeGreaterThan(1)
    expect((await loadImage.run({}, { image: 'x' }, context(pyramid))).IMAGE.frames).toHaveLength(1)
  })

  test('the frames of an animation with alpha are those that a decoder gives one by one', async () => {
    const frames = await Promise.all(
      [1, 2, 3].map((seed) =>
        raw(noiseFrame(20, 10, 4, seed))
          .png()
          .toBuffer(),
      ),
    )
    const joined = sharp(frames, { join: { animated: true } })
    const load = async (bytes: Uint8Array) => loadImage.run({}, { image: 'x' }, testContext({ x: bytes }))
    for (const moving of [await joined.gif().toBuffer(), await joined.webp({ lossless: true }).toBuffer()]) {
      const { IMAGE, MASK } = await load(moving)
      expect(IMAGE.frames).toHaveLength(3)
      for (const [page, frame] of IMAGE.frames.entries()) {
        const single = await load(await sharp(moving, { page }).png().toBuffer())
        expect([frame, MASK.frames[page]]).toEqual([single.IMAGE.frames[0], single.MASK.frames[0]])
      }
    }
    const turned = await joined.withMetadata({ orientation: 6 }).webp({ lossless: true }).toBuffer()
    expect((await load(turned)).IMAGE.frames).toMatchObject(Array(3).fill({ width: 10, height: 20 }))
  })

  test('a thousand frames are decoded at once, and can be cancelled', async () => {
    const { data } = noiseFrame(16, 1000 * 16)
    const options = { raw: { width: 16, height: 1000 * 16, channels: 3, pageHeight: 16 } } as const
    const moving = await sharp(data, options).gif({ effort: 1, colours: 8, reuse: true }).toBuffer()
    const openings = [vi.spyOn(sharp.prototype, 'metadata'), vi.spyOn(sharp.prototype, 'toBuffer')]
    const { IMAGE } = await loadImage.run({}, { image: 'x' }, testContext({ x: moving }))
    expect(IMAGE.frames).toHaveLength(1000)
    expect(openings.map(({ mock }) => mock.calls.length)).toEqual([1, 1])
    const cancel = new AbortController()
    const context = { ...testContext({ x: moving }), signal: cancel.signal }
    const running = loadImage.run({}, { image: 'x' }, context)
    cancel.abort(new Error('stopped'))
    await expect(running).rejects.toThrow('stopped')
  })

  test('a picture that was held sideways is turned upright', async () => {
    const turned = await sharp(photo)
      .withExif({ IFD0: { Orientation: '6' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer()
    expect((await load(turned)).frame).toMatchObject({ width: 40, height: 60 })
  })

  test('a grey picture becomes RGB', async () => {
    const { frame } = await load(
      await raw(noiseFrame(5, 5, 1))
        .toColourspace('b-w')
        .png()
        .toBuffer(),
    )
    expect(frame.channels).toBe(3)
    for (let i = 0; i < frame.data.length; i += 3) expect(frame.data[i]).toBe(frame.data[i + 2])
  })

  test('what is there of a damaged picture is loaded, and told of', async () => {
    const context = { ...testContext({ x: photo.subarray(0, photo.length / 2) }), warn: vi.fn() }
    const { IMAGE } = await loadImage.run({}, { image: 'x' }, context)
    expect(IMAGE.frames).toMatchObject([{ width: 60, height: 40 }])
    expect(context.warn).toHaveBeenCalledWith(expect.stringContaining('damaged'))
  })

  test.each([
    ['text', Buffer.from('hello'), 'image_unreadable'],
    ['nothing', Buffer.alloc(0), 'image_unreadable'],
    ['the head of a JPEG', photo.subarray(0, 300), 'image_unreadable'],
    ['half an SVG', Buffer.from('<svg'), 'image_unreadable'],
    ['a drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 'image_unreadable'],
    ['a TIFF of floats', floats, 'image_unreadable'],
  ])('%s is refused by name', async (_name, bytes, code) => {
    await expect(load(bytes)).rejects.toMatchObject({ code, message: expect.stringContaining('x.png') })
  })

  test('a picture above the pixel limit is refused before it is decoded', async () => {
    await expect(load(photo, 1000)).rejects.toMatchObject({
      code: 'image_too_large',
      message: expect.stringContaining('60 × 40'),
    })
  })
})
