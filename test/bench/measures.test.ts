import { expect, test } from 'vitest'
import type { Frame } from '../../nodes/sdk/values.ts'
import { greyOf } from '../nodes/frames.ts'
import { colorShift, sharpness } from './measures.ts'

test('the sharpness of a checkerboard is the variance of ± four times its contrast', () => {
  const data = Uint8Array.from({ length: 64 }, (_, i) => (((i % 8) + Math.floor(i / 8)) % 2 === 0 ? 100 : 110))
  expect(sharpness({ width: 8, height: 8, channels: 1, data })).toBeCloseTo(40 ** 2, 6)
  expect(sharpness(greyOf(77))).toBeCloseTo(0, 9)
})

test('the colour shift is the largest of the channels', () => {
  const frame: Frame = { width: 2, height: 1, channels: 3, data: Uint8Array.of(10, 20, 30, 10, 20, 30) }
  expect(colorShift({ ...frame, data: frame.data.map((value) => value + 3) }, frame)).toBeCloseTo(3, 6)
})
