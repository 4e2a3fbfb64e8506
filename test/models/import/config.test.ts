import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { unetConfigSchema, vaeConfigSchema } from '../../../models/import/config.ts'
import { sinusoid } from '../../../models/import/folding.ts'
import { readJson } from '../../../models/import/json.ts'
import { temporaryFolder } from './fixtures.ts'
import { SMALL_UNET, SMALL_VAE } from './synthetic.ts'

function read<Schema extends z.ZodType>(schema: Schema, content: unknown): z.output<Schema> {
  const path = join(temporaryFolder(), 'config.json')
  writeFileSync(path, JSON.stringify(content))
  return readJson(path, schema)
}

describe('a configuration', () => {
  test('takes the defaults of Diffusers for absent keys: Stable Diffusion 1.x', () => {
    const config = read(unetConfigSchema, {})
    expect(config.block_out_channels).toEqual([320, 640, 1280, 1280])
    expect(config.attention_head_dim).toEqual([8, 8, 8, 8])
    expect(config.layers_per_block).toEqual([2, 2, 2, 2])
    expect(config).toMatchObject({ in_channels: 4, norm_eps: 1e-5, norm_num_groups: 32, flip_sin_to_cos: true })
    expect(read(vaeConfigSchema, {})).toMatchObject({ scaling_factor: 0.18215, shift_factor: 0, use_quant_conv: true })
  })

  test('takes numbers of heads, layers and transformer layers as one value or as a list', () => {
    const config = read(unetConfigSchema, {
      ...SMALL_UNET,
      attention_head_dim: [1, 4],
      layers_per_block: [1, 2],
      transformer_layers_per_block: [2, 1],
    })
    expect(config.attention_head_dim).toEqual([1, 4])
    expect(config.layers_per_block).toEqual([1, 2])
    expect(config.transformer_layers_per_block).toEqual([2, 1])
  })

  test('ignores keys that change nothing', () => {
    expect(() => read(unetConfigSchema, { ...SMALL_UNET, upcast_attention: true, sample_size: 96 })).not.toThrow()
  })

  test.each<[Record<string, unknown>, RegExp]>([
    [
      { down_block_types: ['AttnDownBlock2D', 'DownBlock2D'] },
      /down_block_types\.0: .*CrossAttnDownBlock2D.*got "AttnDownBlock2D"/,
    ],
    [
      { mid_block_type: 'UNetMidBlock2DSimpleCrossAttn' },
      /mid_block_type: .*UNetMidBlock2DCrossAttn.*got "UNetMidBlock2DSimpleCrossAttn"/,
    ],
    [{ num_attention_heads: 8 }, /num_attention_heads: .*null.*got 8/],
    [{ act_fn: 'gelu' }, /act_fn: .*silu.*got "gelu"/],
    [{ dual_cross_attention: true }, /dual_cross_attention: .*false.*got true/],
    [{ resnet_time_scale_shift: 'ada_group' }, /resnet_time_scale_shift: .*scale_shift.*got "ada_group"/],
    [{ class_embed_type: 'timestep' }, /class_embed_type: .*null.*got "timestep"/],
    [{ attention_head_dim: 3 }, /attention_head_dim: expected a divisor of the 8 channels of level 0, got 3/],
    [
      { attention_head_dim: [2] },
      /attention_head_dim: expected 2 values, one for each of block_out_channels, got \[2\]/,
    ],
    [{ up_block_types: ['UpBlock2D'] }, /up_block_types: expected 2 values/],
    [{ norm_num_groups: 16 }, /block_out_channels: expected multiples of norm_num_groups 16, got \[8,16\]/],
    [{ block_out_channels: 'wide' }, /block_out_channels: .*got "wide"/],
  ])('of a UNet is refused with %j', (change, message) => {
    expect(() => read(unetConfigSchema, { ...SMALL_UNET, ...change })).toThrow(message)
  })

  test.each<[Record<string, unknown>, RegExp]>([
    [
      { up_block_types: ['UpDecoderBlock2D', 'AttnUpDecoderBlock2D'] },
      /up_block_types\.1: .*got "AttnUpDecoderBlock2D"/,
    ],
    [{ latents_mean: [0, 0, 0, 0] }, /latents_std: expected 4 values, .* beside latents_mean, got null/],
    [{ latents_mean: [0], latents_std: [1, 1, 1, 1] }, /latents_mean: expected 4 values, .*got \[0\]/],
    [{ latents_mean: [0, 0, 0, 0], latents_std: [1, 1, 0, 1] }, /latents_std: expected values above 0/],
    [{ in_channels: 1 }, /in_channels: .*3.*got 1/],
    [{ in_channels: 24, out_channels: 24 }, /in_channels: expected 3, or 3·p².*got 24/],
    [{ in_channels: 48 }, /out_channels: expected in_channels, 48.*got 3/],
  ])('of an autoencoder is refused with %j', (change, message) => {
    expect(() => read(vaeConfigSchema, { ...SMALL_VAE, ...change })).toThrow(message)
  })
})

describe('the sinusoidal embedding', () => {
  test('has cosines first when flipped, and sines first otherwise', () => {
    const flipped = sinusoid(100, 4, { flip: true, shift: 0 })
    expect(Array.from(flipped)).toEqual([100, 1].map(Math.cos).concat([100, 1].map(Math.sin)))
    const plain = sinusoid(100, 5, { flip: false, shift: 1 })
    expect(Array.from(plain)).toEqual([100, 0.01].map(Math.sin).concat([100, 0.01].map(Math.cos), 0))
  })
})
