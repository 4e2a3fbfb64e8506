import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'

export const upscaleModelLoader = defineNode({
  id: 'UpscaleModelLoader',
  title: 'Load Upscale Model',
  summary: 'Opens an installed upscaler (Real-ESRGAN, SPAN and their kin, or any ONNX); its weights load on first use.',
  inputs: {},
  parameters: z.object({
    model_name: z.string().meta({ optionsFrom: 'upscale_models', tooltip: 'Bring one with gendr import FILE.' }),
  }),
  outputs: { upscale_model: { type: 'UPSCALE_MODEL' } },
  fingerprint: ({ model_name }, context) => context.models.fingerprint(model_name),
  async run(_inputs, { model_name }, context) {
    return { upscale_model: await context.models.openUpscaler(model_name) }
  },
})
