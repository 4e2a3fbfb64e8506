import { describe, expect, test } from 'vitest'
import { fitInside, fittedScale, layoutPictures, pixelAt, type View } from '../../client/panels/viewer-layout.ts'

const frame = { width: 1000, height: 600 }
const picture = { width: 400, height: 300 }
const view: View = { mode: 'slider', isCompared: true, zoom: undefined, center: [0.5, 0.5], split: 25 }

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
