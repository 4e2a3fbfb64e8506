import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tileWeights } from '../../../nodes/pixels/tile-weights.ts'
import { cutTile, TileMerger } from '../../../nodes/pixels/tiles.ts'
import { tileLayout, tileSpans } from '../../../nodes/sdk/tile-spans.ts'
import type { Frame, TileLayout } from '../../../nodes/sdk/values.ts'

/** Tile size in steps of 8 from 64 to 1024, overlap from none to half. */
const tilings = fc
  .record({ tile: fc.integer({ min: 8, max: 128 }), part: fc.double({ min: 0, max: 0.5, noNaN: true }) })
  .map(({ tile, part }) => ({ tile: tile * 8, overlap: Math.floor(tile * 8 * part) }))

describe('the spans of an axis', () => {
  test('cover it, end at its edge, start on multiples of 8 and overlap enough', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), tilings, (length, { tile, overlap }) => {
        const spans = tileSpans(length, tile, overlap)
        expect(spans[0]!.start).toBe(0)
        expect(spans.at(-1)!.end).toBe(length)
        spans.forEach((span, i) => {
          expect(span.start % 8).toBe(0)
          expect(span.end - span.start).toBeLessThanOrEqual(tile)
          expect(span.end).toBeGreaterThan(span.start)
          if (i > 0) expect(spans[i - 1]!.end - span.start).toBeGreaterThanOrEqual(overlap)
          if (i > 0) expect(span.start).toBeGreaterThan(spans[i - 1]!.start)
        })
      }),
      { numRuns: 2000 },
    )
  })

  test('are as few as overlap enough, also where the overlap is no multiple of 8', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), tilings, (length, { tile, overlap }) => {
        const stride = 8 * Math.floor((tile - overlap) / 8)
        const fewest = length <= tile ? 1 : Math.ceil((length - tile) / stride) + 1
        expect(tileSpans(length, tile, overlap)).toHaveLength(fewest)
      }),
    )
  })

  test('are spread evenly', () => {
    const starts = tileSpans(1000, 512, 64).map(({ start }) => start)
    expect(starts).toEqual([0, 304, 616])
  })

  test('are no longer than their number needs, so that little is done twice', () => {
    expect(tileSpans(1024, 512, 64).map(({ start, end }) => end - start)).toEqual([384, 384, 384])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 2, max: 16 }), (length, tile) => {
        const overlap = 16 * tile
        const spans = tileSpans(length, 64 * tile, overlap)
        const done = spans.reduce((sum, { start, end }) => sum + end - start, 0)
        expect(done).toBeLessThanOrEqual(length + (spans.length - 1) * overlap + 128 * spans.length)
      }),
    )
  })
})

describe('the weights of an axis', () => {
  test('sum to one at every sample, also where three spans meet', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), tilings, (length, { tile, overlap }) => {
        const spans = tileSpans(length, tile, overlap)
        const sums = new Float64Array(length)
        tileWeights(spans).forEach((weights, i) => {
          expect(weights.length).toBe(spans[i]!.end - spans[i]!.start)
          weights.forEach((weight, k) => {
            expect(weight).toBeGreaterThan(0)
            sums[spans[i]!.start + k]! += weight
          })
        })
        for (const sum of sums) expect(Math.abs(sum - 1)).toBeLessThan(1e-6)
      }),
      { numRuns: 300 },
    )
  })
})

describe('split then merge', () => {
  const depths = {
    uint8: (length: number, next: () => number) => Uint8Array.from({ length }, () => next() * 256),
    uint16: (length: number, next: () => number) => Uint16Array.from({ length }, () => next() * 65536),
    float32: (length: number, next: () => number) => Float32Array.from({ length }, () => next() * 3 - 1),
  }

  test.each(Object.entries(depths))(
    'of an untouched %s picture gives it back to the last bit',
    (_depth, make) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 2000 }),
          fc.integer({ min: 1, max: 1500 }),
          tilings,
          fc.integer({ min: 1, max: 2 ** 31 }),
          (width, height, { tile, overlap }, seed) => {
            let state = seed
            const next = () => {
              state = (Math.imul(state, 1664525) + 1013904223) >>> 0
              return state / 2 ** 32
            }
            const frame: Frame = { width, height, channels: 1, data: make(width * height, next) }
            const merged = splitAndMerge(frame, tileLayout(width, height, tile, overlap))
            expect(Buffer.compare(bytes(merged), bytes(frame))).toBe(0)
          },
        ),
        { numRuns: 40 },
      )
    },
    120_000,
  )

  test('blends tiles that differ by their weights', () => {
    const layout = tileLayout(112, 8, 64, 16)
    expect(layout.columns).toEqual([
      { start: 0, end: 64 },
      { start: 48, end: 112 },
    ])
    const merger = new TileMerger(layout)
    for (const value of [0, 1]) {
      merger.add({ width: 64, height: 8, channels: 1, data: new Float32Array(64 * 8).fill(value) })
    }
    const { data } = merger.finish()
    const [, weights] = tileWeights(layout.columns)
    for (let x = 0; x < 112; x++) expect(data[x]).toBeCloseTo(x < 48 ? 0 : weights![x - 48]!, 6)
  })

  test('says so when tiles are missing', () => {
    expect(() => new TileMerger(tileLayout(100, 100, 64, 8)).finish()).toThrow(/0 of 4 tiles/)
  })
})

function splitAndMerge(frame: Frame, layout: TileLayout): Frame {
  const merger = new TileMerger(layout)
  layout.rows.forEach((_, row) => {
    layout.columns.forEach((_, column) => {
      merger.add(cutTile(frame, layout, row, column))
    })
  })
  return merger.finish()
}

function bytes({ data }: Frame): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
