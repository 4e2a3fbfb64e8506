import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { medianFrame } from '../../../nodes/image/median.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { noiseFrame, testContext } from '../context.ts'
import { floats } from '../frames.ts'

const context = testContext()

describe('a median', () => {
  const naive = ({ width, height, channels, data }: Frame, radius: number) =>
    data.map((_, i) => {
      const [c, x, y] = [i % channels, Math.floor(i / channels) % width, Math.floor(i / channels / width)]
      const around: number[] = []
      for (let v = y - radius; v <= y + radius; v++) {
        for (let u = x - radius; u <= x + radius; u++) {
          const at = Math.min(height - 1, Math.max(0, v)) * width + Math.min(width - 1, Math.max(0, u))
          around.push(data[at * channels + c]!)
        }
      }
      return around.sort((a, b) => a - b)[(around.length - 1) / 2]!
    })

  test('is the middle value around each pixel, at 8 and 16 bits', async () => {
    const side = fc.integer({ min: 1, max: 9 })
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        fc.nat(),
        async (w, h, radius, isDeep, seed) => {
          const frame = noiseFrame(w, h, 3, seed)
          const source: Frame = isDeep
            ? { ...frame, data: Uint16Array.from(frame.data, (value) => value * 251 + 3) }
            : frame
          expect((await medianFrame(source, radius, context.signal)).data).toEqual(naive(source, radius))
        },
      ),
      { numRuns: 40 },
    )
  })

  test('of floats is told apart in 65536 steps', async () => {
    const { data } = await medianFrame(floats(3, 1, 1, [0.1, 0.9, 0.3]), 1, context.signal)
    expect(data[1]).toBeCloseTo(0.3, 4)
  })
})
