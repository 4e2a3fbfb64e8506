import { z } from 'zod'

/*
 * config.json of the two parts as Diffusers writes them. Absent keys take Diffusers' defaults. Keys that would change
 * the computation in ways that no layer here knows must have their neutral value. Other keys are ignored.
 */

export type UnetConfig = z.output<typeof unetConfigSchema>
export type VaeConfig = z.output<typeof vaeConfigSchema>

const width = z.int().min(1)
const widths = z.array(width).min(1)
const widthOrWidths = z.union([width, widths], 'expected a whole number from 1 up, or a list of them')

/** One number for each latent channel. */
const statistics = z.array(z.number()).nullable()

/** The key must be absent or null. */
const absent = z.null().default(null)
const activation = z.enum(['silu', 'swish']).default('silu')

/** A value for each level, given as one for all or as a list. */
function perLevel(value: number | readonly number[], levels: number): readonly number[] {
  return typeof value === 'number' ? Array.from({ length: levels }, () => value) : value
}

const unetKeys = z.object({
  in_channels: width.default(4),
  out_channels: width.default(4),
  block_out_channels: widths.default([320, 640, 1280, 1280]),
  down_block_types: z
    .array(z.enum(['CrossAttnDownBlock2D', 'DownBlock2D']))
    .default(['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D']),
  mid_block_type: z.enum(['UNetMidBlock2DCrossAttn', 'UNetMidBlock2D']).nullable().default('UNetMidBlock2DCrossAttn'),
  up_block_types: z
    .array(z.enum(['CrossAttnUpBlock2D', 'UpBlock2D']))
    .default(['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D']),
  layers_per_block: widthOrWidths.default(2),
  transformer_layers_per_block: widthOrWidths.default(1),
  /** The number of heads: Diffusers' misnomer, kept for old files. */
  attention_head_dim: widthOrWidths.default(8),
  cross_attention_dim: widthOrWidths.default(1280),
  norm_num_groups: width.default(32),
  norm_eps: z.number().positive().default(1e-5),
  downsample_padding: z.union([z.literal(0), z.literal(1)], 'expected 0 or 1').default(1),
  flip_sin_to_cos: z.boolean().default(true),
  freq_shift: z.number().default(0),
  time_embedding_dim: width.nullable().default(null),
  resnet_time_scale_shift: z.enum(['default', 'scale_shift']).default('default'),

  act_fn: activation,
  center_input_sample: z.literal(false).default(false),
  only_cross_attention: z.literal(false).default(false),
  dual_cross_attention: z.literal(false).default(false),
  class_embeddings_concat: z.literal(false).default(false),
  mid_block_scale_factor: z.literal(1).default(1),
  resnet_skip_time_act: z.literal(false).default(false),
  resnet_out_scale_factor: z.literal(1).default(1),
  time_embedding_type: z.literal('positional').default('positional'),
  attention_type: z.literal('default').default('default'),
  conv_in_kernel: z.literal(3).default(3),
  conv_out_kernel: z.literal(3).default(3),
  num_attention_heads: absent,
  num_class_embeds: absent,
  class_embed_type: absent,
  addition_embed_type: absent,
  encoder_hid_dim: absent,
  encoder_hid_dim_type: absent,
  time_embedding_act_fn: absent,
  timestep_post_act: absent,
  time_cond_proj_dim: absent,
  cross_attention_norm: absent,
  mid_block_only_cross_attention: z.literal(false).nullable().default(null),
  reverse_transformer_layers_per_block: absent,
})

const UNET_LISTS = [
  'down_block_types',
  'up_block_types',
  'layers_per_block',
  'transformer_layers_per_block',
  'attention_head_dim',
  'cross_attention_dim',
] as const

/** unet/config.json of a UNet2DConditionModel; what may differ by level comes out as a list, outermost level first. */
export const unetConfigSchema = unetKeys
  .superRefine((config, context) => {
    requireLevels(config, UNET_LISTS, context)
    requireGroups(config, context)
    perLevel(config.attention_head_dim, config.block_out_channels.length).forEach((heads, level) => {
      const channels = config.block_out_channels[level]
      if (channels && channels % heads) {
        const message = `expected a divisor of the ${channels} channels of level ${level}`
        context.addIssue({ code: 'custom', path: ['attention_head_dim'], message, input: heads })
      }
    })
  })
  .transform((config) => {
    const levels = config.block_out_channels.length
    return {
      ...config,
      layers_per_block: perLevel(config.layers_per_block, levels),
      transformer_layers_per_block: perLevel(config.transformer_layers_per_block, levels),
      attention_head_dim: perLevel(config.attention_head_dim, levels),
      cross_attention_dim: perLevel(config.cross_attention_dim, levels),
    }
  })

