import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readAbout } from '../../../models/import/about.ts'
import { draftModel, importCheckpoint } from '../../../models/import/import.ts'
import { readScheduler, SCHEDULER_FILE, signalAt } from '../../../models/import/scheduler.ts'
import { chooseStep, type StepChoice } from '../../../models/import/step.ts'
import type { RestorerManifest } from '../../../models/installed/manifest.ts'
import { importReport } from '../../../server/cli/import-report.ts'
import { temporaryFolder } from './fixtures.ts'
import { SMALL_UNET, SMALL_VAE, syntheticTensors, writeCheckpoint } from './synthetic.ts'

/** That of Stable Diffusion 2.1, as Diffusers saved it. */
const STABLE_DIFFUSION = {
  _class_name: 'DDIMScheduler',
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  clip_sample: false,
  num_train_timesteps: 1000,
  prediction_type: 'v_prediction',
  trained_betas: null,
}

const LINEAR = { ...STABLE_DIFFUSION, beta_schedule: 'linear', beta_start: 0.0001, beta_end: 0.02 }

/** A folder with nothing but what is said of the step. */
function folder(scheduler?: object, about?: object): string {
  const directory = temporaryFolder()
  mkdirSync(join(directory, 'scheduler'))
  if (scheduler) writeFileSync(join(directory, SCHEDULER_FILE), JSON.stringify(scheduler))
  if (about) writeFileSync(join(directory, 'gendr.json'), JSON.stringify(about))
  return directory
}

describe('how much of a picture is signal at a timestep is what NumPy computes by the definitions of Diffusers:', () => {
  test.each([
    ['linear', LINEAR, [0.9999, 0.07858724288177824, 4.035829765375676e-5]],
    ['scaled_linear', STABLE_DIFFUSION, [0.99915, 0.27766965045646763, 0.004660098513077238]],
    [
      'squaredcos_cap_v2',
      { ...STABLE_DIFFUSION, beta_schedule: 'squaredcos_cap_v2' },
      [0.999958715775178, 0.4938435904406382, 2.4287669070348567e-9],
    ],
    [
      'scaled_linear without signal at the end',
      { ...STABLE_DIFFUSION, rescale_betas_zero_snr: true },
      [0.99915, 0.24235916655614523, 2 ** -24],
    ],
  ])('%s', (_, config, expected) => {
    const scheduler = readScheduler(join(folder(config), SCHEDULER_FILE))
    for (const [i, timestep] of [0, 499, 999].entries())
      expect(signalAt(scheduler, timestep) / expected[i]!).toBeCloseTo(1, 9)
  })

  test('betas that were trained', () => {
    const scheduler = readScheduler(join(folder({ ...LINEAR, trained_betas: [0.5, 0.2] }), SCHEDULER_FILE))
    expect([0, 1].map((timestep) => signalAt(scheduler, timestep))).toEqual([0.5, 0.4])
  })

  test.each([-1, 0.5, 1000])('and there is no timestep %f', (timestep) => {
    const scheduler = readScheduler(join(folder(LINEAR), SCHEDULER_FILE))
    expect(() => signalAt(scheduler, timestep)).toThrow(`expected a whole timestep from 0 to 999, got ${timestep}`)
  })
})

describe('gendr.json', () => {
  const read = (about: object) => readAbout(join(folder(undefined, about), 'gendr.json'))

  test.each([
    { timesteps: { a: 1 }, Alpha: 0.3 },
    { predicton: 'sample' },
    { Licence: 'MIT' },
    { color_transfers: {} },
  ])('is refused with a key that nothing reads: %j', (about) => {
    const key = Object.keys(about).at(-1)!
    const refused = { message: expect.stringContaining(`${key}: expected no key of this name`) }
    expect(() => read(about)).toThrow(
      expect.objectContaining({ ...refused, remedy: expect.stringContaining('prediction_type, alpha, beta') }),
    )
  })

  test("may have the flag's name of a key, and the American one, and what was noted in training", () => {
    expect(read({ prediction: 'v_prediction', license: 'MIT', trained: { steps: 1 } })).toMatchObject({
      prediction_type: 'v_prediction',
      licence: 'MIT',
    })
  })

  test('is refused where it says a key under both names', () => {
    expect(() => read({ prediction: 'sample', prediction_type: 'sample' })).toThrow(
      'prediction_type: expected each key once, under one of its names, got "sample"',
    )
  })
})

