import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import onnxProto from 'onnx-proto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { imageIqa } from '../../../nodes/measure/image-iqa.ts'
import { cropPlaces } from '../../../nodes/measure/iqa-views.ts'
import type { RunContext } from '../../../nodes/sdk/context.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { modelChoices } from '../../../server/cli/models.ts'
import { Inference } from '../../../server/inference/inference.ts'
import { ModelStore } from '../../../server/runner/model-store.ts'
import { testContext } from '../context.ts'

const { onnx } = onnxProto
const { FLOAT, FLOAT16, UINT8 } = onnx.TensorProto.DataType

type Step = readonly [
  operator: string,
  from: readonly string[],
  to: string,
  ...attributes: onnxProto.onnx.IAttributeProto[],
]

const all = { name: 'keepdims', type: onnx.AttributeProto.AttributeType.INT, i: 0 }
const asFloat = { name: 'to', type: onnx.AttributeProto.AttributeType.INT, i: FLOAT }
const sizes = (...dims: (number | string)[]) => dims

/** Networks that are checked by hand: `score` of what goes in. */
const NETWORKS: Record<
  string,
  { inputs: readonly (readonly (number | string)[])[]; type?: number; steps: readonly Step[] }
> = {
  mean: { inputs: [sizes(1, 3, 'h', 'w')], steps: [['ReduceMean', ['x0'], 'score', all]] },
  luma: { inputs: [sizes('n', 1, 'h', 'w')], steps: [['ReduceMean', ['x0'], 'score', all]] },
  last: { inputs: [sizes(1, 'h', 'w', 3)], steps: [['ReduceMean', ['x0'], 'score', all]] },
  largest: { inputs: [sizes(1, 3, 8, 6)], steps: [['ReduceMax', ['x0'], 'score', all]] },
  colours: { inputs: [sizes(1, 3, 'h', 'w')], steps: [['GlobalAveragePool', ['x0'], 'score']] },
  log: {
    inputs: [sizes(1, 3, 'h', 'w')],
    steps: [
      ['ReduceMean', ['x0'], 'm', all],
      ['Log', ['m'], 'score'],
    ],
  },
  difference: {
    inputs: [sizes(1, 3, 'h', 'w'), sizes(1, 3, 'h', 'w')],
    steps: [
      ['Sub', ['x0', 'x1'], 'd'],
      ['ReduceMean', ['d'], 'score', all],
    ],
  },
  bytes: {
    inputs: [sizes(1, 3, 'h', 'w')],
    type: UINT8,
    steps: [
      ['Cast', ['x0'], 'f', asFloat],
      ['ReduceMean', ['f'], 'score', all],
    ],
  },
  halves: { inputs: [sizes(1, 3, 'h', 'w')], type: FLOAT16, steps: [['ReduceMean', ['x0'], 'score', all]] },
  patches: { inputs: [sizes(1, 64, 3072)], steps: [['ReduceMean', ['x0'], 'score', all]] },
  three: {
    inputs: [sizes(1, 3, 'h', 'w'), sizes(1, 3, 'h', 'w'), sizes(1, 3, 'h', 'w')],
    steps: [
      ['Sum', ['x0', 'x1', 'x2'], 'd'],
      ['ReduceMean', ['d'], 'score', all],
    ],
  },
}

function encode({ inputs, type = FLOAT, steps }: (typeof NETWORKS)[string]): Uint8Array {
  const dim = (size: number | string) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size })
  const graph = {
    name: 'tiny',
    node: steps.map(([opType, input, output, ...attribute]) => ({
      opType,
      input: [...input],
      output: [output],
      attribute,
    })),
    input: inputs.map((shape, i) => ({
      name: `x${i}`,
      type: { tensorType: { elemType: type, shape: { dim: shape.map(dim) } } },
    })),
    output: [{ name: 'score', type: { tensorType: { elemType: type === UINT8 ? FLOAT : type } } }],
  }
  return onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph }).finish()
}

let folder: string
let thread: Inference
let context: RunContext

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iqa-'))
  await mkdir(join(folder, 'iqa'))
  for (const [name, network] of Object.entries(NETWORKS))
    await writeFile(join(folder, 'iqa', `${name}.onnx`), encode(network))
  await writeFile(join(folder, 'iqa', 'broken.onnx'), 'no graph')
  await writeFile(join(folder, 'iqa', 'notes.txt'), 'about these')
  thread = await Inference.start({ device: 'cpu', threads: 1, sessionBytes: 2 ** 20 })
  const models = new ModelStore([join(folder, 'nowhere'), folder])
  const plain = testContext()
  context = {
    ...plain,
    models,
    inference: {
      ...plain.inference,
      signature: (model) => thread.signature(models.iqaGraph(model), plain.signal),
      score: (model, inputs) => thread.run(models.iqaGraph(model), inputs, plain.signal),
    },
  }
})

