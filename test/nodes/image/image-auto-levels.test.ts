import { describe, expect, test } from 'vitest'
import { imageAutoLevels } from '../../../nodes/image/image-auto-levels.ts'
import type { Image } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { batch, bytes, first } from '../frames.ts'

const context = testContext()

describe('automatic levels', () => {
  const run = (some: object, image: Image) =>
    imageAutoLevels.run({ image }, imageAutoLevels.parameters.parse(some), context)
  const faded = batch(bytes(2, 1, 3, [50, 100, 60, 200, 150, 160]))

  test('stretch each colour from black to white', async () => {
    expect(first((await run({ clip: 0 }, faded)).IMAGE).samples).toEqual([0, 0, 0, 255, 255, 255])
    expect(first((await run({ clip: 0, strength: 0.2 }, faded)).IMAGE).samples).toEqual([40, 80, 48, 211, 171, 179])
  })

  test('stretch all together, and keep the colours apart', async () => {
    const { IMAGE } = await run({ clip: 0, mode: 'all together' }, faded)
    expect(first(IMAGE).samples).toEqual([0, 85, 17, 255, 170, 187])
  })

  test('say the ends that they found, those of all together once', async () => {
    const said: string[] = []
    for (const mode of ['each colour', 'all together'] as const) {
      const parameters = imageAutoLevels.parameters.parse({ clip: 0, mode })
      await imageAutoLevels.run({ image: faded }, parameters, { ...context, say: (text) => said.push(text) })
    }
    expect(said).toEqual(['50 to 200, 100 to 150, 60 to 160', '50 to 200'])
  })

  test('do not see a few specks', async () => {
    const scan = batch(bytes(100, 1, 1, [0, 255, ...Array.from({ length: 98 }, (_, i) => 80 + i)]))
    const { IMAGE } = await run({ clip: 2 }, scan)
    const samples = IMAGE.frames[0]!.data
    expect([samples[0], samples[1], samples[3], samples[98]]).toEqual([0, 255, 0, 255])
  })

  test('leave a flat picture alone', async () => {
    const flat = batch(bytes(2, 1, 1, [7, 7]))
    expect((await run({}, flat)).IMAGE).toEqual(flat)
  })
})
