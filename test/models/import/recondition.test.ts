import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type ImportOptions, importCheckpoint } from '../../../models/import/import.ts'
import { recondition } from '../../../models/import/recondition.ts'
import { openModelFolder, readModelFolder } from '../../../models/installed/folder.ts'
import type { LatentManifest, RestorerManifest } from '../../../models/installed/manifest.ts'
import { runGraph, temporaryFolder } from './fixtures.ts'
import { encodeSafetensors, SMALL_UNET, SMALL_VAE, syntheticTensors, writeCheckpoint } from './synthetic.ts'

const NANO = fileURLToPath(new URL('../../../models/gendr-nano', import.meta.url))

const embedding = (length: number, seed: number) => ({
  shape: [length, 6],
  data: Float32Array.from({ length: 6 * length }, (_, index) => Math.sin(seed + index)),
})

/** A checkpoint with the prompts `default` of three tokens and `portrait` of five. */
function stage(unet: Record<string, unknown> = {}) {
  const folder = temporaryFolder()
  const directory = join(folder, 'checkpoint')
  const tensors = syntheticTensors({ ...SMALL_UNET, ...unet }, SMALL_VAE)
  tensors.prompt.set('portrait', embedding(5, 1))
  writeCheckpoint(directory, { unet: { ...SMALL_UNET, ...unet }, vae: SMALL_VAE }, tensors)
  const make = (to: string, options: Partial<ImportOptions>) =>
    importCheckpoint({
      source: directory,
      output: join(folder, to),
      name: 'model',
      timestep: 100,
      ...options,
    }) as Promise<RestorerManifest>
  return { folder, directory, output: join(folder, 'model'), make }
}

const input = { data: Float32Array.from({ length: 4 * 30 }, (_, index) => Math.cos(index)), dims: [1, 4, 5, 6] }
const predict = async (output: string) => runGraph((await openModelFolder(output)).graphs.unet, input)

describe('another timestep or prompt is folded in without the checkpoint', () => {
  test.each<[string, Parameters<typeof recondition>[1], Record<string, unknown>, Partial<ImportOptions>]>([
    ['a timestep', { timestep: 499.5 }, {}, {}],
    ['a prompt of another length', { prompt: 'portrait' }, {}, {}],
    ['both', { timestep: 7, prompt: 'portrait' }, {}, {}],
    [
      'both, where time is scale and shift',
      { timestep: 7, prompt: 'portrait' },
      { resnet_time_scale_shift: 'scale_shift' },
      {},
    ],
    ['both, in a graph of halves', { timestep: 7, prompt: 'portrait' }, {}, { compute: 'fp16', copy: true }],
  ])('%s', async (_, changes, unet, options) => {
    const { folder, output, make } = stage(unet)
    await make('model', options)
    const before = await predict(output)
    const manifest = await recondition(output, changes)
    // Every file has the digest that an import with these would give it.
    expect(manifest).toEqual(await make('fresh', { ...options, ...(changes as Partial<ImportOptions>) }))
    const after = await predict(output)
    expect(after).toEqual(await predict(join(folder, 'fresh')))
    expect(after).not.toEqual(before)
  })

  test('and what does not depend on them is not written again', async () => {
    const { folder, output, make } = stage()
    await make('model', { copy: true })
    const weights = statSync(join(output, 'weights.bin')).ino
    await recondition(output, { timestep: 5 })
    expect(statSync(join(output, 'weights.bin')).ino).toBe(weights)
    expect(readdirSync(folder).sort()).toEqual(['checkpoint', 'model'])
  })

  test('and of how the prediction is read, only the fused graph knows', async () => {
    const { directory, output, make } = stage()
    const before = await make('model', {})
    const changes = { prediction: 'v_prediction', alpha: 0.9, beta: 0.1 } as const
    const { graphs, constants, weights } = await recondition(output, changes)
    expect(constants).toEqual({ ...before.constants, ...changes })
    const { fused, ...others } = graphs as LatentManifest['graphs']
    expect(before.graphs).toMatchObject(others)
    expect(weights).toEqual(before.weights)
    writeFileSync(
      join(directory, 'gendr.json'),
      JSON.stringify({ prediction_type: 'v_prediction', alpha: 0.9, beta: 0.1 }),
    )
    expect((await make('other', {})).graphs).toHaveProperty('fused', fused)
    await openModelFolder(output)
  })

  test('in the shipped model, unless it is of a version that kept nothing to fold from', async () => {
    const nano = join(temporaryFolder(), 'gendr-nano')
    cpSync(NANO, nano, { recursive: true })
    const manifest = JSON.parse(readFileSync(join(nano, 'manifest.json'), 'utf8'))
    delete manifest.conditioning
    writeFileSync(join(nano, 'manifest.json'), JSON.stringify(manifest))
    await expect(recondition(nano, { timestep: 1 })).rejects.toMatchObject({
      message: expect.stringContaining('expected conditioning.safetensors to fold another timestep or prompt from'),
      remedy: expect.stringContaining('Import its checkpoint again'),
    })
    expect((await recondition(nano, { beta: 0.25 })).constants.beta).toBe(0.25)
  })
})