/** The widths of the prompts that cross attentions read; none where there are no such. */
export function promptWidths(config: UnetConfig): readonly number[] {
  const levels = config.cross_attention_dim.filter(
    (_, level, { length }) =>
      config.down_block_types[level] === 'CrossAttnDownBlock2D' ||
      config.up_block_types[length - 1 - level] === 'CrossAttnUpBlock2D' ||
      (level === length - 1 && config.mid_block_type === 'UNetMidBlock2DCrossAttn'),
  )
  return [...new Set(levels)]
}

/** vae/config.json of an AutoencoderKL. */
export const vaeConfigSchema = z
  .object({
    /** 3, or 3·p² where squares of p × p pixels are the channels. */
    in_channels: width.default(3),
    out_channels: width.default(3),
    block_out_channels: widths.default([64]),
    down_block_types: z.array(z.literal('DownEncoderBlock2D')).default(['DownEncoderBlock2D']),
    up_block_types: z.array(z.literal('UpDecoderBlock2D')).default(['UpDecoderBlock2D']),
    layers_per_block: width.default(1),
    latent_channels: width.default(4),
    norm_num_groups: width.default(32),
    scaling_factor: z.number().positive().default(0.18215),
    shift_factor: z
      .number()
      .nullable()
      .default(null)
      .transform((shift) => shift ?? 0),
    use_quant_conv: z.boolean().default(true),
    use_post_quant_conv: z.boolean().default(true),
    mid_block_add_attention: z.boolean().default(true),
    latents_mean: statistics.default(null),
    latents_std: statistics.default(null),

    act_fn: activation,
  })
  .superRefine((config, context) => {
    requireLevels(config, ['down_block_types', 'up_block_types'], context)
    requireGroups(config, context)
    requirePatches(config, context)
    requireStatistics(config, context)
  })

/** Side of the squares of pixels whose values are so many channels; 1 where these are a pixel's own, a fraction where they are no square's. */
export function sideOfSquares(channels: number): number {
  return Math.sqrt(channels / 3)
}

/** Three channels for each pixel of a square, as many given as taken. */
function requirePatches(
  { in_channels, out_channels }: { readonly in_channels: number; readonly out_channels: number },
  context: z.RefinementCtx,
): void {
  if (!Number.isInteger(sideOfSquares(in_channels)))
    context.addIssue({
      code: 'custom',
      path: ['in_channels'],
      message: 'expected 3, or 3·p² for squares of p × p pixels',
      input: in_channels,
    })
  if (out_channels !== in_channels)
    context.addIssue({
      code: 'custom',
      path: ['out_channels'],
      message: `expected in_channels, ${in_channels}`,
      input: out_channels,
    })
}

/** Both or neither, one value for each latent channel, and no division by 0. */
function requireStatistics(
  config: Record<'latents_mean' | 'latents_std', readonly number[] | null> & { readonly latent_channels: number },
  context: z.RefinementCtx,
): void {
  const { latents_mean, latents_std, latent_channels } = config
  if (!latents_mean && !latents_std) return
  for (const key of ['latents_mean', 'latents_std'] as const)
    if (config[key]?.length !== latent_channels) {
      const message = `expected ${latent_channels} values, one for each of latent_channels, beside ${key === 'latents_mean' ? 'latents_std' : 'latents_mean'}`
      context.addIssue({ code: 'custom', path: [key], message, input: config[key] })
    }
  if (latents_std?.some((deviation) => deviation <= 0)) {
    const message = 'expected values above 0'
    context.addIssue({ code: 'custom', path: ['latents_std'], message, input: latents_std })
  }
}

/** Lists must have one value for each level. */
function requireLevels<Key extends string>(
  config: { readonly block_out_channels: readonly number[] } & Readonly<Record<Key, unknown>>,
  keys: readonly Key[],
  context: z.RefinementCtx,
): void {
  const levels = config.block_out_channels.length
  for (const key of keys) {
    const value = config[key]
    if (Array.isArray(value) && value.length !== levels) {
      const message = `expected ${levels} values, one for each of block_out_channels`
      context.addIssue({ code: 'custom', path: [key], message, input: value })
    }
  }
}

/** Group normalisation needs widths that its groups divide. */
function requireGroups(
  {
    block_out_channels,
    norm_num_groups,
  }: { readonly block_out_channels: readonly number[]; readonly norm_num_groups: number },
  context: z.RefinementCtx,
): void {
  if (block_out_channels.some((channels) => channels % norm_num_groups)) {
    const message = `expected multiples of norm_num_groups ${norm_num_groups}`
    context.addIssue({ code: 'custom', path: ['block_out_channels'], message, input: block_out_channels })
  }
}
