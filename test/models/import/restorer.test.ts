import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Conditioning } from '../../../models/import/conditioning.ts'
import { unetConfigSchema, vaeConfigSchema } from '../../../models/import/config.ts'
import { type Feature, GraphBuilder } from '../../../models/import/graph-builder.ts'
import { importCheckpoint } from '../../../models/import/import.ts'
import type { Network } from '../../../models/import/network.ts'
import { randomValues } from '../../../models/import/random.ts'
import { recondition } from '../../../models/import/recondition.ts'
import type { StoredTensor } from '../../../models/import/stored-tensor.ts'
import { unet as drawUnet } from '../../../models/import/unet.ts'
import { decoder, encoder } from '../../../models/import/vae.ts'
import type { TensorSource } from '../../../models/import/weights.ts'
import { costOf } from '../../../models/import/work.ts'
import { openModelFolder } from '../../../models/installed/folder.ts'
import type { RestorerManifest } from '../../../models/installed/manifest.ts'
import { stepCoefficients } from '../../../nodes/sdk/one-step.ts'
import { CHECKPOINTS, type Dense, runGraph, temporaryFolder } from './fixtures.ts'
import {
  type Config,
  encodeSafetensors,
  SMALL_UNET,
  SMALL_VAE,
  type Synthetic,
  syntheticTensors,
  writeCheckpoint,
} from './synthetic.ts'

const noise = (dims: readonly number[]): Dense => ({
  dims,
  data: randomValues({ name: 'noise', shape: dims }, 1).map((value) => value / 20),
})

const mapped = ({ data, dims }: Dense, change: (value: number, index: number) => number): Dense => ({
  data: data.map(change),
  dims,
})

describe.each(['tiny-a', 'tiny-b'])('the fused graph of %s', (name) => {
  test.each(['base', 'cpu'] as const)('is encoder, UNet, step and decoder one after the other: %s', async (which) => {
    const output = join(temporaryFolder(), name)
    const { constants } = (await importCheckpoint({
      source: join(CHECKPOINTS, name),
      output,
      name,
      timestep: 499,
    })) as Extract<RestorerManifest, { kind: 'gendr-latent' }>
    const { graphs, variants } = await openModelFolder(output)
    const pixels = noise([1, 3, 64, 96])
    const latent = mapped(await runGraph(graphs.encoder, pixels), (z) => (z - constants.shift) * constants.scale)
    const prediction = await runGraph(graphs.unet, latent)
    const { own, predicted } = stepCoefficients(constants)
    const clean = mapped(
      latent,
      (z, i) => (own * z + predicted * prediction.data[i]!) / constants.scale + constants.shift,
    )
    const expected = await runGraph(graphs.decoder, clean)
    const fused = await runGraph((which === 'cpu' ? variants.cpu! : graphs).fused, pixels)
    expect(fused.dims).toEqual(expected.dims)
    const spread = Math.sqrt(expected.data.reduce((sum, value) => sum + value * value, 0) / expected.data.length)
    fused.data.forEach((value, i) => {
      if (Math.abs(value - expected.data[i]!) > 2e-4 * spread) expect(value).toBeCloseTo(expected.data[i]!, 5)
    })
  })
})

test('the fused graph brings no weights of its own', async () => {
  const folder = temporaryFolder()
  writeCheckpoint(join(folder, 'c'), { unet: SMALL_UNET, vae: SMALL_VAE }, syntheticTensors(SMALL_UNET, SMALL_VAE))
  const { weights } = await importCheckpoint({
    source: join(folder, 'c'),
    output: join(folder, 'm'),
    name: 'm',
    timestep: 1,
    copy: true,
  })
  const bytes = weights.find(({ path }) => path === 'weights.bin')!.bytes
  const { parameters } = await importCheckpoint({
    source: join(folder, 'c'),
    output: join(folder, 'n'),
    name: 'n',
    timestep: 1,
  })
  expect(bytes).toBeLessThan(4.2 * parameters)
})

