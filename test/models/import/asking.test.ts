import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { importCheckpoint } from '../../../models/import/import.ts'
import { recondition } from '../../../models/import/recondition.ts'
import type { RestorerManifest } from '../../../models/installed/manifest.ts'
import { settingOf } from '../../../models/installed/setting.ts'
import { SessionPool } from '../../../server/inference/session-pool.ts'
import { temporaryFolder } from './fixtures.ts'
import { grainTensors, writeGates } from './gated-checkpoint.ts'
import { SMALL_UNET, SMALL_VAE, syntheticTensors, writeCheckpoint } from './synthetic.ts'

const embedding = (length: number, seed: number) => ({
  shape: [length, 6],
  data: Float32Array.from({ length: 6 * length }, (_, index) => Math.sin(seed + index)),
})

/** A checkpoint with two prompts of different lengths, each with a timestep of its own where `about` says so, and with grain. */
function stage(about: Record<string, unknown>, unet: Record<string, unknown> = {}) {
  const directory = join(temporaryFolder(), 'checkpoint')
  const configs = { unet: { ...SMALL_UNET, ...unet }, vae: SMALL_VAE }
  const tensors = syntheticTensors(configs.unet, configs.vae)
  tensors.prompt.clear()
  tensors.prompt.set('faithful', embedding(5, 1)).set('detailed', embedding(3, 2))
  writeCheckpoint(directory, configs, tensors)
  writeGates(directory, grainTensors(2, 3))
  const color_transfer = { method: 'gated', levels: 2 }
  writeFileSync(join(directory, 'gendr.json'), JSON.stringify({ color_transfer, ...about }))
  const make = (options: object = {}) =>
    importCheckpoint({
      source: directory,
      output: join(temporaryFolder(), 'model'),
      name: 'model',
      ...options,
    }) as Promise<RestorerManifest>
  return { make }
}

const ABOUT = { prompt: 'detailed', timesteps: { faithful: 249, detailed: 499 }, grain: { detailed: 0.5 } }

/** What a part of the model in a folder makes of a fixed input in one setting. */
async function answer(folder: string, part: 'unet' | 'fused', setting: string): Promise<Float32Array> {
  const manifest: RestorerManifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
  const asked = setting === 'default' ? undefined : { ...manifest.conditioning!, ...settingOf(manifest, setting)! }
  const path = join(folder, `${part}.onnx`)
  const session = await new SessionPool('cpu', 1e9).get({ label: part, path, asked, bytes: 0 }, 1)
  const dims = part === 'unet' ? [1, 4, 5, 6] : [1, 3, 16, 24]
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, index) => Math.cos(index))
  const result = await session.run({ [session.inputNames[0]!]: new Tensor('float32', data, dims) })
  return (Object.values(result)[0] as Tensor).data as Float32Array
}

describe('a model is asked in another setting than the one folded into it', () => {
  test.each<[string, Record<string, unknown>, object]>([
    ['with single precision', {}, {}],
    ['in a graph of halves', {}, { compute: 'fp16', copy: true }],
    ['where time is scale and shift', { resnet_time_scale_shift: 'scale_shift' }, {}],
  ])('as if it had been folded in, %s', async (_, unet, options) => {
    const { make } = stage(ABOUT, unet)
    const folder = join(temporaryFolder(), 'model')
    const manifest = await make({ ...options, output: folder })
    expect(manifest.constants.timestep).toBe(499)
    expect(manifest.conditioning).toMatchObject(ABOUT)
    const detailed = await answer(folder, 'unet', 'default')
    expect(await answer(folder, 'unet', 'detailed')).toEqual(detailed)
    const faithful = await answer(folder, 'unet', 'faithful')
    const fused = await answer(folder, 'fused', 'faithful')
    expect(faithful).not.toEqual(detailed)

    const changed = await recondition(folder, { prompt: 'faithful' })
    expect(changed.constants.timestep).toBe(249)
    expect(await answer(folder, 'unet', 'default')).toEqual(faithful)
    expect(await answer(folder, 'fused', 'default')).toEqual(fused)
    expect(await answer(folder, 'unet', 'detailed')).toEqual(detailed)
    await recondition(folder, { timestep: 7 })
    const again = await recondition(folder, { prompt: 'detailed' })
    expect(again.conditioning!.timesteps).toEqual({ faithful: 7, detailed: 499 })
    const grains = ['default', 'faithful', 'detailed'].map((name) => settingOf(again, name)?.grain)
    expect(grains).toEqual([0.5, 0, 0.5])
  })

  test('whose prompts share one timestep where the checkpoint names no others', async () => {
    const { make } = stage({ prompt: 'detailed', timestep: 100 })
    const manifest = await make()
    expect(settingOf(manifest, 'faithful')).toEqual({ prompt: 'faithful', timestep: 100, grain: 0 })
    expect(settingOf(manifest, 'default')).toEqual({ prompt: 'detailed', timestep: 100, grain: 0 })
    expect(settingOf(manifest, 'sharp')).toBeUndefined()
  })

  test.each<[string, object, RegExp]>([
    ['a timestep for a prompt that is not there', { timesteps: { sharp: 1 }, timestep: 5 }, /one of sharp/],
    [
      'grain of a prompt that is not there',
      { grain: { sharp: 1 }, timestep: 5 },
      /grain of the prompts .* got one of sharp/,
    ],
    ['more grain than any film', { grain: { detailed: 17 }, timestep: 5 }, /gendr\.json.*grain.*16/s],
    ['no timestep for one of the prompts', { timesteps: { detailed: 1 } }, /a timestep of prompt faithful, got none/],
  ])('but not with %s', async (_, about, message) => {
    await expect(stage({ prompt: 'detailed', ...about }).make()).rejects.toThrow(message)
  })
})
