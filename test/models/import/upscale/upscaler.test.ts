import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { importCheckpoint, sourceKind } from '../../../../models/import/import.ts'
import { elementCount, type Shape } from '../../../../models/import/stored-tensor.ts'
import { openModelFolder } from '../../../../models/installed/folder.ts'
import { readTensors, runGraph, temporaryFolder } from '../fixtures.ts'
import { encodeSafetensors, type Numbers, type Tensors } from '../synthetic.ts'

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

/** SRVGGNetCompact of four channels, whose first kernel is `kernel` everywhere. */
function smallNetwork(kernel: number): Tensors {
  const shapes = {
    'body.0.weight': [4, 3, 3, 3],
    'body.0.bias': [4],
    'body.1.weight': [4],
    'body.2.weight': [12, 4, 3, 3],
    'body.2.bias': [12],
  }
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const data = new Float32Array(elementCount(shape)).fill(name === 'body.0.weight' ? kernel : 0)
      return [name, { shape, data }]
    }),
  )
}

describe('a network is recognised under the name of what wrapped it in training:', () => {
  const wrapped = (prefix: string, kernel = 0.1): [string, { shape: Shape; data: Float32Array }][] =>
    Array.from(smallNetwork(kernel), ([name, tensor]) => [`${prefix}${name}`, tensor])
  const one = { shape: [], data: Float32Array.of(1) }
  const bring = async (tensors: Tensors) => {
    const folder = temporaryFolder()
    const source = join(folder, 'a.safetensors')
    writeFileSync(source, encodeSafetensors(tensors))
    const warnings: string[] = []
    const warn = (message: string) => warnings.push(message)
    const { weights, constants } = await importCheckpoint({ source, output: join(folder, 'm'), copy: true, warn })
    expect(constants).toMatchObject({ architecture: 'SRVGGNetCompact', scale: 2 })
    return { weights, warnings }
  }

  test.each(['module.', 'params_ema.', 'model.net_g.'])('%s', async (prefix) => {
    const { weights, warnings } = await bring(new Map([...wrapped(prefix), ['n_averaged', one]]))
    expect(weights).toEqual((await bring(smallNetwork(0.1))).weights)
    expect(warnings).toEqual([])
  })

  test('of weights and their running average the average is taken, and it is told', async () => {
    const { weights, warnings } = await bring(new Map([...wrapped('net_g.', 0.5), ...wrapped('net_g_ema.')]))
    expect(weights).toEqual((await bring(smallNetwork(0.1))).weights)
    expect(warnings).toEqual([
      expect.stringMatching(/the network under net_g_ema\., without 5 other tensors, such as net_g\.body\.0\.weight/),
    ])
  })

  test('of two that are no average of one another none is', async () => {
    await expect(bring(new Map([...wrapped('a.'), ...wrapped('b.')]))).rejects.toThrow(
      'expected one network, got those under a. and b..',
    )
  })

  test('also among thousands of others', async () => {
    const others = Array.from({ length: 10_000 }, (_, i) => [`optimizer.${i}.state.step`, one] as const)
    const { warnings } = await bring(new Map([...wrapped('net_g.'), ...others]))
    expect(warnings).toEqual([expect.stringContaining('without 10000 other tensors')])
  }, 20_000)
})

describe('what is known to be something else is told with what to do about it:', () => {
  test.each([
    ['model.diffusion_model.input_blocks.0.0.weight', /a whole Stable Diffusion model in one file/, /from_single_file/],
    ['lora_unet_mid_block.lora_down.weight', /a low-rank adaptation/, /--lora FILE/],
    ['unet.mid_block.to_q.lora_A.weight', /a low-rank adaptation/, /--lora FILE/],
    ['down_blocks.0.resnets.0.conv1.weight', /one part of a checkpoint/, /Name the folder that its folder lies in/],
    ['encoder.conv_in.weight', /one part of a checkpoint/, /Name the folder that its folder lies in/],
  ])('%s', async (name, message, remedy) => {
    const source = join(temporaryFolder(), 'a.safetensors')
    writeFileSync(source, encodeSafetensors(new Map([[name, { shape: [1], data: Float32Array.of(1) }]])))
    await expect(sourceKind(source)).rejects.toMatchObject({
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    })
  })
})

