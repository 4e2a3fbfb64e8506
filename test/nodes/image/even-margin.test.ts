import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { evenMargin } from '../../../nodes/image/even-margin.ts'
import { imageAutoLevels } from '../../../nodes/image/image-auto-levels.ts'
import { imageWhiteBalance } from '../../../nodes/image/image-white-balance.ts'
import { rotated } from '../../../nodes/image/rotated.ts'
import { decodeImage } from '../../../nodes/pixels/decode.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { batch } from '../frames.ts'

const photographs = join(import.meta.dirname, '../../fixtures/photographs')
const open = async (name: string) => (await decodeImage(readFileSync(join(photographs, name)), name, 1e8)).frame

/** A yellowed print of a photograph. */
async function faded(name: string): Promise<Frame> {
  const frame = await open(name)
  const tints = [1.04, 0.96, 0.72]
  return { ...frame, data: Uint8Array.from(frame.data, (value, i) => (value * 0.55 + 70) * tints[i % 3]!) }
}

/** A picture in the middle of an even ground, with a little noise as scans have it. */
function on(ground: readonly number[], { width, height, data }: Frame, margin: number): Frame {
  const [wide, high] = [width + 2 * margin, height + 2 * margin]
  const around = Uint8Array.from({ length: 3 * wide * high }, (_, i) => ground[i % 3]! + ((i * 7919) % 5) - 2)
  for (let y = 0; y < height; y++) {
    around.set(data.subarray(3 * y * width, 3 * (y + 1) * width), 3 * ((y + margin) * wide + margin))
  }
  return { width: wide, height: high, channels: 3, data: around }
}

async function askew(frame: Frame, degrees: number): Promise<Frame> {
  const { width, height } = frame
  const window = { width: width - 60, height: height - 60 }
  return rotated(frame, (degrees * Math.PI) / 180, window, 0, testContext().signal)
}

/** The numbers that a node says of its work. */
async function said(node: typeof imageWhiteBalance | typeof imageAutoLevels, frame: Frame): Promise<number[]> {
  const words: string[] = []
  const context = { ...testContext(), say: (text: string) => words.push(text) }
  await node.run({ image: batch(frame) }, node.parameters.parse({}) as never, context)
  return (words.join().match(/\d+(\.\d+)?/g) ?? []).map(Number)
}

const WHITE = [250, 250, 250]
const BLACK = [20, 20, 20]
const CREAM = [238, 232, 215]

describe('what lies around a print', () => {
  const scans: [string, (print: Frame) => Frame | Promise<Frame>][] = [
    ['a white lid', (print) => on(WHITE, print, 50)],
    ['a black lid', (print) => on(BLACK, print, 50)],
    ['a margin of paper', (print) => on(CREAM, print, 30)],
    ['a white lid, on which it lies askew', (print) => askew(on(WHITE, print, 80), 2.3)],
    ['paper, askew on a black lid', (print) => askew(on(BLACK, on(CREAM, print, 30), 80), -4)],
  ]
  test.each(scans)('changes neither white balance nor automatic levels: %s', async (_, scan) => {
    const print = await faded('friends.jpg')
    const scanned = await scan(print)
    const [gains, scannedGains] = [await said(imageWhiteBalance, print), await said(imageWhiteBalance, scanned)]
    for (const [i, gain] of gains.entries()) expect(Math.abs(scannedGains[i]! - gain)).toBeLessThanOrEqual(0.02)
    const [ends, scannedEnds] = [await said(imageAutoLevels, print), await said(imageAutoLevels, scanned)]
    for (const [i, end] of ends.entries()) expect(Math.abs(scannedEnds[i]! - end)).toBeLessThanOrEqual(2)
  })

  test('is found where a print lies in the corner of the glass', async () => {
    const scan = on(WHITE, await open('friends.jpg'), 60)
    const { width, height } = { width: scan.width - 60, height: scan.height - 60 }
    const corner = await rotated(scan, 0, { width, height }, 0, testContext().signal)
    expect(evenMargin(corner)).toBeDefined()
  })

  test('is found in a large scan as in a small one', async () => {
    const small = on(WHITE, await open('friends.jpg'), 64)
    const [width, height] = [small.width * 3, small.height * 3]
    const data = new Uint8Array(3 * width * height)
    for (let i = 0; i < data.length; i++) {
      const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
      data[i] = small.data[3 * (Math.floor(y / 3) * small.width + Math.floor(x / 3)) + (i % 3)]!
    }
    const shareOf = (frame: Frame) =>
      evenMargin(frame)!.reduce((sum, mark) => sum + mark, 0) / frame.width / frame.height
    expect(shareOf({ width, height, channels: 3, data })).toBeCloseTo(shareOf(small), 1)
  })
})

describe('nothing is taken for a margin', () => {
  test.each(readdirSync(photographs).filter((name) => /\.(jpg|png)$/.test(name)))('of %s', async (name) => {
    expect(evenMargin(await open(name))).toBeUndefined()
  })

  const drawn = (level: (x: number, y: number) => number): Frame => {
    const data = Uint8Array.from({ length: 3 * 200 * 150 }, (_, i) =>
      level(Math.floor(i / 3) % 200, Math.floor(i / 600)),
    )
    return { width: 200, height: 150, channels: 3, data }
  }
  const textured = (x: number, y: number) => 60 + ((x * 31 + y * 17) % 97)

  test.each([
    ['where there is nothing else', () => 250],
    ['of a sky above the sea', (x: number, y: number) => (y < 90 ? 245 : textured(x, y))],
    [
      'around a thing that is no rectangle',
      (x: number, y: number) => (Math.hypot(x - 100, y - 75) > 60 ? 250 : textured(x, y)),
    ],
    ['around what is too small for a print', (x: number, y: number) => (x < 20 && y < 20 ? textured(x, y) : 250)],
  ])('%s', (_, level) => {
    expect(evenMargin(drawn(level))).toBeUndefined()
  })
})
