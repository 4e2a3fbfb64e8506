import { describe, expect, test } from 'vitest'
import { imageDustAndScratches } from '../../../nodes/image/image-dust-and-scratches.ts'
import type { Image } from '../../../nodes/sdk/values.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch, bytes, first } from '../frames.ts'

const context = testContext()

describe('dust and scratches', () => {
  const run = (some: object, image: Image) =>
    imageDustAndScratches.run({ image }, imageDustAndScratches.parameters.parse(some), context)

  test('are replaced by what is around them and masked; what differs less stays', async () => {
    const samples = new Array(49).fill(100)
    samples[24] = 250
    samples[10] = 110
    const { IMAGE, MASK } = await run({ radius: 1, threshold: 20 }, batch(bytes(7, 7, 1, samples)))
    const clean = new Array(49).fill(100)
    clean[10] = 110
    expect(first(IMAGE).samples).toEqual(clean)
    expect(MASK.frames[0]!.data.indexOf(1)).toBe(24)
    expect(first((await run({ radius: 1, threshold: 0 }, batch(bytes(7, 7, 1, samples)))).IMAGE).samples).toEqual(
      new Array(49).fill(100),
    )
  })

  test('of one colour take all colours of the pixel along, but not its alpha', async () => {
    const clean = Array.from({ length: 9 }, () => [10, 20, 30, 40]).flat()
    const scratched = clean.slice()
    scratched.splice(16, 4, 10, 22, 200, 99)
    const { IMAGE } = await run({ radius: 1 }, batch(bytes(3, 3, 4, scratched)))
    expect(first(IMAGE).samples.slice(16, 20)).toEqual([10, 20, 30, 99])
  })

  test('go from what is calm; little of a texture is taken for them', async () => {
    // The left half is noise of 70 to 190, the right one grey with a speck.
    const noise = noiseFrame(40, 40, 1).data
    const samples = Array.from(noise, (value, i) => (i % 40 < 20 ? 70 + Math.round((120 * value) / 255) : 130))
    samples[20 * 40 + 30] = 220
    const { IMAGE, MASK } = await run({}, batch(bytes(40, 40, 1, samples)))
    expect(first(IMAGE).samples[20 * 40 + 30]).toBe(130)
    const touched = MASK.frames[0]!.data.filter((value, i) => value === 1 && i % 40 < 20).length
    expect(touched).toBeLessThan(0.05 * 20 * 40)
  })
})