describe('a folder without an autoencoder', () => {
  const unet = { ...SMALL_UNET, in_channels: 12, out_channels: 12 }
  const write = (directory: string, config = unet) => {
    const { vae: _, ...tensors } = syntheticTensors(config, { ...SMALL_VAE, latent_channels: 12 })
    writePixelCheckpoint(directory, config, tensors)
  }

  test('is a restorer of pixels: unshuffle, UNet, shuffle', async () => {
    const folder = temporaryFolder()
    write(join(folder, 'c'))
    const manifest = await importCheckpoint({
      source: join(folder, 'c'),
      output: join(folder, 'm'),
      name: 'm',
      timestep: 9,
    })
    expect(manifest).toMatchObject({ kind: 'gendr-pixel', constants: { factor: 2, paddingMultiple: 4 } })
    // The same UNet as that of a restorer of latents.
    writeCheckpoint(
      join(folder, 'l'),
      { unet, vae: { ...SMALL_VAE, latent_channels: 12 } },
      syntheticTensors(unet, { ...SMALL_VAE, latent_channels: 12 }),
    )
    await importCheckpoint({ source: join(folder, 'l'), output: join(folder, 'n'), name: 'n', timestep: 9 })
    const pixels = noise([2, 3, 12, 20])
    const whole = await runGraph((await openModelFolder(join(folder, 'm'))).graphs.unet, pixels)
    const inner = await runGraph((await openModelFolder(join(folder, 'n'))).graphs.unet, unshuffled(pixels, 2))
    expect(whole.dims).toEqual(pixels.dims)
    const expected = unshuffled(whole, 2)
    expect(expected.dims).toEqual(inner.dims)
    inner.data.forEach((value, i) => {
      expect(Math.abs(value - expected.data[i]!)).toBeLessThan(1e-5)
    })
  })

  test('is refused where its channels are no squares of pixels', async () => {
    const folder = temporaryFolder()
    write(join(folder, 'c'), { ...unet, in_channels: 9, out_channels: 9 })
    await expect(
      importCheckpoint({ source: join(folder, 'c'), output: join(folder, 'm'), name: 'm', timestep: 9 }),
    ).rejects.toThrow('expected 3·f² channels in and out, got 9 and 9')
  })
})

describe('a folder without prompt_embeds.safetensors', () => {
  const stage = (unet: Config) => {
    const folder = temporaryFolder()
    writeCheckpoint(join(folder, 'c'), { unet, vae: SMALL_VAE }, syntheticTensors(unet, SMALL_VAE))
    rmSync(join(folder, 'c', 'prompt_embeds.safetensors'))
    const output = join(folder, 'm')
    return { output, run: () => importCheckpoint({ source: join(folder, 'c'), output, name: 'm', timestep: 9 }) }
  }

  test('is refused, with the width that its UNet attends to and where to read how to write it', async () => {
    await expect(stage(SMALL_UNET).run()).rejects.toMatchObject({
      message: expect.stringMatching(
        /prompt_embeds\.safetensors: expected a file with a tensor prompt_embeds of \[1, length, 6\], found none/,
      ),
      remedy: expect.stringContaining('docs/models.md'),
    })
  })

  test('is taken where its UNet attends to nothing, and can be asked with another timestep', async () => {
    const blocks = { down_block_types: ['DownBlock2D', 'DownBlock2D'], up_block_types: ['UpBlock2D', 'UpBlock2D'] }
    const { output, run } = stage({ ...SMALL_UNET, ...blocks, mid_block_type: 'UNetMidBlock2D' })
    await run()
    const { timestep } = (await recondition(output, { timestep: 400 })).constants
    expect(timestep).toBe(400)
    const { graphs } = await openModelFolder(output)
    expect((await runGraph(graphs.unet, noise([1, 4, 8, 8]))).dims).toEqual([1, 4, 8, 8])
  })
})