afterAll(async () => {
  await thread?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** 10 × 12, a quarter of R, G and B each of their own level, and one bright pixel at the bottom right. */
const picture: Frame = { width: 10, height: 12, channels: 3, data: new Uint8Array(360) }
for (let i = 0; i < 360; i++) picture.data[i] = [51, 102, 204][i % 3]!
const marked: Frame = { ...picture, data: picture.data.slice() }
marked.data.fill(255, 357)

type Settings = Parameters<typeof imageIqa.run>[1]

function score(model_name: string, settings: Partial<Settings> = {}, reference?: Frame, frames = [picture]) {
  const full = imageIqa.parameters.parse({ model_name: `${model_name}.onnx`, ...settings })
  const inputs = { image: { frames }, reference: reference && { frames: [reference] } }
  return imageIqa.run(inputs, full, context)
}

describe('a network that scores a picture', () => {
  test.each<[string, Partial<Settings>, number]>([
    ['gets 0 to 1', {}, 119 / 255],
    ['gets 0 to 255', { range: '0 to 255' }, 119],
    ['gets -1 to 1', { range: '-1 to 1' }, (2 * 119) / 255 - 1],
    [
      'gets values as ImageNet classifiers do',
      { range: 'ImageNet' },
      (-0.285 / 0.229 - 0.056 / 0.224 + 0.394 / 0.225) / 3,
    ],
    ['gets a stretched picture', { fit: 'resize', size: 64 }, 119 / 255],
    ['gets the middle', { fit: 'resize and crop', size: 40 }, 119 / 255],
  ])('%s', async (_, settings, expected) => {
    expect((await score('mean', settings)).score).toBeCloseTo(expected, 4)
  })

  test('gets luma where it takes one channel', async () => {
    const luma = (0.299 * 51 + 0.587 * 102 + 0.114 * 204) / 255
    expect((await score('luma')).score).toBeCloseTo(luma, 5)
  })

  test('gets channels last where its axes say so, or where it is told', async () => {
    expect((await score('last')).score).toBeCloseTo(119 / 255, 5)
    await expect(score('last', { layout: 'nchw' })).rejects.toMatchObject({ code: 'inference_failed' })
  })

  test('gets bytes or halves where it takes these', async () => {
    expect((await score('bytes', { range: 'CLIP' })).score).toBeCloseTo(119, 4)
    expect((await score('halves')).score).toBeCloseTo(119 / 255, 3)
  })

  test('of one size sees windows of the very pixels, and the score is the mean over them', async () => {
    const bright = { frames: [marked] }
    const run = (crops: number) => score('largest', { range: '0 to 255', crops }, undefined, bright.frames)
    // Windows of 6 × 8 in four corners: one of them holds the pixel.
    expect((await run(25)).score).toBeCloseTo((3 * 204 + 255) / 4, 4)
    // One window in the middle does not.
    expect((await run(1)).score).toBeCloseTo(204, 4)
    await expect(score('largest', { fit: 'whole' })).rejects.toMatchObject({
      message: expect.stringMatching(/6 × 8.*10 × 12/),
    })
  })

  test('of several values gives their mean, the first or the expected rating, and shows them all', async () => {
    const mean = await score('colours')
    expect(mean.score).toBeCloseTo(119 / 255, 5)
    expect(mean.ui?.text).toEqual(['colours 0.467', '0.200, 0.400, 0.800'])
    expect((await score('colours', { output: 'first' })).score).toBeCloseTo(0.2, 5)
    expect((await score('colours', { output: 'expected rating' })).score).toBeCloseTo((0.2 + 0.8 + 2.4) / 1.4, 5)
  })

  test('gives the mean of a batch and shows each', async () => {
    const dark: Frame = { ...picture, data: new Uint8Array(360) }
    const { score: mean, ui } = await score('mean', { range: '0 to 255' }, undefined, [picture, dark])
    expect(mean).toBeCloseTo(59.5, 4)
    expect(ui?.text).toEqual(['mean 59.500', '1: 119.000', '2: 0.000'])
  })
})

describe('a network that compares a picture with a reference', () => {
  test('gets the picture first', async () => {
    const black: Frame = { ...picture, data: new Uint8Array(360) }
    expect((await score('difference', {}, black)).score).toBeCloseTo(119 / 255, 5)
    expect((await score('difference', { fit: 'crops', size: 32, crops: 3 }, black)).score).toBeCloseTo(119 / 255, 5)
  })

  test('says so when it gets none, or pictures of two sizes', async () => {
    await expect(score('difference')).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining("'x0', 'x1'"),
      remedy: expect.stringContaining('reference'),
    })
    const small: Frame = { width: 2, height: 2, channels: 3, data: new Uint8Array(12) }
    await expect(score('difference', {}, small)).rejects.toThrow(/10 × 12.*2 × 2/)
  })
})

