import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { niqe, niqeFeatures } from '../../../nodes/measure/niqe.ts'
import { decodeImage } from '../../../nodes/pixels/decode.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { noiseFrame } from '../context.ts'
import { transposed } from '../frames.ts'

const photographs = join(import.meta.dirname, '../../fixtures/photographs')
const expected: Record<string, number> = JSON.parse(readFileSync(join(photographs, 'niqe-expected.json'), 'utf8')).niqe
const open = async (name: string) => (await decodeImage(readFileSync(join(photographs, name)), name, 1e8)).frame
const { signal } = new AbortController()

describe('NIQE', () => {
  test.each(Object.entries(expected))('of %s is what the reference implementation gives', async (name, value) => {
    expect(Math.abs((await niqe(await open(name), signal)) / value - 1)).toBeLessThan(0.01)
  })
  test('of a flat field is not a number', async () => {
    const flat: Frame = { width: 192, height: 192, channels: 3, data: new Uint8Array(192 * 192 * 3).fill(9) }
    expect(await niqe(flat, signal)).toBeNaN()
  })
  test('of a picture in several rows of blocks has the features of the same picture turned', async () => {
    const frame = noiseFrame(200, 300)
    const features = await niqeFeatures(frame, signal)
    const ofTurned = await niqeFeatures(transposed(frame), signal)
    // Of each scale two features, then four for the neighbour beside, above, and across on either side.
    const order = [0, 1, 6, 7, 8, 9, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16, 17]
    expect(features).toHaveLength(6)
    for (const [i, row] of features.entries()) {
      const other = ofTurned[(i % 2) * 3 + Math.floor(i / 2)]!
      for (const [feature, value] of row.entries())
        expect(other[order[feature % 18]! + (feature < 18 ? 0 : 18)]).toBeCloseTo(value, 9)
    }
  })
})
