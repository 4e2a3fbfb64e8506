import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addToHistogram, describeHistogram, histogramPath, peakOf } from '../../client/panels/histogram.ts'
import { levelFor, seenRegion, tilesOver } from '../../client/panels/tile-choice.ts'
import { levelsOf } from '../../server/http/pyramids.ts'

describe('what is seen of a picture', () => {
  const [frame, picture] = [
    { width: 300, height: 200 },
    { width: 1000, height: 800 },
  ]

  test('is what lies in the frame, at the scale that it is shown in', () => {
    const box = { left: -400, top: 50, width: 2000, height: 1600 }
    expect(seenRegion(box, frame, picture)).toEqual({ left: 200, top: 0, right: 350, bottom: 75 })
  })

  test('is another part of it when it is turned about its middle', () => {
    // Its left top corner is in the frame; turned by a half, the opposite one is.
    const box = { left: 0, top: 0, width: 1000, height: 800 }
    const { left, top, right, bottom } = seenRegion(box, frame, picture, 180)
    expect([left, top, right, bottom].map(Math.round)).toEqual([700, 600, 1000, 800])
  })

  test('holds every point of the frame that is of the picture, however it is turned', () => {
    const part = fc.double({ min: 0, max: 1, noNaN: true })
    const place = fc.integer({ min: -900, max: 200 })
    fc.assert(
      fc.property(
        place,
        place,
        fc.double({ min: -180, max: 180, noNaN: true }),
        part,
        part,
        (left, top, turn, x, y) => {
          const box = { left, top, width: 1500, height: 1200 }
          const { left: first, top: highest, right, bottom } = seenRegion(box, frame, picture, turn)
          const radians = (turn * Math.PI) / 180
          const [across, down] = [x * frame.width - left - 750, y * frame.height - top - 600]
          const at = [
            500 + (across * Math.cos(radians) + down * Math.sin(radians)) / 1.5,
            400 + (down * Math.cos(radians) - across * Math.sin(radians)) / 1.5,
          ] as const
          if (at[0] < 0 || at[1] < 0 || at[0] > picture.width || at[1] > picture.height) return
          expect(at[0]).toBeGreaterThan(first - 1e-6)
          expect(at[0]).toBeLessThan(right + 1e-6)
          expect(at[1]).toBeGreaterThan(highest - 1e-6)
          expect(at[1]).toBeLessThan(bottom + 1e-6)
        },
      ),
    )
  })
})

describe('the tiles of a large picture', () => {
  test('the level has at least as many pixels as the screen, and not twice as many', () => {
    expect([1, 0.99, 0.5, 0.3, 0.25, 0.01, 8].map((scale) => levelFor(scale, 5))).toEqual([0, 0, 1, 1, 2, 4, 0])
  })

  test('cover what is seen without a gap, and nothing far from it', () => {
    const size = fc.integer({ min: 1, max: 40_000 })
    const part = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(size, size, part, part, part, part, part, (width, height, x, y, w, h, deep) => {
        const region = { left: x * width, top: y * height, right: 0, bottom: 0 }
        region.right = region.left + w * (width - region.left)
        region.bottom = region.top + h * (height - region.top)
        const level = Math.floor(deep * (levelsOf(width, height) - 1))
        const tiles = tilesOver(region, { width, height }, level, 512)
        const area = (box: typeof region) =>
          Math.max(0, Math.min(box.right, region.right) - Math.max(box.left, region.left)) *
          Math.max(0, Math.min(box.bottom, region.bottom) - Math.max(box.top, region.top))
        const covered = tiles.reduce((sum, tile) => sum + area(tile), 0)
        expect(covered).toBeCloseTo(area(region), -1 - Math.log10(area(region) + 1) / 2)
        for (const { column, row } of tiles) {
          expect(column * 512).toBeLessThan(Math.max(1, width >> level))
          expect(row * 512).toBeLessThan(Math.max(1, height >> level))
        }
      }),
    )
  })
})

describe('a histogram', () => {
  const pixels = new Uint8ClampedArray([255, 255, 255, 255, 0, 0, 0, 255, 255, 0, 0, 255, 9, 9, 9, 0])

  test('counts each value of each channel, but nothing that cannot be seen', () => {
    const { red, green, luma, pixels: counted } = addToHistogram(undefined, pixels)
    expect([red[255], red[0], green[255], green[0], counted]).toEqual([2, 1, 1, 2, 3])
    expect([luma[255], luma[0], luma[54]]).toEqual([1, 1, 1])
  })

  test('adds up over parts of a picture, and says how much is black and white', () => {
    const twice = addToHistogram(addToHistogram(undefined, pixels), pixels)
    expect(twice.pixels).toBe(6)
    expect(describeHistogram(twice)).toEqual({ mean: (255 + 54) / 3, dark: 1 / 3, light: 1 / 3 })
  })

  test('draws one point for each value, none higher than the box', () => {
    const values = new Uint32Array(256).fill(3)
    values[7] = 1_000_000
    const path = histogramPath(values, peakOf([values]), 80)
    expect(path.match(/L/g)).toHaveLength(257)
    expect(path).toContain('L7 0.0L8 0.0')
  })
})
