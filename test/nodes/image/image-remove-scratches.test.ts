import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { imageDustAndScratches } from '../../../nodes/image/image-dust-and-scratches.ts'
import { imageRemoveScratches } from '../../../nodes/image/image-remove-scratches.ts'
import { decodeImage } from '../../../nodes/pixels/decode.ts'
import { resizeFrame } from '../../../nodes/pixels/resize.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch, greyOf, transposed } from '../frames.ts'
import { scratched } from './scratched.ts'

const context = testContext()
const photographs = join(import.meta.dirname, '../../fixtures/photographs')
const open = async (name: string) => {
  const file = `${name}.jpg`
  return (await decodeImage(readFileSync(join(photographs, file)), file, 1e8)).frame
}

async function mended(frame: Frame, some: object = {}): Promise<{ frame: Frame; mask: Frame }> {
  const { IMAGE, MASK } = await imageRemoveScratches.run(
    { image: batch(frame) },
    imageRemoveScratches.parameters.parse(some),
    context,
  )
  return { frame: IMAGE.frames[0]!, mask: MASK.frames[0]! }
}

function decibels({ data }: Frame, reference: Frame): number {
  let sum = 0
  for (let i = 0; i < data.length; i++) sum += (data[i]! - reference.data[i]!) ** 2
  return 10 * Math.log10((255 ** 2 * data.length) / sum)
}

/** That large samples are the same: told faster than by `toEqual`. */
function areSame(one: Frame, other: Frame): boolean {
  return one.data.every((value, i) => value === other.data[i])
}

/** A grey picture of 128 × 128 bytes with calm noise, and lines where they are drawn. */
function drawn(level: (x: number, y: number) => number | undefined): Frame {
  const noise = noiseFrame(128, 128, 1, 5).data
  const data = Uint8Array.from(noise, (value, i) => level(i % 128, Math.floor(i / 128)) ?? 100 + Math.floor(value / 64))
  return { width: 128, height: 128, channels: 1, data }
}

const marked = ({ data }: Frame) => data.filter((value) => value === 1).length

/** A single line over a plain ground could be a wire, too. */
const alone = { sensitivity: 0.5 }

