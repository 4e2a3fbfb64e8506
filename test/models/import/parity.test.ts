import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importCheckpoint } from '../../../models/import/import.ts'
import { readModelFolder } from '../../../models/installed/folder.ts'
import type { LatentManifest } from '../../../models/installed/manifest.ts'
import { relativeError, TOLERANCE } from './accuracy.ts'
import { CHECKPOINTS, type Dense, readTensors, runGraph, temporaryFolder } from './fixtures.ts'

const CASES = [
  ['tiny-a', 'expected.safetensors'],
  ['tiny-a', 'expected_2.safetensors'],
  ['tiny-b', 'expected.safetensors'],
  ['tiny-b-fp16', 'expected.safetensors'],
  ['tiny-patches', 'expected.safetensors'],
] as const

describe.each(CASES)('an imported checkpoint computes what its reference computes: %s, %s', (name, expectation) => {
  test('every stage, from the previous stage of the reference', async () => {
    const directory = join(CHECKPOINTS, name)
    const { timestep } = JSON.parse(readFileSync(join(directory, 'fixture.json'), 'utf8'))
    const output = join(temporaryFolder(), name)
    const { constants, precision } = await importCheckpoint({ source: directory, output, name, timestep })
    const { graphs } = await readModelFolder(output)
    const expected = readTensors(join(directory, expectation), ['x', 'latent_mean', 'latent', 'eps', 'z0', 'image'])
    const { x, latent_mean, latent, eps, z0, image } = expected as Record<string, Dense> & typeof expected
    const { scale, shift, alpha, beta } = constants as LatentManifest['constants']

    const computed = {
      latent_mean: [await runGraph(graphs.encoder, x!), latent_mean!],
      latent: [mapped(latent_mean!, (mean) => (mean - shift) * scale), latent!],
      eps: [await runGraph(graphs.unet, latent!), eps!],
      z0: [mapped(latent!, (z, index) => (z - Math.sqrt(beta) * eps!.data[index]!) / Math.sqrt(alpha)), z0!],
      image: [
        await runGraph(
          graphs.decoder,
          mapped(z0!, (z) => z / scale + shift),
        ),
        image!,
      ],
    }
    const errors = Object.entries(computed).map(
      ([stage, [actual, wanted]]) => [stage, relativeError(actual!, wanted!)] as const,
    )

    console.info(name, expectation, errors.map(([stage, error]) => `${stage} ${error.toExponential(1)}`).join(', '))
    expect(precision).toBe(name.endsWith('fp16') ? 'fp16' : 'fp32')
    for (const [stage, error] of errors) expect(error, stage).toBeLessThanOrEqual(TOLERANCE)
  })
})

function mapped({ data, dims }: Dense, change: (value: number, index: number) => number): Dense {
  return { data: data.map(change), dims }
}
