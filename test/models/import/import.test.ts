import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ImportOptions, importCheckpoint } from '../../../models/import/import.ts'
import { importRandom } from '../../../models/import/random.ts'
import { openModelFolder, readModelFolder } from '../../../models/installed/folder.ts'
import { type Dense, runGraph, temporaryFolder } from './fixtures.ts'
import {
  type Config,
  encodeSafetensors,
  SMALL_UNET,
  SMALL_VAE,
  type Synthetic,
  syntheticTensors,
  writeCheckpoint,
} from './synthetic.ts'

interface Stage {
  readonly directory: string
  readonly output: string
  /** Where both lie. */
  readonly folder: string
  run(options?: Partial<ImportOptions>): ReturnType<typeof importCheckpoint>
}

/** A checkpoint on disk and a place for its model; `damage` may change the tensors first. */
function stage(change: { unet?: Config; vae?: Config; damage?: (tensors: Synthetic) => void } = {}): Stage {
  const { unet = SMALL_UNET, vae = SMALL_VAE } = change
  const folder = temporaryFolder()
  const directory = join(folder, 'checkpoint')
  const output = join(folder, 'model')
  const tensors = syntheticTensors(unet, vae)
  change.damage?.(tensors)
  writeCheckpoint(directory, { unet, vae }, tensors)
  return {
    directory,
    output,
    folder,
    run: (options) => importCheckpoint({ source: directory, output, name: 'model', timestep: 499, ...options }),
  }
}

/** The largest process id of Linux is 2²². */
const NO_PROCESS = 2 ** 30

const ramp = (...dims: number[]): Dense => {
  const length = dims.reduce((product, size) => product * size, 1)
  return { data: Float32Array.from({ length }, (_, index) => Math.sin(index)), dims }
}

async function predict(output: string, input: Dense): Promise<Dense> {
  return runGraph((await readModelFolder(output)).graphs.unet, input)
}

function furthest(a: Dense, b: Dense): number {
  return a.data.reduce((most, value, index) => Math.max(most, Math.abs(value - b.data[index]!)), 0)
}