describe('the step of a model is', () => {
  const choose = (
    directory: string,
    chosen: StepChoice = {},
    timesteps: readonly number[] = [999],
    { hasScheduler = true, latentChannels = 4 } = {},
  ) =>
    chooseStep(
      chosen,
      {
        about: readAbout(join(directory, 'gendr.json')),
        scheduler: hasScheduler ? join(directory, SCHEDULER_FILE) : undefined,
        vae: { config: { latent_channels: latentChannels } },
      },
      timesteps,
    )

  test("GenDR's, where nothing says otherwise", () => {
    const { step, origin } = choose(folder(), {}, [499], { hasScheduler: false })
    expect(step).toEqual({ prediction: 'epsilon', alpha: 0.5, beta: 0.5 })
    expect(origin).toMatch(/prediction epsilon \(GenDR's, .*alpha 0\.5 \(GenDR's/)
  })

  test('that of the scheduler it was trained with', () => {
    const { step, origin } = choose(folder(STABLE_DIFFUSION))
    expect(step.prediction).toBe('v_prediction')
    expect(step.alpha).toBeCloseTo(0.0046601, 7)
    expect(step.alpha + step.beta).toBe(1)
    expect(origin).toContain('alpha 0.00466 (scheduler/scheduler_config.json at timestep 999)')
  })

  test("GenDR's for its 16 latent channels, whatever its scheduler says, unless all is said", () => {
    const directory = folder(STABLE_DIFFUSION, { alpha: 0.4 })
    const { step, origin } = choose(directory, { beta: 0.6 }, [249, 499], { latentChannels: 16 })
    expect(step).toEqual({ prediction: 'epsilon', alpha: 0.4, beta: 0.6 })
    expect(origin).toMatch(
      /^prediction epsilon \(GenDR's\), alpha 0\.4 .*scheduler_config\.json is not used.*--prediction, --alpha/,
    )
    const said = { prediction: 'sample', alpha: 0.3, beta: 0.7 } as const
    const asked = choose(directory, said, [499], { latentChannels: 16 })
    expect(asked.step).toEqual(said)
    expect(asked.origin).not.toContain('scheduler')
  })

  test('what gendr.json says, and before that what is asked for', () => {
    const directory = folder(STABLE_DIFFUSION, { prediction_type: 'sample', alpha: 0.3 })
    const { step, origin } = choose(directory, { alpha: 0.25 })
    expect(step).toMatchObject({ prediction: 'sample', alpha: 0.25 })
    expect(step.beta).toBeCloseTo(0.9953399, 7)
    expect(origin).toMatch(/^prediction sample \(gendr\.json\), alpha 0\.25 \(as asked for\), beta 0\.9953 \(scheduler/)
  })

  test('not of a scheduler of another kind, unless all is said', () => {
    const flow = { _class_name: 'FlowMatchEulerDiscreteScheduler', num_train_timesteps: 1000, shift: 3 }
    expect(() => choose(folder(flow))).toThrow(/scheduler_config\.json: beta_start: .*got undefined/)
    const all = { prediction: 'epsilon', alpha: 0.5, beta: 0.5 } as const
    expect(choose(folder(flow), all).step).toEqual(all)
  })

  test('not one for several timesteps', () => {
    const directory = folder(STABLE_DIFFUSION)
    expect(() => choose(directory, {}, [249, 499])).toThrow(/expected alpha and beta .*several timesteps \(249, 499\)/)
    expect(choose(directory, { alpha: 0.5, beta: 0.5 }, [249, 499]).step.prediction).toBe('v_prediction')
  })
})

test('a model of another kin is imported with the step of its scheduler, and the report says so', async () => {
  const directory = temporaryFolder()
  const source = join(directory, 'c')
  writeCheckpoint(source, { unet: SMALL_UNET, vae: SMALL_VAE }, syntheticTensors(SMALL_UNET, SMALL_VAE))
  mkdirSync(join(source, 'scheduler'))
  writeFileSync(join(source, SCHEDULER_FILE), JSON.stringify(STABLE_DIFFUSION))
  const options = { source, name: 'm', timestep: 999 }
  const told: string[] = []
  const manifest = await importCheckpoint({ ...options, output: join(directory, 'm'), tell: (line) => told.push(line) })
  const { constants } = manifest as RestorerManifest
  expect(constants).toMatchObject({ prediction: 'v_prediction', alpha: expect.closeTo(0.0046601, 7) })
  expect(told).toEqual([expect.stringContaining('prediction v_prediction (scheduler/scheduler_config.json at')])
  expect(importReport(await draftModel(options))).toContain(`  step        ${told[0]}\n`)
  const asked = await draftModel({ ...options, alpha: 0.2, beta: 0.8, prediction: 'epsilon' })
  expect(asked.description.constants).toMatchObject({ alpha: 0.2, beta: 0.8, prediction: 'epsilon' })
})
