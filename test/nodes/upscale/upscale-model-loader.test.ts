import { expect, test } from 'vitest'
import { upscaleModelLoader } from '../../../nodes/upscale/upscale-model-loader.ts'
import { doublingModel, testContext } from '../context.ts'

test('an upscaler is opened by its name, and its result is another when the file is', async () => {
  const context = testContext()
  const parameters = { model_name: 'doubling' }
  expect(await upscaleModelLoader.run({}, parameters, context)).toEqual({ upscale_model: doublingModel })
  const print = (of: string) =>
    upscaleModelLoader.fingerprint!(parameters, {
      ...context,
      models: { ...context.models, fingerprint: async (name) => `${of} ${name}` },
    })
  expect(await print('this')).not.toBe(await print('that'))
})
