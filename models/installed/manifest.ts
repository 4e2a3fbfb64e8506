import { z } from 'zod'

/** A name that leads nowhere but to a file of the same folder. */
export const fileNameSchema = z.string().regex(/^(?!\.{1,2}$)[^/\\:\p{Cc}]+$/u, 'a file beside the manifest')

const fileSchema = z.strictObject({
  path: fileNameSchema,
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

const nameSchema = z.string().regex(/^[a-z0-9][a-z0-9._-]*$/i)

/** How strong a setting's grain is, as a multiple of what the gate of the grain says (nodes/pixels/grain.ts). */
export const grainSchema = z.number().min(0).max(16)

/** What every model says of itself; `graphs` are its ONNX graphs by part. */
const modelOf = <Kind extends string, Constants extends z.ZodType, Graphs extends z.ZodRawShape>(
  kind: Kind,
  constants: Constants,
  graphs: Graphs,
) =>
  z.strictObject({
    kind: z.literal(kind),
    version: z.literal(1),
    name: nameSchema,
    description: z.string(),
    licence: z.string(),
    source: z.string(),
    madeBy: z.string(),
    precision: z.enum(['fp32', 'fp16', 'int8']),
    parameters: z.int().min(0),
    constants,
    /** ONNX graphs from float32 NCHW to one output of that kind; all have one input but the transfer. */
    graphs: z.strictObject(graphs),
    /** Graphs that take the place of those, part by part, on some providers. */
    variants: z
      .strictObject({
        cpu: z.strictObject(graphs).partial().optional(),
        cuda: z.strictObject(graphs).partial().optional(),
      })
      .optional(),
    /** Weights that the graphs refer to as external data, and what another timestep or prompt is folded from. */
    weights: z.array(fileSchema),
  })

/** One-step restorers: what their one call is asked with, and what its answer means. */
const restorerConstants = z.strictObject({
  /** Pixels per sample of the UNet's input on each axis. */
  factor: z.int().min(1).max(64),
  /** Tiles are padded to a multiple of this many pixels. */
  paddingMultiple: z.int().min(1).max(1024),
  timestep: z.number(),
  alpha: z.number().gt(0).lt(1),
  beta: z.number().gt(0).lt(1),
  prediction: z.enum(['epsilon', 'sample', 'v_prediction']),
  colorTransfer: z.strictObject({
    /** `gated` is the model's own, by its graphs `measures`, `gates`, `transfer` and `transferAll`. */
    method: z.enum(['none', 'wavelet', 'adain', 'gated']),
    levels: z.int().min(1).max(10),
  }),
})

const latentConstants = z.strictObject({
  latentChannels: z.int().min(1).max(256),
  ...restorerConstants.shape,
  scale: z.number(),
  shift: z.number(),
})

const conditioningSchemas = {
  /** Of models whose timestep and prompt can be changed: the prompts that there are, and the one that is folded in. */
  conditioning: z
    .strictObject({
      prompts: z.array(nameSchema).min(1),
      prompt: nameSchema,
      /** The timestep of every prompt, where they differ. */
      timesteps: z.record(nameSchema, z.number().min(0)).optional(),
      /** The film grain that follows prompts, as a multiple of what the transfer's gate says; of the others none. */
      grain: z.record(nameSchema, grainSchema).optional(),
      /** How the time embedding is computed: Diffusers' flip_sin_to_cos and freq_shift. */
      flipSinToCos: z.boolean(),
      freqShift: z.number(),
    })
    .optional(),
  /** What was merged into the weights. */
  loras: z.array(z.strictObject({ file: z.string(), scale: z.number() })).optional(),
}

/** Of a transfer that was trained with the model. */
const transferGraphs = {
  measures: fileSchema.optional(),
  gates: fileSchema.optional(),
  transfer: fileSchema.optional(),
  transferAll: fileSchema.optional(),
}

/** Encoder, UNet and decoder; `fused` is all of them with the one step between, pixels to pixels. */
const latentSchema = modelOf('gendr-latent', latentConstants, {
  encoder: fileSchema,
  unet: fileSchema,
  decoder: fileSchema,
  fused: fileSchema.optional(),
  ...transferGraphs,
}).extend(conditioningSchemas)

/** A UNet between pixel unshuffle and pixel shuffle: pixels to the prediction in pixels. */
const pixelSchema = modelOf('gendr-pixel', restorerConstants, {
  unet: fileSchema,
  ...transferGraphs,
}).extend(conditioningSchemas)

const upscalerConstants = z.strictObject({
  /** What it is, such as RRDBNet or ONNX. */
  architecture: z.string(),
  scale: z.int().min(1).max(16),
  /** 3, or 1 for networks that take every channel by itself. */
  channels: z.union([z.literal(1), z.literal(3)]),
  /** Tiles are padded to a multiple of this many pixels. */
  paddingMultiple: z.int().min(1).max(1024),
  /** The one size that a fixed graph takes. */
  size: z.strictObject({ width: z.int().min(1), height: z.int().min(1) }).optional(),
})

/** Super-resolution in one call: pixels in 0..1 to more of them. */
const upscalerSchema = modelOf('upscaler', upscalerConstants, { upscaler: fileSchema })

/** `manifest.json` of a model folder. */
export const manifestSchema = z
  .discriminatedUnion('kind', [latentSchema, pixelSchema, upscalerSchema])
  .refine(
    (manifest) =>
      manifest.kind === 'upscaler' ||
      Object.keys(transferGraphs).every(
        (part) => (manifest.constants.colorTransfer.method === 'gated') === part in manifest.graphs,
      ),
    {
      path: ['graphs'],
      error: `${Object.keys(transferGraphs).join(', ')} where, and only where, the colour transfer is gated`,
    },
  )

export const restorerConstantsSchema = restorerConstants
export const modelNameSchema = nameSchema

export type Manifest = z.infer<typeof manifestSchema>
export type LatentManifest = z.infer<typeof latentSchema>
export type PixelManifest = z.infer<typeof pixelSchema>
export type UpscalerManifest = z.infer<typeof upscalerSchema>
/** One-step restorers of both kinds. */
export type RestorerManifest = LatentManifest | PixelManifest
export type ManifestFile = z.infer<typeof fileSchema>

/** A provider with graphs of its own. */
export type VariantProvider = keyof NonNullable<Manifest['variants']>
