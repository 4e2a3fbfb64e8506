import { describe, expect, test } from 'vitest'
import { imageFillMasked } from '../../../nodes/image/image-fill-masked.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { batch, bytes, first, floats, mask } from '../frames.ts'

const side = 40

/** A grey picture of levels, and the same with a black line of three pixels where the mask is. */
function crossed(level: (x: number, y: number) => number, isMasked: (x: number, y: number) => boolean) {
  const at = (i: number) => [i % side, Math.floor(i / side)] as const
  const all = Array.from({ length: side * side }, (_, i) => at(i))
  const clean = all.map(([x, y]) => level(x, y))
  const masked = all.map(([x, y]) => (isMasked(x, y) ? 1 : 0))
  return {
    clean,
    damaged: bytes(
      side,
      side,
      1,
      clean.map((value, i) => (masked[i] === 1 ? 0 : value)),
    ),
    mask: mask(side, side, masked),
  }
}

describe('what is masked', () => {
  const run = async (frame: Frame, masks: ReturnType<typeof mask>) => {
    const { IMAGE } = await imageFillMasked.run({ image: batch(frame), mask: masks }, {}, testContext())
    return first(IMAGE).samples
  }

  test('continues a slope from both sides, to two levels', async () => {
    const { clean, damaged, mask } = crossed(
      (x) => 50 + 3 * x,
      (x) => x > 17 && x < 21,
    )
    const filled = await run(damaged, mask)
    for (const [i, level] of clean.entries()) expect(Math.abs(filled[i]! - level)).toBeLessThanOrEqual(2)
  })

  test('has the stripes that lie across it go on at their slant, unlike a median', async () => {
    const stripes = crossed(
      (x, y) => ((x + y) % 24 < 12 ? 60 : 200),
      (x) => x > 17 && x < 21,
    )
    const filled = await run(stripes.damaged, stripes.mask)
    const wrong = stripes.clean.filter((level, i) => Math.abs(filled[i]! - level) > 40)
    expect(wrong.length).toBeLessThan(10)
  })

  test('is filled at the edge of the picture from within', async () => {
    const { clean, damaged, mask } = crossed(
      () => 90,
      (x) => x < 3,
    )
    expect(await run(damaged, mask)).toEqual(clean)
  })

  test('is filled far inside, and the whole picture left as it is where nothing is known', async () => {
    const whole = crossed(
      () => 90,
      () => true,
    )
    expect(new Set(await run(whole.damaged, whole.mask))).toEqual(new Set([0]))
    const width = 100
    const all = Array.from({ length: width * width }, (_, i) => {
      const isInside = Math.hypot((i % width) - 50, Math.floor(i / width) - 50) < 45
      return { level: isInside ? 0 : 120, masked: isInside ? 1 : 0 }
    })
    const filled = await run(
      bytes(
        width,
        width,
        1,
        all.map(({ level }) => level),
      ),
      mask(
        width,
        width,
        all.map(({ masked }) => masked),
      ),
    )
    expect(new Set(filled)).toEqual(new Set([120]))
  })

  test('by half is replaced by half; what is not, and alpha, stay to the bit', async () => {
    const frame = floats(3, 1, 2, [0.2, 0.5, 0.8, 0.6, 0.4, 0.7])
    const filled = await run(frame, mask(3, 1, [0, 0.5, 0]))
    expect(filled).toEqual([0.2, 0.5, 0.55, 0.6, 0.4, 0.7])
    expect(await run(frame, mask(3, 1, [0, 0.6, 0]))).toEqual([0.2, 0.5, 0.5, 0.6, 0.4, 0.7])
  })
})
