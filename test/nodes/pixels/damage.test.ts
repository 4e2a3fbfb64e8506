import { describe, expect, test } from 'vitest'
import { damageOf, missingLines } from '../../../nodes/pixels/damage.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'

describe('lines that are missing', () => {
  /** Where the file's lines 0 to 4 are in the upright picture, by orientation; each of them has three pixels. */
  const uprightOf = (orientation: number, file: readonly number[]): Frame => {
    const isTurned = orientation > 4
    const isReversed = [3, 4, 6, 7].includes(orientation)
    const lines = isReversed ? file.toReversed() : file
    const data = isTurned ? [0, 1, 2].flatMap(() => lines) : lines.flatMap((line) => [line, line, line])
    const [width, height] = isTurned ? [file.length, 3] : [3, file.length]
    return { width, height, channels: 1, data: Uint8Array.from(data) }
  }

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('are counted from the end of the file, in orientation %i', (orientation) => {
    const frame = uprightOf(orientation, [0, 90, 10, 0, 0])
    expect(missingLines(frame, { format: 'png', orientation })).toEqual({ missing: 2, lines: 5 })
    const whole = uprightOf(orientation, [0, 0, 10, 90, 20])
    expect(missingLines(whole, { format: 'png', orientation })).toEqual({ missing: 0, lines: 5 })
  })

  test.each([
    ['grey', 'jpeg', 128, 2],
    ['grey of another profile', 'jpeg', 147, 2],
    ['a white border', 'jpeg', 255, 0],
    ['a black border', 'jpeg', 0, 0],
    ['black', 'tiff', 0, 2],
    ['a grey border', 'tiff', 128, 0],
    ['a white border', 'tiff', 255, 0],
  ] as const)('have the colour of nothing: %s at the end of a %s', (_, format, level, missing) => {
    const data = Uint8Array.from([10, 20, 30, 40, level, level, level, level])
    expect(missingLines({ width: 2, height: 4, channels: 1, data }, { format })).toEqual({ missing, lines: 4 })
  })

  test('have it in all of their pixels', () => {
    const data = Uint16Array.of(0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0)
    expect(missingLines({ width: 2, height: 2, channels: 3, data }, { format: 'png' }).missing).toBe(1)
  })
})

test.each([
  [['Corrupt JPEG data: premature end of data segment'], 10, 'the file is damaged: its last 25 % could not be read'],
  [
    ['Corrupt JPEG data: bad Huffman code'],
    0,
    'the file is damaged (Corrupt JPEG data: bad Huffman code): it was read as far as it can be',
  ],
  [['Corrupt JPEG data: 4 extraneous bytes before marker 0xc4'], 0, undefined],
  [['Invalid SOS parameters for sequential JPEG'], 0, undefined],
  [['Invalid SOS parameters for sequential JPEG'], 1, 'the file is damaged: its last 3 % could not be read'],
  [
    ['Invalid SOS parameters for sequential JPEG', 'premature end of JPEG image'],
    40,
    'the file is damaged: its last 100 % could not be read',
  ],
])('what is told of %j and %i lines of 40 that are missing', (reasons, missing, told) => {
  expect(damageOf(reasons, missing, 40)).toBe(told)
})