describe('a checkpoint becomes a model', () => {
  test('whose manifest tells what the graphs do not', async () => {
    const { directory, output, run } = stage({ vae: { ...SMALL_VAE, scaling_factor: 0.5, shift_factor: 0.25 } })
    const about = { name: 'own-name', timestep: 200, licence: 'MIT', prediction_type: 'sample', trained: { steps: 1 } }
    writeFileSync(join(directory, 'gendr.json'), JSON.stringify(about))
    const manifest = await run({ name: undefined, timestep: undefined })
    expect(manifest).toMatchObject({
      name: 'own-name',
      licence: 'MIT',
      precision: 'fp32',
      constants: {
        latentChannels: 4,
        factor: 2,
        paddingMultiple: 4,
        scale: 0.5,
        shift: 0.25,
        timestep: 200,
        alpha: 0.5,
        prediction: 'sample',
        colorTransfer: { method: 'wavelet', levels: 5 },
      },
    })
    expect(readdirSync(output).sort()).toEqual([
      'conditioning.bin',
      'conditioning.safetensors',
      'decoder.cpu.onnx',
      'decoder.onnx',
      'encoder.cpu.onnx',
      'encoder.onnx',
      'fused.cpu.onnx',
      'fused.onnx',
      'manifest.json',
      'unet.cpu.onnx',
      'unet.onnx',
      'unet.safetensors',
      'vae.safetensors',
    ])
  })

  test('at odd widths, with lists for everything, for any batch and size', async () => {
    const unet = {
      in_channels: 5,
      out_channels: 5,
      block_out_channels: [6, 9, 15],
      down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
      up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
      layers_per_block: [1, 2, 1],
      transformer_layers_per_block: [1, 2, 1],
      attention_head_dim: [2, 3, 5],
      cross_attention_dim: 7,
      norm_num_groups: 3,
      time_embedding_dim: 11,
      downsample_padding: 0,
    }
    const vae = {
      ...SMALL_VAE,
      block_out_channels: [3, 9],
      norm_num_groups: 3,
      latent_channels: 5,
      mid_block_add_attention: false,
      use_quant_conv: false,
    }
    const { output, run } = stage({ unet, vae })
    const { constants } = await run()
    expect(constants).toMatchObject({ latentChannels: 5, factor: 2, paddingMultiple: 8 })
    const { graphs } = await readModelFolder(output)
    expect((await runGraph(graphs.encoder, ramp(2, 3, 12, 16))).dims).toEqual([2, 5, 6, 8])
    expect((await runGraph(graphs.unet, ramp(2, 5, 8, 4))).dims).toEqual([2, 5, 8, 4])
    expect((await runGraph(graphs.decoder, ramp(1, 5, 7, 3))).dims).toEqual([1, 3, 14, 6])
  })

  test('that treats the pictures of a batch alike', async () => {
    const { output, run } = stage()
    await run()
    const both = ramp(2, 4, 5, 7)
    const half = both.data.length / 2
    const single = await predict(output, { data: both.data.slice(half), dims: [1, 4, 5, 7] })
    const { data } = await predict(output, both)
    expect(furthest(single, { data: data.slice(half), dims: single.dims })).toBeLessThan(1e-5)
  })

  test('of half the size with precision fp16, and nearly the same', async () => {
    const full = stage()
    const small = stage()
    const { weights: singles } = await full.run()
    const { weights: halves, precision } = await small.run({ precision: 'fp16' })
    expect(precision).toBe('fp16')
    expect(halves[0]!.bytes).toBeLessThan(0.7 * singles[0]!.bytes)
    const input = ramp(1, 4, 6, 6)
    const difference = furthest(await predict(full.output, input), await predict(small.output, input))
    expect(difference).toBeGreaterThan(0)
    expect(difference).toBeLessThan(0.01)
  })

  test('from shards as from one file', async () => {
    const whole = stage()
    const sharded = stage()
    const part = join(sharded.directory, 'unet')
    const tensors = [...syntheticTensors(SMALL_UNET, SMALL_VAE).unet]
    const shards = { 'first.safetensors': tensors.slice(0, 20), 'second.safetensors': tensors.slice(20) }
    for (const [file, entries] of Object.entries(shards))
      writeFileSync(join(part, file), encodeSafetensors(new Map(entries)))
    const weight_map = Object.fromEntries(
      Object.entries(shards).flatMap(([file, entries]) => entries.map(([name]) => [name, file])),
    )
    rmSync(join(part, 'diffusion_pytorch_model.safetensors'))
    const index = join(part, 'diffusion_pytorch_model.safetensors.index.json')
    const halves = join(part, 'diffusion_pytorch_model.safetensors.index.fp16.json')
    writeFileSync(halves, JSON.stringify({ metadata: { total_size: 0 }, weight_map }))
    expect((await sharded.run({ copy: true })).weights).toEqual((await whole.run({ copy: true })).weights)
    const linked = await sharded.run({ overwrite: true })
    expect(linked.weights.map(({ path }) => path)).toContain('unet-2.safetensors')
    expect(await predict(sharded.output, ramp(1, 4, 6, 6))).toEqual(await predict(whole.output, ramp(1, 4, 6, 6)))

    renameSync(halves, index)
    writeFileSync(index, JSON.stringify({ weight_map: { ...weight_map, 'conv_in.weight': 'second.safetensors' } }))
    await expect(sharded.run({ overwrite: true })).rejects.toThrow(
      'expected tensor conv_in.weight in second.safetensors, found none',
    )
    writeFileSync(index, JSON.stringify({ weight_map: { 'conv_in.weight': '../outside.safetensors' } }))
    await expect(sharded.run({ overwrite: true })).rejects.toThrow('expected a file of tensors beside the index')
  })

  test('whose graphs refer to the checkpoint where they can, and to a copy when asked to', async () => {
    const linked = stage()
    const copied = stage()
    const { weights } = await linked.run()
    const { weights: own } = await copied.run({ copy: true })
    expect(weights.map(({ path }) => path)).toContain('unet.safetensors')
    const file = join(linked.directory, 'unet', 'diffusion_pytorch_model.safetensors')
    expect(statSync(join(linked.output, 'unet.safetensors')).ino).toBe(statSync(file).ino)
    await openModelFolder(linked.output)
    expect(own.map(({ path }) => path)).toEqual(['weights.bin', 'conditioning.bin', 'conditioning.safetensors'])
    const input = ramp(1, 4, 6, 6)
    expect(await predict(linked.output, input)).toEqual(await predict(copied.output, input))
  })

  test('that others may read, though its files were closed to them', async () => {
    const { directory, output, run } = stage()
    const file = join(directory, 'unet', 'diffusion_pytorch_model.safetensors')
    chmodSync(file, 0o600)
    await run()
    const model = statSync(join(output, 'unet.safetensors'))
    expect(model.mode & 0o777).toBe(statSync(join(output, 'manifest.json')).mode & 0o777)
    expect(statSync(file)).toMatchObject({ mode: 0o100600, nlink: 1 })
    await openModelFolder(output)
  })

  test('from files that are links to a cache of downloads', async () => {
    const { directory, output, folder, run } = stage()
    const file = join(directory, 'unet', 'diffusion_pytorch_model.safetensors')
    renameSync(file, join(folder, 'blob'))
    symlinkSync(join(folder, 'blob'), file)
    await run()
    expect(lstatSync(join(output, 'unet.safetensors')).isFile()).toBe(true)
    expect((await predict(output, ramp(1, 4, 6, 6))).dims).toEqual([1, 4, 6, 6])
  })

  test("from the autoencoder's old attention names as from the new ones", async () => {
    const NEW_TO_OLD = { to_q: 'query', to_k: 'key', to_v: 'value', 'to_out.0': 'proj_attn' }
    const today = stage()
    const old = stage({
      damage: ({ vae }) => {
        for (const [name, tensor] of [...vae])
          for (const [fresh, deprecated] of Object.entries(NEW_TO_OLD))
            if (name.includes(`attentions.0.${fresh}.`)) {
              vae.delete(name)
              vae.set(name.replace(fresh, deprecated), tensor)
            }
      },
    })
    await Promise.all([today.run(), old.run()])
    const decode = async ({ output }: Stage) =>
      runGraph((await readModelFolder(output)).graphs.decoder, ramp(1, 4, 3, 3))
    expect(await decode(old)).toEqual(await decode(today))
  })

  test('and tells of tensors that no layer uses, and of its progress', async () => {
    const { run } = stage({ damage: ({ vae }) => vae.set('loss.logvar', { shape: [1], data: Float32Array.of(0) }) })
    const warnings: string[] = []
    const steps: number[] = []
    await run({ warn: (message) => warnings.push(message), progress: (done, total) => steps.push(done / total) })
    expect(warnings).toEqual([expect.stringMatching(/vae.*1 tensors are not used, the first is loss\.logvar/)])
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
    expect(steps.at(-1)).toBe(1)
  })
})

