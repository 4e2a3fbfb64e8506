import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import onnxProto from 'onnx-proto'
import { describe, expect, test } from 'vitest'
import { type ImportOptions, importCheckpoint } from '../../../../models/import/import.ts'
import { readForeignGraph } from '../../../../models/import/upscale/foreign-graph.ts'
import type { Range } from '../../../../models/import/upscale/range.ts'
import { openModelFolder } from '../../../../models/installed/folder.ts'
import type { UpscalerManifest } from '../../../../models/installed/manifest.ts'
import { RestorationError } from '../../../../nodes/sdk/error.ts'
import { tryRun } from '../../../../server/inference/try-run.ts'
import { runGraph, temporaryFolder } from '../fixtures.ts'

const { onnx } = onnxProto
const TYPES = { float32: 1, uint8: 2, float16: 10 } as const

interface Shape {
  readonly type?: keyof typeof TYPES
  /** Of what it gives. @default type */
  readonly gives?: keyof typeof TYPES
  /** What values are multiplied with, and what is added then. */
  readonly stretch?: readonly [factor: number, shift: number]
  readonly layout?: 'nchw' | 'nhwc'
  readonly channels?: 1 | 3
  /** Height and width, where the graph takes one size only. */
  readonly size?: readonly [number | undefined, number | undefined]
  /** Sides that are no multiple are refused by the graph itself. */
  readonly multiple?: number
  /** The file that the weights lie in. */
  readonly external?: string
  readonly outputs?: number
  /** As of IR version 3, where every initializer is among the inputs. */
  readonly listed?: boolean
  /** What lies outside is cut off. */
  readonly limits?: readonly [number, number]
}

/** A network that repeats every pixel three times on both axes, as whoever exported it liked pictures. */
function enlarging(shape: Shape = {}): { model: Uint8Array; weights: Uint8Array } {
  const { type = 'float32', layout = 'nchw', channels = 3, size, multiple = 1, outputs = 1 } = shape
  const { external, listed = false, limits, gives = type, stretch } = shape
  const scales = layout === 'nchw' ? [1, 1, 3, 3] : [1, 3, 3, 1]
  const [height, width] = size ?? [undefined, undefined]
  const sides = layout === 'nchw' ? [1, channels, height, width] : [1, height, width, channels]
  const value = (name: string, dims: readonly (number | undefined)[], of = type) => ({
    name,
    type: {
      tensorType: {
        elemType: TYPES[of],
        shape: { dim: dims.map((one, axis) => (one === undefined ? { dimParam: `d${axis}` } : { dimValue: one })) },
      },
    },
  })
  const gain = new Uint8Array(Float32Array.of(1).buffer)
  const place = { location: external ?? '', offset: '0', length: `${gain.length}` }
  const stored = external
    ? { dataLocation: 1, externalData: Object.entries(place).map(([key, text]) => ({ key, value: text })) }
    : { rawData: gain }
  const node: onnxProto.onnx.INodeProto[] = []
  let last = 'x'
  const add = (opType: string, inputs: readonly string[], attribute: onnxProto.onnx.IAttributeProto[] = []) => {
    const output = `${opType}${node.length}`
    node.push({ opType, input: [last, ...inputs], output: [output], attribute })
    last = output
  }
  const number = (name: string, i: number) => [{ name, type: 2, i }]
  if (type !== 'float32') add('Cast', [], number('to', TYPES.float32))
  if (multiple > 1) {
    add('SpaceToDepth', [], number('blocksize', multiple))
    add('DepthToSpace', [], number('blocksize', multiple))
  }
  add('Mul', ['gain'])
  add('Resize', ['', 'scales'], [{ name: 'mode', type: 3, s: Buffer.from('nearest') }])
  if (stretch) add('Mul', ['factor'])
  if (stretch) add('Add', ['shift'])
  if (limits) add('Clip', ['least', 'most'])
  if (gives !== 'float32') add('Cast', [], number('to', TYPES[gives]))
  if (listed) add('Unsqueeze', ['axes'])
  if (listed) add('Squeeze', ['axes'])
  node.push({ opType: 'Identity', input: [last], output: ['y'] })
  const initializer: onnxProto.onnx.ITensorProto[] = [
    { name: 'scales', dataType: 1, dims: [4], floatData: scales },
    { name: 'gain', dataType: 1, dims: [1], ...stored },
    ...(stretch ?? []).map((part, i) => ({
      name: ['factor', 'shift'][i]!,
      dataType: 1,
      dims: [],
      floatData: [part],
    })),
    ...(limits ?? []).map((limit, i) => ({ name: ['least', 'most'][i]!, dataType: 1, dims: [], floatData: [limit] })),
    ...(listed ? [{ name: 'axes', dataType: 7, dims: [1], int64Data: [0] }] : []),
  ]
  const own = initializer.map(({ name, dataType, dims }) => ({
    name: name!,
    type: { tensorType: { elemType: dataType!, shape: { dim: dims!.map((dimValue) => ({ dimValue })) } } },
  }))
  const graph = {
    name: 'enlarging',
    node,
    initializer,
    input: [value('x', sides), ...(listed ? own : [])],
    output: Array.from({ length: outputs }, (_, i) =>
      value(
        i === 0 ? 'y' : 'y32',
        sides.map(() => undefined),
        gives,
      ),
    ),
  }
  const model = onnx.ModelProto.encode({
    irVersion: listed ? 3 : 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph,
  }).finish()
  return { model, weights: gain }
}