describe('what cannot score is refused', () => {
  test.each<[string, string, Partial<Settings>, object]>([
    ['no such file', 'nothing', {}, { code: 'model_not_found', remedy: expect.stringContaining('mean.onnx') }],
    ['a path', '../iqa/mean', {}, { code: 'model_not_found' }],
    ['no ONNX', 'broken', {}, { code: 'model_corrupt', message: expect.stringContaining("'broken.onnx'") }],
    ['three inputs', 'three', {}, { code: 'invalid_input', message: expect.stringContaining('3 inputs') }],
    ['patches for input', 'patches', {}, { code: 'invalid_input', message: expect.stringContaining('[1, 64, 3072]') }],
    ['NaN', 'log', { range: 'ImageNet', fit: 'resize', size: 32 }, { code: 'output_not_finite' }],
  ])('%s', async (_, name, settings, error) => {
    const black: Frame = { ...picture, data: new Uint8Array(360) }
    await expect(score(name, settings, undefined, [black])).rejects.toMatchObject(error)
  })

  test.each(['crops', 'resize and crop'])('a strip that scaling to cover a window makes too large: %s', async (fit) => {
    const strip: Frame = { width: 2, height: 200, channels: 3, data: new Uint8Array(1200) }
    const settings = imageIqa.parameters.parse({ model_name: 'mean.onnx', fit, size: 256 })
    const inputs = { image: { frames: [strip] }, reference: undefined }
    await expect(imageIqa.run(inputs, settings, { ...context, maxPixels: 1e6 })).rejects.toMatchObject({
      code: 'image_too_large',
      message: expect.stringContaining('256 × 25600'),
    })
  })

  test('a reference for a network of one picture', async () => {
    await expect(score('mean', {}, picture)).rejects.toMatchObject({ remedy: expect.stringContaining('away') })
  })
})

test('a file that is replaced is what scores from then on, and no result of the old one is kept', async () => {
  const print = () => context.models.fingerprintIqa('mean.onnx')
  const before = await print()
  expect(await print()).toBe(before)
  expect((await score('mean')).score).toBeCloseTo(119 / 255, 5)
  await writeFile(
    join(folder, 'iqa', 'mean.onnx'),
    encode({ ...NETWORKS.mean!, steps: [['ReduceMax', ['x0'], 'score', all]] }),
  )
  expect(await print()).not.toBe(before)
  expect((await score('mean')).score).toBeCloseTo(204 / 255, 5)
})

test('the ONNX files of the folder are what there is to choose from', async () => {
  const { iqa_models } = await modelChoices({ modelRoots: [join(folder, 'nowhere'), folder] })
  expect(iqa_models).toEqual([...Object.keys(NETWORKS), 'broken'].map((name) => `${name}.onnx`).sort())
})

test('windows are no more than asked for, and cover the picture where that is enough', () => {
  const side = fc.integer({ min: 1, max: 3000 })
  fc.assert(
    fc.property(
      side,
      side,
      fc.integer({ min: 32, max: 512 }),
      fc.integer({ min: 1, max: 60 }),
      (width, height, window, count) => {
        const places = cropPlaces({ width, height }, { width: window, height: window }, count)
        const needed = Math.ceil(width / window) * Math.ceil(height / window)
        expect(places.length).toBeGreaterThan(0)
        expect(places.length).toBeLessThanOrEqual(count)
        if (needed <= count) expect(places.length).toBe(needed)
        for (const { x, y } of places) expect(x >= 0 && x <= 1 && y >= 0 && y <= 1).toBe(true)
      },
    ),
  )
})
