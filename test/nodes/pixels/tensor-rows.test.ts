import { describe, expect, test } from 'vitest'
import { cropRows, stackRows } from '../../../nodes/pixels/tensor-rows.ts'
import type { Tensor } from '../../../nodes/sdk/values.ts'

const whole: Tensor = { data: Float32Array.from({ length: 2 * 5 * 3 }, (_, i) => i), dims: [1, 2, 5, 3] }

describe('rows of a tensor', () => {
  test('are cut out of every channel', () => {
    const { data, dims } = cropRows(whole, 1, 3)
    expect(dims).toEqual([1, 2, 2, 3])
    expect([...data]).toEqual([3, 4, 5, 6, 7, 8, 18, 19, 20, 21, 22, 23])
  })

  test('all of them are a copy, of which the buffer can be given away', () => {
    const copy = cropRows(whole, 0, 5)
    expect(copy).toEqual(whole)
    expect(copy.data.buffer).not.toBe(whole.data.buffer)
    expect(stackRows([whole])).toBe(whole)
  })

  test('come together again wherever they were cut', () => {
    for (let first = 1; first <= 4; first++) {
      const parts = [cropRows(whole, 0, first), cropRows(whole, first, 4), cropRows(whole, 4, 5)]
      expect(stackRows(parts)).toEqual(whole)
    }
  })
})
