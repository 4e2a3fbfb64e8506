import { z } from 'zod'

const fileSchema = z.strictObject({
  path: z.string().regex(/^[\w.-]+$/, 'a file beside the manifest'),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

const nameSchema = z.string().regex(/^[a-z0-9][a-z0-9._-]*$/i)

/** `manifest.json` of a model folder. */
export const manifestSchema = z.strictObject({
  kind: z.literal('gendr-latent'),
  version: z.literal(1),
  name: nameSchema,
  description: z.string(),
  licence: z.string(),
  source: z.string(),
  madeBy: z.string(),
  precision: z.enum(['fp32', 'fp16', 'int8']),
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
  /** Weights that the graphs refer to as external data, and what another timestep or prompt is folded from. */
  weights: z.array(fileSchema),
  /** Of models whose timestep and prompt can be changed: the prompts that there are, and the one that is folded in. */
  conditioning: z
    .strictObject({
      prompts: z.array(nameSchema).min(1),
      prompt: nameSchema,
      /** How the time embedding is computed: Diffusers' flip_sin_to_cos and freq_shift. */
      flipSinToCos: z.boolean(),
      freqShift: z.number(),
    })
    .optional(),
  /** What was merged into the weights. */
  loras: z.array(z.strictObject({ file: z.string(), scale: z.number() })).optional(),
})

export type Manifest = z.infer<typeof manifestSchema>
export type ManifestFile = z.infer<typeof fileSchema>
