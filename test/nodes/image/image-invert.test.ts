import fc from 'fast-check'
import { expect, test } from 'vitest'
import { imageInvert } from '../../../nodes/image/image-invert.ts'
import { fullScale, toDepth } from '../../../nodes/pixels/samples.ts'
import type { SampleDepth } from '../../../nodes/sdk/values.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch } from '../frames.ts'

const context = testContext()

test('each colour of a picture becomes its complement and alpha stays, at every depth, for every number of samples', async () => {
  const side = fc.integer({ min: 1, max: 9 })
  const channel = fc.constantFrom(1, 2, 3, 4) as fc.Arbitrary<1 | 2 | 3 | 4>
  const depth = fc.constantFrom<SampleDepth>('uint8', 'uint16', 'float32')
  await fc.assert(
    fc.asyncProperty(side, side, channel, depth, async (width, height, channels, samples) => {
      const frame = toDepth(noiseFrame(width, height, channels), samples)
      const before = frame.data.slice()
      const [inverted] = (await imageInvert.run({ image: batch(frame) }, {}, context)).IMAGE.frames
      const white = fullScale(frame.data)
      expect(inverted!.data).toEqual(
        frame.data.map((value, i) => (channels % 2 === 0 && i % channels === channels - 1 ? value : white - value)),
      )
      expect(frame.data).toEqual(before)
    }),
  )
})