describe('a checkpoint is refused, and nothing is written,', () => {
  const damaged = (change: (tensors: Synthetic) => void, configs: { unet?: Config } = {}) =>
    stage({ ...(configs.unet && { unet: { ...SMALL_UNET, ...configs.unet } }), damage: change })

  test.each<[string, () => Stage, Partial<ImportOptions>, RegExp]>([
    [
      'without a tensor',
      () => damaged(({ unet }) => unet.delete('mid_block.resnets.0.conv1.weight')),
      {},
      /expected tensor mid_block\.resnets\.0\.conv1\.weight \[16, 16, 3, 3\], found none/,
    ],
    [
      'with a tensor of another shape',
      () => damaged(({ vae }) => vae.set('decoder.conv_in.bias', { shape: [3], data: new Float32Array(3) })),
      {},
      /expected tensor decoder\.conv_in\.bias of shape \[16\], got \[3\]/,
    ],
    [
      'with a matrix where a convolution belongs',
      () => damaged(({ vae }) => vae.set('quant_conv.weight', { shape: [8, 8], data: new Float32Array(64) })),
      {},
      /expected tensor quant_conv\.weight of shape \[8, 8, 1, 1\], got \[8, 8\]/,
    ],
    [
      'with NaN in a weight',
      () => damaged(({ unet }) => unet.get('conv_out.weight')!.data.set([Number.NaN], 5)),
      {},
      /finite values in tensor conv_out\.weight, got NaN or infinity at index 5/,
    ],
    [
      'with infinity in a weight that is folded',
      () => damaged(({ unet }) => unet.get('time_embedding.linear_1.bias')!.data.set([Number.POSITIVE_INFINITY], 0)),
      {},
      /tensor time_embedding\.linear_1\.bias/,
    ],
    [
      'with NaN in the prompt',
      () => damaged(({ prompt }) => prompt.get('prompt_embeds')!.data.set([Number.NaN], 2)),
      {},
      /tensor prompt_embeds, got NaN/,
    ],
    [
      'with a prompt of another width',
      () => damaged(({ prompt }) => prompt.set('prompt_embeds', { shape: [1, 3, 4], data: new Float32Array(12) })),
      {},
      /Prompt default: expected an embedding of 6 channels \(cross_attention_dim\), got 4/,
    ],
    [
      'with a prompt of another width, though another one is asked with',
      () => damaged(({ prompt }) => prompt.set('wide', { shape: [1, 3, 8], data: new Float32Array(24) })),
      { prompt: 'default' },
      /Prompt wide: expected an embedding of 6 channels \(cross_attention_dim\), got 8/,
    ],
    [
      'with a prompt of a name that nobody can ask for',
      () => damaged(({ prompt }) => prompt.set('negative prompt', { shape: [1, 3, 6], data: new Float32Array(18) })),
      { prompt: 'default' },
      /prompt_embeds\.safetensors: expected a prompt's name of letters, .*, got 'negative prompt'/,
    ],
    [
      'with a prompt that is no matrix',
      () => damaged(({ prompt }) => prompt.set('prompt_embeds', { shape: [4], data: new Float32Array(4) })),
      {},
      /prompt_embeds/,
    ],
    ['without a prompt', () => damaged(({ prompt }) => prompt.clear()), {}, /expected a tensor prompt_embeds/],
    [
      'whose parts do not fit',
      () => damaged(() => {}, { unet: { in_channels: 8 } }),
      {},
      /expected in_channels 4, the autoencoder's latent_channels, got 8/,
    ],
    ['without a timestep', () => stage(), { timestep: undefined }, /Expected the timestep/],
    ['with a negative timestep', () => stage(), { timestep: -1 }, /timestep from 0 up, got model and -1/],
    ['under a name that is a path', () => stage(), { name: '../up' }, /Expected a name of letters/],
    [
      'whose weights do not fit halves',
      () => damaged(({ unet }) => unet.get('conv_in.weight')!.data.set([70000], 0)),
      { precision: 'fp16' },
      /conv_in\.weight within ±65504 for fp16, got 70000/,
    ],
  ])('%s', async (_, make, options, message) => {
    const { folder, run } = make()
    await expect(run(options)).rejects.toMatchObject({
      code: 'checkpoint_invalid',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(/./),
    })
    expect(readdirSync(folder)).toEqual(['checkpoint'])
  })

  test('with a truncated file', async () => {
    const { directory, folder, run } = stage()
    const file = join(directory, 'vae', 'diffusion_pytorch_model.safetensors')
    writeFileSync(file, readFileSync(file).subarray(0, -100))
    await expect(run()).rejects.toMatchObject({ code: 'checkpoint_invalid' })
    expect(readdirSync(folder)).toEqual(['checkpoint'])
  })

  test('whose weights have a name of their own', async () => {
    const { directory, run } = stage()
    const file = join(directory, 'vae', 'diffusion_pytorch_model.safetensors')
    renameSync(file, join(directory, 'vae', 'model.safetensors'))
    await expect(run()).rejects.toMatchObject({
      message: `${join(directory, 'vae')}: expected diffusion_pytorch_model.safetensors, found config.json, model.safetensors.`,
      remedy: expect.stringContaining('diffusion_pytorch_model.safetensors.index.fp16.json'),
    })
  })

  test('that is one part of it', async () => {
    const { directory, folder, run } = stage()
    await expect(run({ source: join(directory, 'unet') })).rejects.toMatchObject({
      message: `${join(directory, 'unet')}: expected a folder with unet/ in it, got one part of a checkpoint.`,
      remedy: 'Name the folder above it.',
    })
    expect(readdirSync(folder)).toEqual(['checkpoint'])
  })

  test('that is not there', async () => {
    const { folder, run } = stage()
    await expect(run({ source: join(folder, 'nowhere') })).rejects.toMatchObject({ code: 'checkpoint_invalid' })
  })
})

