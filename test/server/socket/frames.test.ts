import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RestorationError } from '../../../nodes/sdk/error.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../../server/protocol/frames.ts'

const bytes = fc.uint8Array({ maxLength: 100 })
const frames: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    type: fc.constant('preview' as const),
    format: fc.constantFrom('image/jpeg' as const, 'image/png' as const),
    bytes,
  }),
  fc.record({
    type: fc.constant('attachment' as const),
    metadata: fc.record({ name: fc.string({ minLength: 1 }) }),
    bytes,
  }),
  fc.record({
    type: fc.constant('result' as const),
    metadata: fc.record({
      prompt_id: fc.string(),
      node_id: fc.string(),
      index: fc.nat(),
      filename: fc.string(),
      format: fc.string(),
    }),
    bytes,
  }),
)

describe('binary frames', () => {
  test('are read as they were written', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(decodeFrame(encodeFrame(frame))).toEqual(frame)
      }),
    )
  })

  test('any other bytes are refused with an error of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (data) => {
        try {
          decodeFrame(data)
        } catch (error) {
          expect(error).toBeInstanceOf(RestorationError)
        }
      }),
    )
  })

  test('a preview has ComfyUI’s bytes', () => {
    const frame = encodeFrame({ type: 'preview', format: 'image/png', bytes: Uint8Array.of(137, 80) })
    expect([...frame]).toEqual([0, 0, 0, 1, 0, 0, 0, 2, 137, 80])
  })
})
