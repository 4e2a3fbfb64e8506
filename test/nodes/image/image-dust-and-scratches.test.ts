import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { imageDustAndScratches } from '../../../nodes/image/image-dust-and-scratches.ts'
import { decodeImage } from '../../../nodes/pixels/decode.ts'
import type { Frame, Image } from '../../../nodes/sdk/values.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch, bytes, first } from '../frames.ts'
import { scratched } from './scratched.ts'

const context = testContext()
const photographs = join(import.meta.dirname, '../../fixtures/photographs')

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
    const clean = Array.from({ length: 25 }, () => [10, 20, 30, 40]).flat()
    const marred = clean.slice()
    marred.splice(48, 4, 10, 22, 200, 99)
    const { IMAGE } = await run({ radius: 1 }, batch(bytes(5, 5, 4, marred)))
    expect(first(IMAGE).samples.slice(48, 52)).toEqual([10, 20, 30, 99])
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

  test('of photographs go; what only looks like dust stays, as twigs and hair do', async () => {
    for (const name of ['brushes', 'clock', 'friends', 'nuthatch', 'snow-trees', 'stream']) {
      const file = `${name}.jpg`
      const clean = (await decodeImage(readFileSync(join(photographs, file)), file, 1e8)).frame
      const { frame, cover } = scratched(clean, 7, { specks: 120 })
      const { MASK } = await run({}, batch(clean))
      expect(shareOf(MASK.frames[0]!.data)).toBeLessThan(0.02)
      if (name !== 'clock' && name !== 'friends') continue
      const found = (await run({}, batch(frame))).MASK.frames[0]!.data
      const seen = cover.map((share, i) => (share > 0.5 && differ(frame, clean, i) ? 1 : 0))
      expect(shareOf(seen)).toBeGreaterThan(0.0005)
      expect(shareOf(found.map((value, i) => value * seen[i]!))).toBeGreaterThan(0.9 * shareOf(seen))
    }
  })

  test('stay at a radius of 0', async () => {
    const image = batch(noiseFrame(20, 20))
    const { IMAGE, MASK } = await run({ radius: 0 }, image)
    expect(IMAGE).toEqual(image)
    expect(Math.max(...MASK.frames[0]!.data)).toBe(0)
  })
})

function shareOf(mask: ArrayLike<number>): number {
  return Array.from(mask).reduce((sum, value) => sum + value, 0) / mask.length
}

function differ(one: Frame, other: Frame, pixel: number): boolean {
  return [0, 1, 2].some((c) => Math.abs(one.data[3 * pixel + c]! - other.data[3 * pixel + c]!) > 40)
}
