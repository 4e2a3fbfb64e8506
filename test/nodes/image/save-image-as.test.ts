import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { saveImageAs } from '../../../nodes/image/save-image-as.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch } from '../frames.ts'

type Settings = Parameters<typeof saveImageAs.run>[1]

async function save(frame: Frame, some: Partial<Settings>, metadata = testContext().metadata) {
  const said: string[] = []
  const context = { ...testContext(), metadata, warn: (text: string) => said.push(text) }
  const { ui } = await saveImageAs.run({ images: batch(frame) }, saveImageAs.parameters.parse(some), context)
  const [name, bytes] = [...context.written][0]!
  const file = Buffer.from(bytes)
  return { ui, name, file, said, facts: await sharp(file).metadata() }
}

/** A soft picture, which lossy formats hardly change. */
const soft = (channels: 3 | 4): Frame => ({
  width: 24,
  height: 16,
  channels,
  data: Uint8Array.from({ length: 24 * 16 * channels }, (_, i) =>
    i % channels === 3 ? 250 : 60 + (i % 24) + Math.floor(i / 96),
  ),
})

describe('a picture is saved', () => {
  test.each([
    ['jpg', 'jpeg', 3],
    ['webp', 'webp', 4],
    ['avif', 'heif', 4],
    ['tiff', 'tiff', 4],
    ['png', 'png', 4],
  ] as const)('as %s', async (format, found, channels) => {
    const { ui, name, file, facts } = await save(soft(4), { format, filename_prefix: '%width%x%height%' })
    expect(name).toBe(`24x16_00001_.${format}`)
    expect(ui?.images).toEqual([{ filename: name, subfolder: '', type: 'output' }])
    expect(facts).toMatchObject({ format: found, width: 24, height: 16, channels })
    const pixels = await sharp(file).removeAlpha().raw().toBuffer()
    const worst = Math.max(...pixels.map((value, i) => Math.abs(value - soft(3).data[i]!)))
    expect(worst).toBeLessThan(40)
  })

  test.each([
    ['webp', 16_384],
    ['avif', 16_385],
    ['jpg', 65_501],
  ] as const)('unless it is longer than %s can be, which is said at once', async (format, width) => {
    const long: Frame = { width, height: 1, channels: 3, data: new Uint8Array(3 * width) }
    await expect(save(long, { format })).rejects.toMatchObject({
      code: 'image_too_large',
      message: expect.stringContaining(`${width} × 1`),
      remedy: expect.stringContaining('tiff'),
    })
    const { facts } = await save({ ...long, width: width - 1, data: long.data.subarray(3) }, { format })
    expect(facts.width).toBe(width - 1)
  })

  test('with 16 bits where the format has them', async () => {
    const deep: Frame = { ...soft(3), data: Uint16Array.from({ length: 24 * 16 * 3 }, (_, i) => i * 50 + 1) }
    for (const format of ['tiff', 'png'] as const) {
      const { file } = await save(deep, { format })
      const raw = await sharp(file).toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer()
      expect(new Uint16Array(raw.buffer, raw.byteOffset, deep.data.length)).toEqual(deep.data)
    }
    expect((await save(deep, { format: 'jpg' })).facts.depth).toBe('uchar')
  })

  test('on a background where it is transparent and the format is not', async () => {
    const clear: Frame = { width: 8, height: 8, channels: 4, data: new Uint8Array(256) }
    for (const background of ['white', 'black'] as const) {
      const { file } = await save(clear, { format: 'jpg', background })
      expect((await sharp(file).raw().toBuffer())[0]).toBe(background === 'white' ? 255 : 0)
    }
  })

  test('smaller at less quality', async () => {
    const noise = noiseFrame(64, 64)
    for (const format of ['jpg', 'webp', 'avif'] as const) {
      const sizes = await Promise.all(
        [30, 95].map(async (quality) => (await save(noise, { format, quality })).file.length),
      )
      expect(sizes[0]).toBeLessThan(sizes[1]!)
    }
  })
})

describe('the graph in a saved picture', () => {
  const large = { prompt: { a: 'grün <&>' }, extraPnginfo: { workflow: { b: 'x'.repeat(100_000) }, note: 'more' } }

  test.each([3, 4] as const)(
    'lies in WebP as ComfyUI writes it, whatever its size, with %i channels',
    async (channels) => {
      const { file, facts } = await save(soft(channels), { format: 'webp' }, large)
      const exif = facts.exif!
      // Some readers get the bytes after Exif\0\0.
      const tiff = exif.subarray(exif.indexOf('MM\0*'))
      const texts = Array.from({ length: tiff.readUInt16BE(8) }, (_, i) => {
        const at = 10 + 12 * i
        const start = tiff.readUInt32BE(at + 8)
        return [tiff.readUInt16BE(at), tiff.toString('latin1', start, start + tiff.readUInt32BE(at + 4) - 1)]
      })
      expect(texts).toEqual([
        [0x010e, 'note:"more"'],
        [0x010f, `workflow:${JSON.stringify(large.extraPnginfo.workflow)}`],
        [0x0110, 'prompt:{"a":"gr\\u00fcn <&>"}'],
      ])
      expect(facts.channels).toBe(channels)
      expect((await sharp(file).raw().toBuffer({ resolveWithObject: true })).info).toMatchObject({
        width: 24,
        height: 16,
      })
    },
  )

  test.each(['jpg', 'avif', 'tiff'] as const)('lies in %s as XMP', async (format) => {
    const { facts } = await save(soft(3), { format })
    expect(facts.xmp!.toString()).toContain(
      '<graph:prompt>{"1":{"class_type":"Test","inputs":{"text":"grün"}}}</graph:prompt>',
    )
  })

  test('is left out of a JPEG that cannot hold it, which is said, and of any where it is not wanted', async () => {
    const { facts, said } = await save(soft(3), { format: 'jpg' }, large)
    expect(facts.xmp).toBeUndefined()
    expect(said.join()).toContain('too large')
    for (const format of ['jpg', 'webp', 'avif', 'tiff', 'png'] as const) {
      const bare = await save(soft(3), { format, save_graph: false })
      expect(bare.file.includes('class_type')).toBe(false)
      expect(bare.said).toEqual([])
    }
  })
})