async function bring(shape: Shape, options: Partial<ImportOptions> = {}) {
  const folder = temporaryFolder()
  const { model, weights } = enlarging(shape)
  writeFileSync(join(folder, 'theirs.onnx'), model)
  if (shape.external) writeFileSync(join(folder, shape.external), weights)
  const output = join(folder, 'model')
  const manifest = await importCheckpoint({ source: join(folder, 'theirs.onnx'), output, tryRun, ...options })
  return { folder, output, manifest: manifest as UpscalerManifest }
}

describe('an ONNX network is taken as it is', () => {
  test.each<[string, Shape, Record<string, unknown>]>([
    ['float32 NCHW', {}, { scale: 3, channels: 3, paddingMultiple: 1 }],
    ['float32 NHWC', { layout: 'nhwc' }, { scale: 3, channels: 3 }],
    ['uint8 NHWC', { layout: 'nhwc', type: 'uint8' }, { scale: 3, channels: 3 }],
    ['float16 NCHW', { type: 'float16' }, { scale: 3, channels: 3 }],
    ['one channel', { channels: 1 }, { channels: 1 }],
    ['with open sides written as -1', { size: [-1, -1] }, { scale: 3 }],
    ['of one size', { size: [24, 40] }, { size: { width: 40, height: 24 } }],
    ['that lists its weights and whole numbers among its inputs', { listed: true }, { scale: 3 }],
    ['with weights beside it', { external: 'gain.bin' }, { scale: 3 }],
    ['with weights in a file of any name', { external: '4x größer+1.onnx.data' }, { scale: 3 }],
    ['of sides that are multiples of 8', { multiple: 8 }, { paddingMultiple: 8 }],
    ['of sides that are multiples of 64', { multiple: 64 }, { paddingMultiple: 64 }],
  ])('%s', async (_, shape, constants) => {
    const { output, manifest } = await bring(shape)
    expect(manifest.constants).toMatchObject({ architecture: 'ONNX', ...constants })
    const { graphs } = await openModelFolder(output)
    const fixed = shape.size?.[0] === -1 ? undefined : shape.size
    const [height = 0, width = 0] = fixed ?? (shape.multiple ? [64, 128] : [5, 7])
    const channels = shape.channels ?? 3
    const data = Float32Array.from({ length: channels * height * width }, (_, i) => (i % 256) / 255)
    const { data: enlarged, dims } = await runGraph(graphs.upscaler, { data, dims: [1, channels, height, width] })
    expect(dims).toEqual([1, channels, 3 * height, 3 * width])
    for (let i = 0; i < enlarged.length; i++) {
      const [x, y] = [i % (3 * width), Math.floor(i / (3 * width)) % (3 * height)]
      const plane = Math.floor(i / (9 * height * width))
      const expected = data[(plane * height + Math.floor(y / 3)) * width + Math.floor(x / 3)]!
      expect(Math.abs(enlarged[i]! - expected)).toBeLessThan(shape.type === 'float16' ? 1e-3 : 1e-6)
    }
  })

  test('and its weights are linked, checked and counted', async () => {
    const { output, manifest } = await bring({ external: 'gain.bin' })
    expect(readdirSync(output).sort()).toEqual(['gain.bin', 'manifest.json', 'upscaler.onnx'])
    expect(manifest).toMatchObject({ parameters: 5, weights: [{ path: 'gain.bin', bytes: 4 }] })
  })

  test('with a range that somebody names', async () => {
    const { output } = await bring({}, { levels: { takes: 'symmetric', gives: 'symmetric' } })
    const { graphs } = await openModelFolder(output)
    const { data } = await runGraph(graphs.upscaler, { data: new Float32Array(12).fill(0.25), dims: [1, 3, 2, 2] })
    expect(data[0]).toBeCloseTo(0.25, 6)
  })
})