describe('the model folder appears complete or not at all', () => {
  test.each(['checked', 'wrote'])('when the import is cancelled after it has %s a tensor', async (verb) => {
    const { folder, run } = stage()
    const stop = new AbortController()
    const progress = (_done: number, _total: number, label: string): void => {
      if (label.startsWith(verb)) stop.abort()
    }
    await expect(run({ signal: stop.signal, progress })).rejects.toMatchObject({ code: 'interrupted' })
    expect(readdirSync(folder)).toEqual(['checkpoint'])
  })

  test('and a model that is there stays, unless overwriting is asked for', async () => {
    const { output, folder, run } = stage()
    await run()
    await expect(run({ timestep: 100 })).rejects.toMatchObject({
      message: expect.stringContaining('expected no model of that name'),
      remedy: expect.stringContaining('--overwrite'),
    })
    expect((await readModelFolder(output)).manifest.constants).toHaveProperty('timestep', 499)
    await run({ timestep: 100, overwrite: true })
    expect((await readModelFolder(output)).manifest.constants).toHaveProperty('timestep', 100)
    expect(readdirSync(folder).sort()).toEqual(['checkpoint', 'model'])
  })

  test('and a model that came meanwhile stays, unless overwriting is asked for', async () => {
    const { output, folder, run } = stage()
    const other = stage()
    await other.run({ timestep: 100 })
    const progress = (_done: number, _total: number, label: string): void => {
      if (label.startsWith('wrote') && !existsSync(output)) cpSync(other.output, output, { recursive: true })
    }
    await expect(run({ progress })).rejects.toMatchObject({
      message: expect.stringContaining('expected no model of that name'),
    })
    expect((await readModelFolder(output)).manifest.constants).toHaveProperty('timestep', 100)
    expect(readdirSync(folder).sort()).toEqual(['checkpoint', 'model'])
    await run({ progress, overwrite: true })
    expect((await readModelFolder(output)).manifest.constants).toHaveProperty('timestep', 499)
  })

  test('and a cancelled overwriting leaves the old model', async () => {
    const { output, run } = stage()
    await run()
    const stop = new AbortController()
    await expect(
      run({ timestep: 100, overwrite: true, signal: stop.signal, progress: () => stop.abort() }),
    ).rejects.toThrow()
    expect((await readModelFolder(output)).manifest.constants).toHaveProperty('timestep', 499)
  })

  test('and of an import of random weights that was killed, the next one clears what is left', async () => {
    const folder = temporaryFolder()
    const [specification, output] = [join(folder, 'random.json'), join(folder, 'model')]
    writeFileSync(specification, JSON.stringify({ unet: SMALL_UNET, vae: SMALL_VAE, prompt_tokens: 3 }))
    let during: string[] = []
    const progress = () => {
      during = readdirSync(folder)
    }
    await importRandom(specification, { output, name: 'model', progress })
    expect(readdirSync(folder).sort()).toEqual(['model', 'random.json'])
    const left = during.filter((name) => name !== 'model' && name !== 'random.json')
    expect(left).not.toEqual([])
    for (const name of left) mkdirSync(join(folder, name.replace(`${process.pid}`, `${NO_PROCESS}`)))
    await importRandom(specification, { output, name: 'model', overwrite: true })
    expect(readdirSync(folder).sort()).toEqual(['model', 'random.json'])
  })

  test('and a folder that is no model is never replaced', async () => {
    const { directory, run } = stage()
    await expect(run({ output: directory, overwrite: true })).rejects.toThrow(
      /expected an empty folder or a model, found/,
    )
    expect(existsSync(join(directory, 'unet'))).toBe(true)
  })
})
