import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromOklab, type Oklab, toOklab } from '../../../nodes/image/oklab.ts'

test('in Oklab red has the published coordinates, and every colour comes back', () => {
  const lab: Oklab = [0, 0, 0]
  toOklab(1, 0, 0, lab)
  ;[0.628, 0.2249, 0.1258].forEach((value, i) => {
    expect(lab[i]).toBeCloseTo(value, 3)
  })
  const unit = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(unit, unit, unit, (red, green, blue) => {
      const rgb: [number, number, number] = [0, 0, 0]
      toOklab(red, green, blue, lab)
      fromOklab(lab, rgb)
      ;[red, green, blue].forEach((value, i) => {
        expect(rgb[i]).toBeCloseTo(value, 5)
      })
    }),
  )
})