describe('what a network takes and what it gives may have ranges of their own, which grey tells:', () => {
  test.each<[string, Shape, RegExp]>([
    ['bytes to 0..1', { type: 'uint8', gives: 'float32', stretch: [1 / 255, 0] }, /0 to 255 in and 0 to 1 out/],
    ['bytes to -1..1', { type: 'uint8', gives: 'float32', stretch: [2 / 255, -1] }, /0 to 255 in and -1 to 1 out/],
    ['0..1 to bytes', { gives: 'uint8', stretch: [255, 0.5], limits: [0, 255] }, /0 to 1 in and 0 to 255 out/],
    ['0..1 to 0..255', { stretch: [255, 0], limits: [0, 255] }, /0 to 1 in and 0 to 255 out/],
    ['0..1 to -1..1', { stretch: [2, -1] }, /0 to 1 in and -1 to 1 out/],
    ['-1..1 to 0..1', { stretch: [0.5, 0.5], limits: [0, 1] }, /-1 to 1 in and 0 to 1 out/],
    ['0..255 to 0..1', { stretch: [1 / 255, 0] }, /0 to 255 in and 0 to 1 out/],
  ])('%s', async (_, shape, description) => {
    const { output, manifest } = await bring(shape)
    expect(manifest.description).toMatch(description)
    const { graphs } = await openModelFolder(output)
    const data = Float32Array.from({ length: 12 }, (_, i) => i / 11)
    const enlarged = await runGraph(graphs.upscaler, { data, dims: [1, 3, 2, 2] })
    for (const [i, place] of [0, 3, 18, 21].entries()) expect(enlarged.data[place]).toBeCloseTo(data[i]!, 2)
  })

  test('two that somebody names are kept to', async () => {
    const { manifest } = await bring({ stretch: [40, 0] }, { levels: { takes: 'unit', gives: 'bytes' } })
    expect(manifest.description).toContain('0 to 1 in and 0 to 255 out')
  })
})

describe('what an import made can be imported again', () => {
  test.each<[string, Shape]>([
    ['of floats', {}],
    ['of bytes', { type: 'uint8', layout: 'nhwc' }],
    ['with weights beside it', { external: 'gain.bin' }],
  ])('%s', async (_, shape) => {
    const { output } = await bring(shape)
    const [source, again] = [join(output, 'upscaler.onnx'), join(output, '../again')]
    const shared = join(output, 'shared.onnx')
    renameSync(source, shared)
    await importCheckpoint({ source: shared, output: again, tryRun })
    const { graphs } = await openModelFolder(again)
    const data = Float32Array.from({ length: 12 }, (_, i) => i / 11)
    const enlarged = await runGraph(graphs.upscaler, { data, dims: [1, 3, 2, 2] })
    expect(enlarged.data[0]).toBeCloseTo(data[0]!, 2)
  })
})

