import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { openModelFolder } from '../../../../models/import/folder.ts'
import { importCheckpoint } from '../../../../models/import/import.ts'
import { readTensors, runGraph, temporaryFolder } from '../fixtures.ts'
import { encodeSafetensors } from '../synthetic.ts'

const FOLDER = fileURLToPath(new URL('../../../fixtures/upscalers', import.meta.url))

interface Case {
  readonly file: string
  readonly architecture: string
  readonly scale: number
  readonly channels: number
}

const CASES: readonly Case[] = JSON.parse(readFileSync(join(FOLDER, 'cases.json'), 'utf8'))

describe.each(CASES)('$file', ({ file, architecture, scale, channels }) => {
  test.each([{}, { copy: true }])('is recognised and computes what PyTorch computes, %o', async (options) => {
    const output = join(temporaryFolder(), 'model')
    const warnings: string[] = []
    const manifest = await importCheckpoint({
      source: join(FOLDER, file),
      output,
      ...options,
      warn: (message) => warnings.push(message),
    })
    expect(manifest).toMatchObject({
      kind: 'upscaler',
      name: file.replace(/\.\w+$/, ''),
      constants: { architecture, scale, channels },
    })
    expect(warnings).toEqual([])
    const { graphs } = await openModelFolder(output)
    const { [`${file}.in`]: input, [`${file}.out`]: expected } = readTensors(join(FOLDER, 'expected.safetensors'), [
      `${file}.in`,
      `${file}.out`,
    ])
    const actual = await runGraph(graphs.upscaler, input!)
    expect(actual.dims).toEqual(expected!.dims)
    const { data } = expected!
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length
    const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length)
    const furthest = actual.data.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i]!)), 0)
    expect(furthest / deviation).toBeLessThan(2e-4)
  })
})

test('weights stay in the file that they came in', async () => {
  const output = join(temporaryFolder(), 'model')
  await importCheckpoint({ source: join(FOLDER, 'realesrgan-x4.pth'), output })
  expect(readdirSync(output)).toContain('upscaler.pth')
})

describe('what is no upscaler is refused:', () => {
  const refused = async (name: string, bytes: Uint8Array) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, name), bytes)
    await expect(importCheckpoint({ source: join(folder, name), output: join(folder, 'm') })).rejects.toMatchObject({
      code: 'checkpoint_invalid',
    })
    expect(readdirSync(folder)).toEqual([name])
  }
  const tensors = (...names: [string, number[]][]) =>
    encodeSafetensors(
      new Map(
        names.map(([name, shape]) => [name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) }]),
      ),
    )

  test('tensors of something else', () => refused('a.safetensors', tensors(['conv_in.weight', [4, 3, 3, 3]])))
  test('a variant, which has a tensor more', async () => {
    const folder = temporaryFolder()
    const source = join(folder, 'a.safetensors')
    const names = ['body.0.weight', 'body.0.bias', 'body.1.weight', 'body.2.weight', 'body.2.bias'] as const
    const shapes = [[4, 3, 3, 3], [4], [4], [12, 4, 3, 3], [12]]
    const known = names.map((name, i): [string, number[]] => [name, shapes[i]!])
    writeFileSync(source, tensors(...known, ['n_averaged', []], ['body.1.gain', [4]]))
    await expect(importCheckpoint({ source, output: join(folder, 'm') })).rejects.toMatchObject({
      message: expect.stringMatching(/tensors of SRVGGNetCompact alone, found 1 more, the first is body\.1\.gain/),
      remedy: expect.stringContaining('.onnx'),
    })
    writeFileSync(source, tensors(...known, ['n_averaged', []]))
    await importCheckpoint({ source, output: join(folder, 'm') })
  })
  test('no tensors', () => refused('a.safetensors', tensors()))
  test('an unknown ending', () => refused('a.zip', tensors()))
  test('a network whose last layer does not fit pixel shuffle', () =>
    refused(
      'a.safetensors',
      tensors(['body.0.weight', [4, 3, 3, 3]], ['body.1.weight', [4]], ['body.2.weight', [10, 4, 3, 3]]),
    ))
  test('a network that lacks a bias', () =>
    refused(
      'a.safetensors',
      tensors(['body.0.weight', [4, 3, 3, 3]], ['body.1.weight', [4]], ['body.2.weight', [12, 4, 3, 3]]),
    ))
})
