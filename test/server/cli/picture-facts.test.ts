import sharp from 'sharp'
import { expect, test } from 'vitest'
import { pictureFacts } from '../../../server/cli/picture-facts.ts'

const picture = (alpha: number) =>
  sharp({ create: { width: 30, height: 20, channels: 4, background: { r: 1, g: 2, b: 3, alpha } } })

test('how many pixels a picture has, and whether anything shows through', async () => {
  expect(await pictureFacts(await picture(1).jpeg().toBuffer(), 1e6)).toEqual({ pixels: 600, hasAlpha: false })
  expect(await pictureFacts(await picture(0.5).png().toBuffer(), 1e6)).toEqual({ pixels: 600, hasAlpha: true })
})

test('an alpha that is opaque throughout lets nothing through', async () => {
  expect((await pictureFacts(await picture(1).png().toBuffer(), 1e6)).hasAlpha).toBe(false)
})

test.each(['', 'no picture'])("of '%s' nothing is known", async (text) => {
  expect(await pictureFacts(Buffer.from(text), 1e6)).toEqual({ pixels: 0, hasAlpha: false })
})
