import sharp from 'sharp'
import { expect, test } from 'vitest'
import { loadImageMask } from '../../../nodes/mask/load-image-mask.ts'
import { testContext } from '../context.ts'
import { first } from '../frames.ts'

test('a mask of a file is 1 − alpha, a colour of it, or 64 × 64 zeros where it has no alpha', async () => {
  const raw = (channels: 3 | 4, data: number[]) =>
    sharp(Uint8Array.from(data), { raw: { width: 1, height: 1, channels } })
  const files = testContext({
    clear: await raw(4, [10, 255, 30, 51]).png().toBuffer(),
    plain: await raw(3, [10, 20, 51]).png().toBuffer(),
  })
  const load = async (image: string, channel: 'alpha' | 'green' | 'blue') =>
    first((await loadImageMask.run({}, { image, channel }, files)).MASK)
  expect(await load('clear', 'alpha')).toEqual({ size: [1, 1, 1], samples: [0.8] })
  expect(await load('clear', 'green')).toEqual({ size: [1, 1, 1], samples: [1] })
  expect(await load('plain', 'blue')).toEqual({ size: [1, 1, 1], samples: [0.2] })
  expect((await load('plain', 'alpha')).size).toEqual([64, 64, 1])
})
