import { z } from 'zod'

const fileSchema = z.strictObject({
  path: z.string().regex(/^[\w.-]+$/, 'a file beside the manifest'),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

/** `manifest.json` of a model folder. */
export const manifestSchema = z.strictObject({
  kind: z.literal('gendr-latent'),
  version: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/i),
  description: z.string(),
  licence: z.string(),
  source: z.string(),
  madeBy: z.string(),
  precision: z.enum(['fp32', 'fp16']),
  parameters: z.int().min(1),
  constants: z.strictObject({
    latentChannels: z.int().min(1).max(256),
    factor: z.int().min(1).max(64),
    paddingMultiple: z.int().min(1).max(1024),
    scale: z.number(),
    shift: z.number(),
    timestep: z.number(),
    alpha: z.number().gt(0).lt(1),
    beta: z.number().gt(0).lt(1),
    prediction: z.enum(['epsilon', 'sample', 'v_prediction']),
    colorTransfer: z.strictObject({
      method: z.enum(['none', 'wavelet', 'adain']),
      levels: z.int().min(1).max(10),
    }),
  }),
  /** ONNX graphs; each has one input and one output, float32 NCHW. */
  graphs: z.strictObject({ encoder: fileSchema, unet: fileSchema, decoder: fileSchema }),
  /** Weights that the graphs refer to as external data. */
  weights: z.array(fileSchema),
})

export type Manifest = z.infer<typeof manifestSchema>
export type ManifestFile = z.infer<typeof fileSchema>