describe('an ONNX network of -1..1 is no other than one of 0..1 where that does not end at 0, so that', () => {
  const warnings = async (shape: Shape, options: Partial<ImportOptions> = {}) => {
    const warned: string[] = []
    const { manifest } = await bring(shape, { ...options, warn: (message) => warned.push(message) })
    return { warned, description: manifest.description }
  }

  test.each([
    ['to -1 and 1', [-1, 1]],
    ['nowhere', undefined],
  ] as const)('one that ends %s is taken for 0..1 with a warning', async (_, limits) => {
    const { warned, description } = await warnings(limits ? { limits } : {})
    expect(description).toContain('0 to 1')
    expect(warned).toEqual([expect.stringMatching(/theirs\.onnx: .*--range unit or --range symmetric/)])
  })

  test('one that ends at 0 and 1 is not', async () => {
    expect((await warnings({ limits: [0, 1] })).warned).toEqual([])
  })

  test('--range settles it', async () => {
    const said = (range: Range) => ({ levels: { takes: range, gives: range } })
    const { warned, description } = await warnings({ limits: [-1, 1] }, said('symmetric'))
    expect([warned, description.includes('-1 to 1')]).toEqual([[], true])
    expect((await warnings({}, said('unit'))).warned).toEqual([])
  })

  test('there is no such doubt about bytes', async () => {
    expect((await warnings({ type: 'uint8', layout: 'nhwc' })).warned).toEqual([])
  })
})

describe('an ONNX file is refused, and nothing is written,', () => {
  const refusal = async (name: string, bytes: Uint8Array, message: RegExp, options: Partial<ImportOptions> = {}) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, name), bytes)
    const failed = importCheckpoint({ source: join(folder, name), output: join(folder, 'm'), tryRun, ...options })
    await expect(failed).rejects.toMatchObject({ code: 'checkpoint_invalid', message: expect.stringMatching(message) })
    expect(readdirSync(folder)).toEqual([name])
  }

  test('with two outputs', () => refusal('a.onnx', enlarging({ outputs: 2 }).model, /one input and one output/))
  test('with one side fixed', () => refusal('a.onnx', enlarging({ size: [undefined, 64] }).model, /both sides open/))
  test('of a size that no tile fits into', () => refusal('a.onnx', enlarging({ size: [6, 6] }).model, /fixed at 8/))
  test('that makes grey nearly black', () =>
    refusal('a.onnx', enlarging({ stretch: [0.01, 0] }).model, /leaves grey as it is, got 0\.5 to 0\.00500, 127\.5 to/))
  test('of bytes that makes them nearly black', () =>
    refusal('a.onnx', enlarging({ type: 'uint8', stretch: [0.01, 0] }).model, /leaves grey as it is, got 127\.5 to/))
  test('whose bytes somebody takes for 0..1', () =>
    refusal('a.onnx', enlarging({ type: 'uint8' }).model, /a range of bytes for x, which is uint8, got unit/, {
      levels: { takes: 'unit', gives: 'unit' },
    }))
  test('that is cut short', () => refusal('a.onnx', enlarging().model.subarray(0, 100), /expected an ONNX model/))
  test('that is something else', () => refusal('a.onnx', readFileSync(import.meta.filename), /expected an ONNX model/))
  test('that is empty', () => refusal('a.onnx', new Uint8Array(), /with one graph, got 0/))
  test('whose weights are missing', () =>
    refusal('a.onnx', enlarging({ external: 'gain.bin' }).model, /gain\.bin beside it/))
  test('whose weights lie elsewhere', () => {
    const { model } = enlarging({ external: '../n.bin' })
    return refusal('a.onnx', model, /in a file beside it, got '\.\.\/n\.bin'/)
  })
  test.each(['..', 'C:n.bin', 'a\\b', 'a\0b', 'manifest.json'])('whose weights lie in %j', (external) =>
    refusal('a.onnx', enlarging({ external }).model, /in a file beside it, got/),
  )
})

test('damaged anywhere, an ONNX file is read or refused', () => {
  const { model } = enlarging()
  const change = fc.record({ at: fc.nat(model.length - 1), to: fc.nat(255) })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
      const bytes = Uint8Array.from(model)
      for (const { at, to } of changes) bytes[at] = to
      try {
        readForeignGraph(bytes, 'a.onnx')
      } catch (error) {
        expect(error).toBeInstanceOf(RestorationError)
      }
    }),
    { numRuns: 2000 },
  )
})
