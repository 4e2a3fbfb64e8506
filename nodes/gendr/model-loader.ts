import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'

export const gendrModelLoader = defineNode({
  id: 'GenDRModelLoader',
  title: 'Load GenDR Model',
  summary: 'Opens an installed one-step restoration model; its weights load on first use.',
  inputs: {},
  parameters: z.object({
    model_name: z.string().default('gendr-nano').meta({
      optionsFrom: 'gendr_models',
      tooltip: 'The installed models; bring others with gendr import.',
    }),
    setting: z.string().default('default').meta({
      optional: true,
      optionsFrom: 'gendr_settings',
      tooltip: 'What the model is asked for, where it knows several: gendr-nano is faithful or, by default, detailed.',
    }),
  }),
  outputs: { model: { type: 'GENDR_MODEL' } },
  fingerprint: ({ model_name }, context) => context.models.fingerprint(model_name),
  async run(_inputs, { model_name, setting }, context) {
    return { model: await context.models.open(model_name, setting) }
  },
})