test('a residual block whose last convolution is all zeros is left out, and the result stays', async () => {
  const vae = { ...SMALL_VAE, layers_per_block: 2 }
  const idle = {
    vae: ['encoder.down_blocks.0.resnets.1', 'decoder.up_blocks.1.resnets.0'],
    unet: ['mid_block.resnets.0'],
  }
  const folder = temporaryFolder()
  const bring = async (name: string, value: number) => {
    const tensors = syntheticTensors(SMALL_UNET, vae)
    for (const [part, blocks] of Object.entries(idle) as ['vae' | 'unet', string[]][])
      for (const block of blocks) {
        tensors[part].get(`${block}.conv2.weight`)!.data.fill(0)
        tensors[part].get(`${block}.conv2.bias`)!.data.fill(0).fill(value, -1)
      }
    writeCheckpoint(join(folder, `${name}-source`), { unet: SMALL_UNET, vae }, tensors)
    const output = join(folder, name)
    const warnings: string[] = []
    const warn = (text: string) => warnings.push(text)
    const manifest = await importCheckpoint({ source: join(folder, `${name}-source`), output, name, timestep: 9, warn })
    expect(warnings).toEqual([])
    const { graphs } = await openModelFolder(output)
    return { manifest, path: graphs.fused!, result: await runGraph(graphs.fused, noise([1, 3, 16, 24])) }
  }
  const [without, whole] = [await bring('without', 0), await bring('with', 1e-30)]
  expect(statSync(without.path).size).toBeLessThan(0.97 * statSync(whole.path).size)
  expect(without.manifest.parameters).toBeLessThan(whole.manifest.parameters)
  without.result.data.forEach((value, i) => {
    expect(value).toBeCloseTo(whole.result.data[i]!, 5)
  })
})

test('costs are told as they are known of the full model at 512 × 512 (encoder 338, UNet 402, decoder 607 GMAC)', () => {
  const { unet, vae } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../models/training/configs/full.json'), 'utf8'),
  )
  const [unetConfig, vaeConfig] = [unetConfigSchema.parse(unet), vaeConfigSchema.parse(vae)]
  const weights: TensorSource = {
    has: () => false,
    isIdle: () => false,
    take: (name, shape) =>
      ({ name, file: '', type: 'F32', shape: shape!, bytes: () => new Uint8Array() }) as StoredTensor,
  }
  const gmac = (draw: (network: Network) => Feature): number => {
    const graph = new GraphBuilder('cost')
    draw({ graph, weights, precision: 'fp32' })
    return costOf(graph.work, 512 * 512).macs / 1e9
  }
  const pixels = { name: 'x', channels: 3, reduction: 1 }
  const latent = { name: 'z', channels: vaeConfig.latent_channels, reduction: 8 }
  const width = unetConfig.cross_attention_dim[0]!
  const prompts = new Map([['default', { values: new Float32Array(77 * width), length: 77, width }]])
  const conditioning = new Conditioning(weights, unetConfig, 499, prompts, 'default')
  expect(gmac((network) => encoder(network, vaeConfig, pixels))).toBeCloseTo(338, -1)
  expect(gmac((network) => decoder(network, vaeConfig, latent))).toBeCloseTo(607, -1)
  expect(gmac((network) => drawUnet(network, unetConfig, latent, conditioning))).toBeCloseTo(402, -1)
})

function writePixelCheckpoint(directory: string, config: Config, { unet, prompt }: Omit<Synthetic, 'vae'>): void {
  mkdirSync(join(directory, 'unet'), { recursive: true })
  writeFileSync(join(directory, 'unet', 'config.json'), JSON.stringify(config))
  writeFileSync(join(directory, 'unet', 'diffusion_pytorch_model.safetensors'), encodeSafetensors(unet))
  writeFileSync(join(directory, 'prompt_embeds.safetensors'), encodeSafetensors(prompt))
}

/** PyTorch's pixel_unshuffle: channel c, row i, column j of each square become channel c·f² + i·f + j. */
function unshuffled({ data, dims }: Dense, factor: number): Dense {
  const [batch = 0, channels = 0, height = 0, width = 0] = dims
  const [rows, columns] = [height / factor, width / factor]
  const result = new Float32Array(data.length)
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width) % height]
    const plane = Math.floor(i / (width * height))
    const channel = plane * factor * factor + (y % factor) * factor + (x % factor)
    result[(channel * rows + Math.floor(y / factor)) * columns + Math.floor(x / factor)] = data[i]!
  }
  return { data: result, dims: [batch, channels * factor * factor, rows, columns] }
}
