import { describe, expect, test } from 'vitest'
import { colorTransfer } from '../../../nodes/gendr/color-transfer.ts'
import { noiseFrame, testContext } from '../context.ts'

describe('ColorTransfer', () => {
  test("refuses a model's own transfer without the model", async () => {
    const image = { frames: [noiseFrame(9, 8)] }
    const inputs = { image, reference: image, model: undefined }
    await expect(
      colorTransfer.run(inputs, { method: 'model', levels: 5, grain: 1 }, testContext()),
    ).rejects.toMatchObject({
      code: 'invalid_input',
      remedy: expect.stringContaining('Load GenDR Model'),
    })
  })
})
