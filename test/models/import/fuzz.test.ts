import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { importCheckpoint } from '../../../models/import/import.ts'
import { RANGES_FILE } from '../../../models/import/ranges.ts'
import { openModelFolder } from '../../../models/installed/folder.ts'
import { RestorationError } from '../../../nodes/sdk/error.ts'
import { temporaryFolder } from './fixtures.ts'
import { encodeSafetensors, SMALL_UNET, SMALL_VAE, syntheticTensors, writeCheckpoint } from './synthetic.ts'

const TENSORS = syntheticTensors(SMALL_UNET, SMALL_VAE)

const RANGES = encodeSafetensors(
  new Map([
    ['encoder.conv_in.input', { shape: [2], data: Float32Array.of(-1, 1) }],
    ['encoder.conv_in.output', { shape: [2, 8], data: Float32Array.from({ length: 16 }, (_, i) => (i < 8 ? -1 : i)) }],
  ]),
)

/** Values that configurations get wrong, besides any JSON at all. */
const value = fc.oneof(
  fc.constantFrom<unknown>(
    0,
    -1,
    1.5,
    2 ** 31,
    1e308,
    null,
    true,
    '',
    '4',
    [],
    {},
    [4],
    [4, 4],
    [8, 16, 32],
    'DownBlock2D',
  ),
  fc.jsonValue({ maxDepth: 2 }),
)

interface Place {
  readonly source: string
  readonly output: string
}

function place(): Place {
  const folder = temporaryFolder()
  const source = join(folder, 'checkpoint')
  writeCheckpoint(source, { unet: SMALL_UNET, vae: SMALL_VAE }, TENSORS)
  writeFileSync(join(source, RANGES_FILE), RANGES)
  return { source, output: join(folder, 'model') }
}

/** A whole model or none, and a refusal in our own words. */
async function importsOrRefuses({ source, output }: Place): Promise<void> {
  const options = { source, output, name: 'fuzzed', timestep: 1, overwrite: true, variants: ['cpu'] } as const
  try {
    await importCheckpoint(options)
    await openModelFolder(output)
  } catch (error) {
    if (!(error instanceof RestorationError)) throw error
    expect(error.code).toBe('checkpoint_invalid')
    expect(existsSync(output)).toBe(false)
  }
}

describe('a checkpoint is imported whole or refused, and nothing else happens,', () => {
  test.each([
    ['unet', SMALL_UNET],
    ['vae', SMALL_VAE],
  ] as const)('whatever %s/config.json says', async (part, config) => {
    const keys = fc.constantFrom(
      ...Object.keys(config),
      'norm_eps',
      'act_fn',
      'scaling_factor',
      'latents_mean',
      '__proto__',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(keys, value), { minLength: 1, maxLength: 3 }), async (changes) => {
        const own = place()
        const changed = { ...config, ...Object.fromEntries(changes) }
        writeFileSync(join(own.source, part, 'config.json'), JSON.stringify(changed))
        await importsOrRefuses(own)
      }),
      { numRuns: 150 },
    )
  })

  test('whatever gendr.json says', async () => {
    const keys = fc.constantFrom(
      'name',
      'timestep',
      'prompt',
      'prediction_type',
      'alpha',
      'beta',
      'licence',
      'color_transfer',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(keys, value), { minLength: 1, maxLength: 3 }), async (changes) => {
        const own = place()
        writeFileSync(join(own.source, 'gendr.json'), JSON.stringify(Object.fromEntries(changes)))
        await importsOrRefuses(own)
      }),
      { numRuns: 100 },
    )
  })

  test.each([
    join('unet', 'diffusion_pytorch_model.safetensors'),
    join('vae', 'diffusion_pytorch_model.safetensors'),
    RANGES_FILE,
  ])('whatever bytes of %s are changed', async (file) => {
    const original = readFileSync(join(place().source, file))
    const header = 8 + Number(original.readBigUInt64LE(0))
    const at = fc.oneof(fc.nat(header), fc.nat(original.length - 1))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(at, fc.nat(255)), { minLength: 1, maxLength: 4 }), async (changes) => {
        const own = place()
        const bytes = Buffer.from(original)
        for (const [index, byte] of changes) bytes[index] = byte
        writeFileSync(join(own.source, file), bytes)
        await importsOrRefuses(own)
      }),
      { numRuns: 120 },
    )
  })
})

test('a model folder opens or is called corrupt, whatever its manifest says', async () => {
  const own = place()
  await importCheckpoint({ ...own, name: 'fuzzed', timestep: 1 })
  const path = join(own.output, 'manifest.json')
  const manifest = JSON.parse(readFileSync(path, 'utf8'))
  const keys = fc.constantFrom(...Object.keys(manifest), ...Object.keys(manifest.constants), 'fused', 'path', 'bytes')
  await fc.assert(
    fc.asyncProperty(keys, value, async (key, wrong) => {
      const changed = JSON.stringify(manifest, (own, before) => (own === key ? wrong : before))
      writeFileSync(path, changed ?? 'undefined')
      await openModelFolder(own.output).catch((error: unknown) => {
        if (!(error instanceof RestorationError)) throw error
        expect(error.code).toBe('model_corrupt')
      })
    }),
    { numRuns: 400 },
  )
})
