import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Inference } from '../../../server/inference/inference.ts'
import type { GraphReference } from '../../../server/inference/messages.ts'
import { reference, writeTinyModel } from './tiny-model.ts'

let folder: string
let inference: Inference
let identity: GraphReference
const never = new AbortController().signal

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inference-'))
  identity = await writeTinyModel(join(folder, 'identity.onnx'), 'Conv')
  inference = await Inference.start({ device: 'cpu', threads: 1, sessionBytes: 2 ** 20 })
})

afterAll(async () => {
  await inference?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('the device says what it is and why it was taken', () => {
  expect(inference.device).toMatchObject({ provider: 'cpu', name: 'CPU', reason: expect.stringContaining('--device') })
})

test('a tensor goes through a graph and comes back; its buffer is transferred', async () => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6)
  const output = await inference.run(identity, { data, dims: [1, 1, 2, 3] }, never)
  expect(output.dims).toEqual([1, 1, 2, 3])
  expect([...output.data]).toEqual([1, 2, 3, 4, 5, 6])
  expect(data.length).toBe(0)
})

test('sessions that do not fit are dropped and loaded again', async () => {
  const small = await Inference.start({ device: 'cpu', threads: 1, sessionBytes: 1 })
  const double = await writeTinyModel(join(folder, 'double.onnx'), 'Conv', 2)
  const run = (graph: GraphReference) => small.run(graph, { data: Float32Array.of(3), dims: [1, 1, 1, 1] }, never)
  try {
    const outputs = [await run(identity), await run(double), await run(identity)]
    small.unload()
    outputs.push(await run(double))
    expect(outputs.map(({ data }) => data[0])).toEqual([3, 6, 3, 6])
  } finally {
    await small.stop()
  }
})

test.each([
  ['NaN', 'Log', -1],
  ['infinity', 'Reciprocal', 0],
] as const)('%s in the output is an error that names the model and the part', async (_, operator, value) => {
  const graph = await writeTinyModel(join(folder, `${operator}.onnx`), operator)
  await expect(
    inference.run(graph, { data: Float32Array.of(1, value), dims: [1, 1, 1, 2] }, never),
  ).rejects.toMatchObject({ code: 'output_not_finite', message: expect.stringContaining("unet of model 'tiny'") })
})

test('a corrupted or missing file is an error without paths, and the thread goes on', async () => {
  const path = join(folder, 'broken.onnx')
  await writeFile(path, 'this is no graph')
  for (const graph of [reference(path), reference(join(folder, 'missing.onnx'))]) {
    const error: unknown = await inference
      .run(graph, { data: Float32Array.of(1), dims: [1, 1, 1, 1] }, never)
      .catch((reason) => reason)
    expect(error).toMatchObject({ code: 'model_corrupt', message: expect.not.stringContaining(folder) })
  }
  const { data } = await inference.run(identity, { data: Float32Array.of(7), dims: [1, 1, 1, 1] }, never)
  expect(data[0]).toBe(7)
})

test.each([
  ['of another rank', [2]],
  ['whose dimensions do not match its length', [1, 1, 5, 5]],
])('a tensor %s is an inference error', async (_, dims) => {
  await expect(inference.run(identity, { data: Float32Array.of(1, 2), dims }, never)).rejects.toMatchObject({
    code: 'inference_failed',
    message: expect.stringContaining(`[${dims.join(', ')}]`),
    remedy: expect.any(String),
  })
})

test('a cancelled call rejects when the thread is done with it, one that waits at once, and keeps its tensor', async () => {
  const cancel = new AbortController()
  const busy = inference.run(identity, { data: new Float32Array(2 ** 22), dims: [1, 1, 2048, 2048] }, cancel.signal)
  const waiting = Float32Array.of(1)
  const second = inference.run(identity, { data: waiting, dims: [1, 1, 1, 1] }, cancel.signal)
  await new Promise(setImmediate)
  cancel.abort()
  const first = await Promise.race([busy, second].map((call, i) => call.catch(({ code }) => [i, code])))
  expect(first).toEqual([1, 'interrupted'])
  expect(waiting.length).toBe(1)
  await expect(busy).rejects.toMatchObject({ code: 'interrupted' })
  const after = inference.run(identity, { data: Float32Array.of(2), dims: [1, 1, 1, 1] }, cancel.signal)
  await expect(after).rejects.toMatchObject({ code: 'interrupted' })
  const { data } = await inference.run(identity, { data: Float32Array.of(9), dims: [1, 1, 1, 1] }, never)
  expect(data[0]).toBe(9)
})

test('tensors that cannot be handed over are an error, and the thread goes on', async () => {
  const dims = [1, 1, 1, 1]
  const data = Float32Array.of(1)
  const twice = inference.run(
    identity,
    [
      { data, dims },
      { data, dims },
    ],
    never,
  )
  await expect(twice).rejects.toThrow(/duplicate/)
  const gone = Float32Array.of(1)
  structuredClone(gone, { transfer: [gone.buffer] })
  await expect(inference.run(identity, { data: gone, dims }, never)).rejects.toThrow()
  expect((await inference.run(identity, { data: Float32Array.of(9), dims }, never)).data[0]).toBe(9)
})

describe('with two cores', () => {
  let two: Inference
  let shared: GraphReference

  beforeAll(async () => {
    two = await Inference.start({ device: 'cpu', threads: 2, sessionBytes: 2 ** 20 })
    shared = { ...identity, shares: true }
  })

  afterAll(() => two?.stop())

  /** What is handed over to a thread has lost its buffer. */
  async function handedOver(graphs: readonly GraphReference[], side = 1): Promise<boolean[]> {
    const tensors = graphs.map((_, i) => ({ data: new Float32Array(side * side).fill(i), dims: [1, 1, side, side] }))
    const results = tensors.map((tensor, i) => two.run(graphs[i]!, tensor, never))
    await new Promise(setImmediate)
    const state = tensors.map(({ data }) => data.length === 0)
    expect((await Promise.all(results)).map(({ data }) => data[0])).toEqual(graphs.map((_, i) => i))
    return state
  }

  test('two small calls are computed at once, and the third waits', async () => {
    expect(two.atOnce).toBe(2)
    expect(await handedOver([shared, shared, shared])).toEqual([true, true, false])
  })

  test('calls of large models, on large tensors and of what does not share are computed one after the other', async () => {
    const large = { ...shared, bytes: 2 ** 30 }
    expect(await handedOver([large, shared])).toEqual([true, false])
    expect(await handedOver([shared, large])).toEqual([true, false])
    expect(await handedOver([shared, shared], 4096)).toEqual([true, false])
    expect(await handedOver([identity, identity])).toEqual([true, false])
  })
})