describe('a change is refused, and the model stays as it was,', () => {
  test.each<[string, Parameters<typeof recondition>[1], RegExp]>([
    [
      'to a prompt that is not there',
      { prompt: 'night' },
      /one of the prompts of model 'model': default, portrait, got night/,
    ],
    ['to a negative timestep', { timestep: -1 }, /timestep: .*got -1/],
    ['to an alpha of 0', { alpha: 0 }, /alpha: .*got 0/],
    ['to a beta above 1', { beta: 1.5 }, /beta: .*got 1\.5/],
    ['to a prediction that nobody knows', { prediction: 'noise' }, /prediction: .*got noise/],
  ])('%s', async (_, changes, message) => {
    const { output, make } = stage()
    const before = await make('model', {})
    await expect(recondition(output, changes)).rejects.toThrow(message)
    expect((await readModelFolder(output)).manifest).toEqual(before)
  })

  test('when a file is damaged', async () => {
    const { output, make } = stage()
    await make('model', { copy: true })
    const file = join(output, 'conditioning.safetensors')
    const bytes = readFileSync(file)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(file, bytes)
    await expect(recondition(output, { timestep: 1 })).rejects.toMatchObject({ code: 'model_corrupt' })
  })
})

describe('the prompts of a checkpoint', () => {
  test('are all kept; one is chosen by name, by gendr.json, or as the default', async () => {
    const { directory, make } = stage()
    expect((await make('a', {})).conditioning).toMatchObject({ prompts: ['default', 'portrait'], prompt: 'default' })
    expect((await make('b', { prompt: 'portrait' })).conditioning).toMatchObject({ prompt: 'portrait' })
    writeFileSync(join(directory, 'gendr.json'), '{"prompt": "portrait"}')
    expect((await make('c', {})).conditioning).toMatchObject({ prompt: 'portrait' })
    await expect(make('d', { prompt: 'night' })).rejects.toThrow(/one of the prompts default, portrait, got night/)
  })

  test('can come in files of their own, which need no prompt in the checkpoint', async () => {
    const { folder, directory, make } = stage()
    const night = join(folder, 'night.safetensors')
    writeFileSync(night, encodeSafetensors(new Map([['anything', embedding(2, 9)]])))
    const added = await make('a', { prompts: [{ name: 'night', path: night }] })
    expect(added.conditioning).toMatchObject({ prompts: ['default', 'portrait', 'night'], prompt: 'default' })
    writeFileSync(join(directory, 'prompt_embeds.safetensors'), 'damaged')
    const own = await make('b', { prompts: [{ name: 'default', path: night }] })
    expect(own.conditioning).toMatchObject({ prompts: ['default'], prompt: 'default' })
  })

  test('are told apart from pooled embeddings', async () => {
    const { directory, make } = stage()
    const pooled = { shape: [1, 10], data: new Float32Array(10) }
    const tensors = new Map([
      ['prompt_embeds', embedding(2, 9)],
      ['negative_prompt_embeds', embedding(2, 5)],
      ['pooled_prompt_embeds', pooled],
      ['negative_pooled_prompt_embeds', pooled],
    ])
    writeFileSync(join(directory, 'prompt_embeds.safetensors'), encodeSafetensors(tensors))
    expect((await make('a', {})).conditioning?.prompts).toEqual(['default', 'negative_prompt_embeds'])
  })

  test.each(['safetensors', 'pth', 'bin'])('are refused where their file is missing: .%s', async (ending) => {
    const { folder, make } = stage()
    const path = join(folder, `night.${ending}`)
    await expect(make('a', { prompts: [{ name: 'night', path }] })).rejects.toMatchObject({
      code: 'checkpoint_invalid',
      message: `${path}: expected a file, found none.`,
    })
  })

  test('are told apart from masks', async () => {
    const { folder, make } = stage()
    const file = join(folder, 'masked.safetensors')
    const bytes = encodeSafetensors(
      new Map([
        ['prompt_embeds', embedding(2, 9)],
        ['mask', { shape: [1, 6], data: new Float32Array(6) }],
      ]),
    )
    writeFileSync(
      file,
      Buffer.from(
        Buffer.from(bytes)
          .toString('latin1')
          .replace(/("mask":\{"dtype":")F32/, '$1I32'),
        'latin1',
      ),
    )
    const warnings: string[] = []
    const { conditioning } = await make('a', {
      prompts: [{ name: 'masked', path: file }],
      warn: (message) => warnings.push(message),
    })
    expect(conditioning?.prompts).toEqual(['default', 'portrait', 'masked'])
    expect(warnings).toEqual([expect.stringContaining('the first is mask')])
  })
})