describe('doubles are taken as floats,', () => {
  const bring = async (change: (values: Float32Array) => Float64Array | Float32Array) => {
    const folder = temporaryFolder()
    const source = join(folder, 'a.safetensors')
    const tensors = Array.from(
      smallNetwork(0.1),
      ([name, { shape, data }]) => [name, { shape, data: change(data) }] as const,
    )
    writeFileSync(source, encodeSafetensors(new Map(tensors)))
    return importCheckpoint({ source, output: join(folder, 'm'), copy: true })
  }

  test('and give the same weights', async () => {
    const { weights, precision } = await bring((values) => Float64Array.from(values))
    expect([weights, precision]).toEqual([(await bring((values) => values)).weights, 'fp32'])
  })

  test('and refused where they are too large for that', async () => {
    await expect(bring((values) => Float64Array.from(values, () => 1e40))).rejects.toThrow(
      'expected finite values in tensor body.0.weight, got NaN or infinity at index 0',
    )
  })

  test('whole numbers are not, and what is told is not that the download is incomplete', async () => {
    const folder = temporaryFolder()
    const source = join(folder, 'a.safetensors')
    const bias = { shape: [4], data: BigInt64Array.of(1n, 2n, 3n, 4n) }
    writeFileSync(
      source,
      encodeSafetensors(new Map<string, { shape: Shape; data: Numbers }>([...smallNetwork(0), ['body.0.bias', bias]])),
    )
    await expect(importCheckpoint({ source, output: join(folder, 'm') })).rejects.toMatchObject({
      message: expect.stringContaining('expected tensor body.0.bias as F64, F32, F16, BF16, got I64'),
      remedy: expect.stringContaining('Save its tensors as F16 or F32'),
    })
  })
})

test('each of its tensors is checked, with a step to cancel at', async () => {
  const folder = temporaryFolder()
  const [source, output] = [join(folder, 'a.safetensors'), join(folder, 'm')]
  writeFileSync(source, encodeSafetensors(smallNetwork(Number.NaN)))
  await expect(importCheckpoint({ source, output })).rejects.toMatchObject({
    code: 'checkpoint_invalid',
    message: expect.stringContaining('expected finite values in tensor body.0.weight, got NaN or infinity at index 0'),
  })
  writeFileSync(source, encodeSafetensors(smallNetwork(0.1)))
  const [cancel, steps] = [new AbortController(), [] as string[]]
  const cancelled = importCheckpoint({
    source,
    output,
    signal: cancel.signal,
    progress(_done, _total, label) {
      steps.push(label)
      if (steps.length === 2) cancel.abort()
    },
  })
  await expect(cancelled).rejects.toMatchObject({ code: 'interrupted' })
  expect(steps).toEqual(['checked body.0.weight', 'checked body.0.bias'])
  expect(readdirSync(folder)).toEqual(['a.safetensors'])
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
    const known = smallNetwork(0).set('n_averaged', { shape: [], data: Float32Array.of(3) })
    const gain = { shape: [4], data: new Float32Array(4) }
    writeFileSync(source, encodeSafetensors(new Map([...known, ['body.1.gain', gain]])))
    await expect(importCheckpoint({ source, output: join(folder, 'm') })).rejects.toMatchObject({
      message: expect.stringMatching(/tensors of SRVGGNetCompact alone, found 1 more, the first is body\.1\.gain/),
      remedy: expect.stringContaining('.onnx'),
    })
    writeFileSync(source, encodeSafetensors(known))
    const warnings: string[] = []
    await importCheckpoint({ source, output: join(folder, 'm'), warn: (message) => warnings.push(message) })
    expect(warnings).toEqual([])
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
