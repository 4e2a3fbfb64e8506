import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  fitInside,
  fittedScale,
  isOverFirst,
  layoutPictures,
  modeFor,
  movedBy,
  pixelAt,
  splitAt,
  type View,
  zoomedAbout,
} from '../../client/panels/viewer-layout.ts'

const frame = { width: 1000, height: 600 }
const picture = { width: 400, height: 300 }
const view: View = { mode: 'slider', isCompared: true, zoom: undefined, center: [0.5, 0.5], split: 25 }

test.each([
  ['enlarged', { width: 800, height: 600 }, 'slider'],
  ['enlarged and rounded', { width: 801, height: 599 }, 'slider'],
  ['cut', { width: 300, height: 300 }, 'sides'],
  ['not known yet', { width: 0, height: 0 }, 'slider'],
] as const)('what a picture is compared by that was %s', (_what, after, mode) => {
  expect(modeFor(picture, after)).toBe(mode)
  expect(modeFor(after, picture)).toBe(mode)
})

describe('the layout of compared pictures', () => {
  test('fits a picture and puts the slider inside it', () => {
    expect(layoutPictures(frame, picture, view)).toEqual({
      scale: 2,
      width: 800,
      height: 600,
      top: 0,
      before: 100,
      after: 100,
      edge: 100 + 200,
      start: 100,
      wide: 800,
    })
  })

  test('gives each picture half of the frame side by side, at the same place of the picture', () => {
    const sides: View = { ...view, mode: 'sides', zoom: 4, center: [0.25, 0.5] }
    const { before, after, edge, top } = layoutPictures(frame, picture, sides)
    expect([before, after, edge]).toEqual([250 - 400, 500 + 250 - 400, 500])
    expect(top).toBe(300 - 600)
    expect(fittedScale(frame, picture, sides)).toBe(1.25)
  })

  test('lays one picture over the other whole for the difference', () => {
    const { before, after, edge } = layoutPictures(frame, picture, { ...view, mode: 'difference' })
    expect([before, after, edge]).toEqual([100, 100, 900])
  })

  test('never shows the ground beside a picture that is larger than its place', () => {
    for (const center of [-3, 0, 0.1, 0.9, 1, 7]) {
      const { before, top, width, height } = layoutPictures(frame, picture, {
        ...view,
        zoom: 9,
        center: [center, center],
      })
      expect(before).toBeLessThanOrEqual(0)
      expect(before + width).toBeGreaterThanOrEqual(frame.width)
      expect(top).toBeLessThanOrEqual(0)
      expect(top + height).toBeGreaterThanOrEqual(frame.height)
    }
  })

  test('shows a single picture whatever the mode of comparing was', () => {
    const { edge, after } = layoutPictures(frame, picture, { ...view, mode: 'sides', isCompared: false })
    expect([edge, after]).toEqual([0, 100])
  })
})

describe('a first picture of another shape', () => {
  const box = { left: 100, top: 10, width: 800, height: 600 }

  test('lies in the middle of the box, unstretched; one that differs by whole pixels fills it', () => {
    expect(fitInside(box, { width: 300, height: 300 })).toEqual({ left: 200, top: 10, width: 600, height: 600 })
    expect(fitInside(box, { width: 400, height: 150 })).toEqual({ left: 100, top: 160, width: 800, height: 300 })
    expect(fitInside(box, { width: 133, height: 100 })).toBe(box)
    expect(fitInside(box, { width: 0, height: 0 })).toBe(box)
  })

  test('has the pixel that is seen at a place, and none beside it', () => {
    expect(pixelAt([0.5, 0.5], box, { width: 300, height: 300 })).toEqual([150, 150])
    expect(pixelAt([0.125, 0], box, { width: 300, height: 300 })).toEqual([0, 0])
    expect(pixelAt([0.1, 0.5], box, { width: 300, height: 300 })[0]).toBeLessThan(0)
    expect(pixelAt([0.25, 0.25], box, { width: 80, height: 60 })).toEqual([20, 15])
  })
})

describe('zooming', () => {
  const limits = { least: 1, most: 32 }
  /** The place of a picture, in its pixels, that is under a point of the frame. */
  const under = (now: View, [x, y]: readonly [number, number]) => {
    const { before, after, top, scale } = layoutPictures(frame, picture, now)
    return [(x - (isOverFirst(frame, now, x) ? before : after)) / scale, (y - top) / scale]
  }
  const point = fc.tuple(fc.double({ min: 0, max: 999, noNaN: true }), fc.double({ min: 0, max: 600, noNaN: true }))

  test('leaves what is under the pointer there, whichever of the pictures it is over', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('slider', 'sides', 'flip'),
        point,
        fc.double({ min: 1, max: 2, noNaN: true }),
        (mode, at, factor) => {
          // Large enough that no border comes into the frame.
          const now: View = { ...view, mode, zoom: 8, center: [0.5, 0.5] }
          const next = zoomedAbout(frame, picture, now, at, factor, limits)
          const [was, is] = [under(now, at), under(next, at)]
          expect(is[0]).toBeCloseTo(was[0]!, 6)
          expect(is[1]).toBeCloseTo(was[1]!, 6)
        },
      ),
    )
  })

  test('stays between its limits, and fits again where it comes to that', () => {
    expect(zoomedAbout(frame, picture, { ...view, zoom: 20 }, [500, 300], 9, limits).zoom).toBe(32)
    expect(zoomedAbout(frame, picture, { ...view, zoom: 2.5 }, [500, 300], 0.1, limits).zoom).toBe(1)
    const fitted = zoomedAbout(frame, picture, { ...view, zoom: 4, center: [0.1, 0.9] }, [500, 300], 0.5, limits)
    expect([fitted.zoom, fitted.center]).toEqual([undefined, [0.5, 0.5]])
  })

  test('of a picture that is larger than the frame ends where it fits, below one to one', () => {
    const large = { width: 4000, height: 3000 }
    const { zoom } = zoomedAbout(frame, large, { ...view, zoom: 0.3 }, [500, 300], 0.1, limits)
    expect(zoom).toBeUndefined()
  })
})

test('moving goes as far as the pointer, and no further than the edge of the picture', () => {
  const now: View = { ...view, zoom: 8, center: [0.5, 0.5] }
  expect(movedBy(frame, picture, now, [320, -240]).center).toEqual([0.4, 0.6])
  expect(movedBy(frame, picture, now, [1e5, -1e5]).center).toEqual([0, 1])
})

test('the divider comes to where the pointer is, inside the picture', () => {
  const layout = layoutPictures(frame, picture, view)
  expect([0, 100, 300, 900, 1000].map((x) => splitAt(layout, x))).toEqual([0, 0, 25, 100, 100])
})
