import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { loadImage } from '../../../nodes/image/load-image.ts'
import { saveImage } from '../../../nodes/image/save-image.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { noiseFrame, testContext } from '../context.ts'

async function load(png: Uint8Array): Promise<Frame> {
  return (await loadImage.run({}, { image: 'x.png' }, testContext({ 'x.png': png }))).IMAGE.frames[0]!
}

describe('SaveImage', () => {
  async function save(frame: Frame) {
    const context = testContext()
    const { ui } = await saveImage.run({ images: { frames: [frame] } }, { filename_prefix: 'p' }, context)
    return { ui, png: Buffer.from(context.written.get('p_00001_.png')!) }
  }

  test('writes the very pixels, and names the file', async () => {
    const source = noiseFrame(31, 17)
    const { ui, png } = await save(source)
    expect(ui?.images).toEqual([{ filename: 'p_00001_.png', subfolder: '', type: 'output' }])
    expect(await load(png)).toEqual(source)
  })

  test('float is rounded to 8 bits, 16 bits stay', async () => {
    const float: Frame = { width: 2, height: 1, channels: 3, data: Float32Array.of(0, 0.5, 1, 0.999, 0.1, -1) }
    expect([...(await load((await save(float)).png)).data]).toEqual([0, 128, 255, 255, 26, 0])
    const deep: Frame = { width: 1, height: 1, channels: 3, data: Uint16Array.of(1, 300, 65535) }
    expect((await load((await save(deep)).png)).data).toEqual(deep.data)
  })

  test('carries the graph as text before the pixels, beyond ASCII escaped', async () => {
    const { png } = await save(noiseFrame(8, 8))
    const comments = (await sharp(png).metadata()).comments ?? []
    const texts = Object.fromEntries(comments.map(({ keyword, text }) => [keyword, JSON.parse(text)]))
    expect(texts).toMatchObject({ prompt: { '1': { inputs: { text: 'grün' } } }, workflow: { nodes: [] } })
    expect(png.indexOf('tEXt')).toBeLessThan(png.indexOf('IDAT'))
    expect(png.indexOf('gr\\u00fcn')).toBeGreaterThan(0)
  })
})