describe('scratches', () => {
  test.each([
    ['friends', 3],
    ['wine', 3],
    ['red-maple', 4],
    ['fig', 4],
    ['clock', 4],
    ['seeding', 4],
  ] as const)('of a photograph (%s) are filled: it comes nearer to what it was by %i dB', async (name, gain) => {
    const clean = await open(name)
    const { frame } = scratched(clean, 21, { scratches: 8, hairs: 3, folds: 1 })
    const before = decibels(frame, clean)
    const after = decibels((await mended(frame)).frame, clean)
    expect(after).toBeGreaterThan(before + gain)
    const image = batch(frame)
    const { IMAGE } = await imageDustAndScratches.run({ image }, imageDustAndScratches.parameters.parse({}), context)
    expect(after).toBeGreaterThan(decibels(IMAGE.frames[0]!, clean) + 2)
  })

  test('that are dark are filled where they are asked for', async () => {
    const clean = await open('nuthatch')
    const { frame } = scratched(clean, 23, { scratches: 5, hairs: 3, isDark: true })
    expect(areSame((await mended(frame, { lines: 'light' })).frame, frame)).toBe(true)
    for (const lines of ['dark', 'both']) {
      expect(decibels((await mended(frame, { lines })).frame, clean)).toBeGreaterThan(decibels(frame, clean) + 3)
    }
  })

  test.each([
    ['steep', (x: number, y: number) => Math.abs(x - 30 - 0.3 * y) < 1.3],
    ['flat', (x: number, y: number) => Math.abs(y - 90 + 0.2 * x) < 1.3],
    ['at 45°', (x: number, y: number) => Math.abs(x + y - 128) < 1.8],
    ['bent', (x: number, y: number) => Math.abs(x - 40 - (y - 64) ** 2 / 300) < 1.3],
  ])('%s are marked from end to end, and only they', async (_, isScratch) => {
    const { frame, mask } = await mended(
      drawn((x, y) => (isScratch(x, y) ? 230 : undefined)),
      alone,
    )
    expect(Math.max(...frame.data)).toBeLessThan(115)
    const far = mask.data.findIndex((value, i) => {
      const [x, y] = [i % 128, Math.floor(i / 128)]
      const isNear = Array.from({ length: 81 }, (_, k) => [x + (k % 9) - 4, y + Math.floor(k / 9) - 4] as const)
      return value === 1 && !isNear.some(([u, v]) => isScratch(u, v))
    })
    expect(far).toBe(-1)
  })

  test('that run beside the edge of something, where they are not seen clearly, go with what is clear of them', async () => {
    const file = 'damaged-photograph.jpg'
    const frame = (
      await decodeImage(readFileSync(join(photographs, '../../../workflows/photographs', file)), file, 1e8)
    ).frame
    const after = (await mended(frame)).frame
    // Blue at its most in a few pixels of a line: the picture is yellowed, its scratches are white.
    const blue = ({ data }: Frame, y: number) =>
      Math.max(...Array.from({ length: 10 }, (_, i) => data[3 * (y * frame.width + 184 + i) + 2]!))
    const lines = Array.from({ length: 13 }, (_, i) => 10 * i + 10)
    expect(Math.min(...lines.map((y) => blue(frame, y)))).toBeGreaterThan(180)
    expect(Math.max(...lines.map((y) => blue(after, y)))).toBeLessThan(170)
  })

  test('wider than a limit are left to a wider one', async () => {
    const wide = drawn((x, y) => (Math.abs(x - 60 - 0.1 * y) < 5 ? 230 : undefined))
    expect(marked((await mended(wide, alone)).mask)).toBe(0)
    expect(Math.max(...(await mended(wide, { ...alone, width: 12 })).frame.data)).toBeLessThan(115)
  })

  test('are as wide as suits the size of the picture where no width is said', async () => {
    const twice = await resizeFrame(scratched(await open('wine'), 21, { scratches: 8 }).frame, 1024, 768, 'bicubic')
    const [usual, said] = [await mended(twice, { width: 0 }), await mended(twice, { width: 12 })]
    expect(marked(said.mask)).toBeGreaterThan(0)
    expect(areSame(usual.mask, said.mask)).toBe(true)
  })

  test('are the same in a picture that lies on its side', async () => {
    const { frame } = scratched(await open('wine'), 21, { scratches: 8 })
    const upright = await mended(frame)
    const turned = await mended(transposed(frame))
    expect(areSame(turned.frame, transposed(upright.frame))).toBe(true)
  })

  test('of 16 bits and of grey with alpha are filled at their depth; alpha stays', async () => {
    const grey = drawn((x, y) => (Math.abs(x - 30 - 0.3 * y) < 1.3 ? 230 : undefined))
    const data = Uint16Array.from({ length: 2 * grey.data.length }, (_, i) =>
      i % 2 === 0 ? 257 * grey.data[i / 2]! : i,
    )
    const { frame } = await mended({ ...grey, channels: 2, data }, alone)
    expect(frame.data).toBeInstanceOf(Uint16Array)
    expect(Math.max(...frame.data.filter((_, i) => i % 2 === 0))).toBeLessThan(257 * 115)
    expect(frame.data.every((value, i) => i % 2 === 0 || value === i)).toBe(true)
  })

  test('can be few pixels: a picture that holds no line stays', async () => {
    const one: Frame = { width: 1, height: 1, channels: 3, data: new Uint8Array([1, 2, 3]) }
    for (const frame of [one, greyOf(255)]) expect(areSame((await mended(frame)).frame, frame)).toBe(true)
  })

  test('are no longer looked for when the run is cancelled', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'))
    const run = imageRemoveScratches.run(
      { image: batch(drawn(() => undefined)) },
      imageRemoveScratches.parameters.parse({}),
      { ...context, signal },
    )
    await expect(run).rejects.toThrow('cancelled')
  })
})

describe('a picture without scratches stays to the bit', () => {
  test.each([
    'brushes',
    'clock',
    'dragonfly',
    'fig',
    'friends',
    'nuthatch',
    'picos-de-europa',
    'red-maple',
    'seeding',
    'snow-trees',
    'stream',
    'wine',
  ])('%s', async (name) => {
    const frame = await open(name)
    expect(areSame((await mended(frame)).frame, frame)).toBe(true)
  })

  test.each([
    ['a horizon', (_: number, y: number) => (y < 64 ? 200 : undefined)],
    ['a dark wire', (x: number, y: number) => (Math.abs(y - 40 - 0.1 * x) < 1 ? 30 : undefined)],
    ['railings', (x: number, y: number) => (y > 30 && y < 110 && x % 9 < 2 ? 200 : undefined)],
    ['a window', (x: number, y: number) => (x < 64 ? 60 : Math.abs(x - 64) < 2 ? 220 : y < 0 ? 0 : undefined)],
    ['letters', (x: number, y: number) => (y % 16 < 10 && (x % 8 < 2 || (y % 16 < 2 && x % 8 < 6)) ? 20 : 240)],
  ])('with %s', async (_, level) => {
    const frame = drawn(level)
    expect(areSame((await mended(frame)).frame, frame)).toBe(true)
  })
})

test('sensitivity is how much of what looks like a scratch is taken: nothing at 0, all at 1, and more at more', async () => {
  const brushes = await open('brushes')
  const shares = []
  for (const sensitivity of [0, 0.1, 0.5, 1]) shares.push(marked((await mended(brushes, { sensitivity })).mask))
  expect(shares.slice(0, 2)).toEqual([0, 0])
  expect(shares[2]).toBeGreaterThan(0)
  expect(shares[3]).toBeGreaterThan(shares[2]!)
})
