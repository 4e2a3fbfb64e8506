import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ImportOptions, importCheckpoint } from '../../../models/import/import.ts'
import { CPU_FORMS, CUDA_FORMS, PORTABLE_FORMS } from '../../../models/import/network.ts'
import { readModelFolder } from '../../../models/installed/folder.ts'
import { relativeError, TOLERANCE } from './accuracy.ts'
import { FAMILY, familyStages, writeFamilyCheckpoint } from './family.ts'
import { runGraph, temporaryFolder } from './fixtures.ts'

/** The worst error of each graph of a case, imported in some way. */
async function errorsOf(index: number, options: Partial<ImportOptions>): Promise<Record<string, number>> {
  const folder = temporaryFolder()
  const directory = join(folder, 'checkpoint')
  const output = join(folder, 'model')
  const one = FAMILY[index]!
  await writeFamilyCheckpoint(one, directory)
  const warnings: string[] = []
  const warn = (message: string) => warnings.push(message)
  await importCheckpoint({ source: directory, output, name: 'family', timestep: one.timestep, warn, ...options })
  expect(warnings).toEqual([])
  const { graphs } = await readModelFolder(output)
  const errors: Record<string, number> = {}
  for (const [graph, [input, expected]] of Object.entries(familyStages(index)))
    errors[graph] = relativeError(await runGraph(graphs[graph as keyof typeof graphs], input), expected)
  return errors
}

const NAMES = FAMILY.map(({ name }, index) => [name, index] as const)

describe.each([
  ['portable', PORTABLE_FORMS],
  ['fast on the CPU', { ...CPU_FORMS, phasesFrom: 1 }],
] as const)('graphs whose forms are %s compute what PyTorch computes:', (_, forms) => {
  test.each(NAMES)('%s', async (_name, index) => {
    const errors = await errorsOf(index, { forms })
    for (const [graph, error] of Object.entries(errors)) expect(error, graph).toBeLessThanOrEqual(TOLERANCE)
  })
})

describe('graphs that store or compute with less stay near what PyTorch computes:', () => {
  test.each([
    ['weights of eight bits', { precision: 'int8' }, 0.1],
    ['halves', { compute: 'fp16' }, 0.02],
    ['halves, in forms for CUDA', { compute: 'fp16', forms: CUDA_FORMS }, 0.02],
    ['halves, from weights of eight bits', { compute: 'fp16', precision: 'int8' }, 0.1],
  ] as const)('%s', async (_, options, tolerance) => {
    const errors = await errorsOf(0, options)
    for (const [graph, error] of Object.entries(errors)) {
      expect(error, graph).toBeGreaterThan(TOLERANCE)
      expect(error, graph).toBeLessThanOrEqual(tolerance)
    }
  })
})
