import { describe, expect, test } from 'vitest'
import { imageLevels } from '../../../nodes/image/image-levels.ts'
import type { Frame, Image } from '../../../nodes/sdk/values.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch, bytes, first } from '../frames.ts'

const context = testContext()

describe('levels', () => {
  const run = (some: object, image: Image) => imageLevels.run({ image }, imageLevels.parameters.parse(some), context)

  test('set black and white, and bend what is between', async () => {
    const image = batch(bytes(4, 1, 1, [10, 51, 102, 204]))
    expect(first((await run({ black: 51, white: 204 }, image)).IMAGE).samples).toEqual([0, 0, 85, 255])
    // (1/3)^(1/2) · 255
    expect(first((await run({ black: 51, white: 204, gamma: 2 }, image)).IMAGE).samples).toEqual([0, 0, 147, 255])
    expect(first((await run({ output_black: 255, output_white: 0 }, image)).IMAGE).samples).toEqual([245, 204, 153, 51])
  })

  test('of one colour leave the others and alpha alone', async () => {
    const image = batch(bytes(1, 1, 4, [100, 100, 100, 100]))
    expect(first((await run({ white: 200, channel: 'green' }, image)).IMAGE).samples).toEqual([100, 128, 100, 100])
  })

  test('are those of 255 at 16 bits, too', async () => {
    const deep: Frame = { width: 2, height: 1, channels: 1, data: Uint16Array.of(257 * 51, 257 * 60) }
    const { IMAGE } = await run({ black: 51, white: 69 }, batch(deep))
    expect([...IMAGE.frames[0]!.data]).toEqual([0, 32768])
  })

  test('need white above black', () => {
    expect(() => run({ black: 200, white: 200 }, batch(noiseFrame(1, 1)))).toThrow(/200/)
  })
})
