import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { onTestFinished } from 'vitest'
import { valuesOf } from '../../../models/import/stored-tensor.ts'
import { openFile } from '../../../models/import/weights.ts'

export const CHECKPOINTS = fileURLToPath(new URL('../../fixtures/checkpoints', import.meta.url))

export interface Dense {
  readonly data: Float32Array
  readonly dims: readonly number[]
}

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gendr-import-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** The float tensors of a safetensors file by name. */
export function readTensors(path: string, names: readonly string[]): Record<string, Dense> {
  const weights = openFile(path)
  return Object.fromEntries(
    names.map((name) => {
      const dims = weights.shapeOf(name)!
      return [name, { data: valuesOf(weights.take(name, dims)), dims }]
    }),
  )
}

/** Runs a graph of one output on the CPU. */
export async function runGraph(path: string | undefined, ...inputs: Dense[]): Promise<Dense> {
  if (path === undefined) throw new TypeError('expected a graph')
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1 })
  try {
    const feeds = inputs.map(
      ({ data, dims }, i) => [session.inputNames[i]!, new Tensor('float32', data, dims)] as const,
    )
    const output = (await session.run(Object.fromEntries(feeds)))[session.outputNames[0]!]!
    if (!(output.data instanceof Float32Array)) throw new TypeError(`expected float32, got ${output.type}`)
    return { data: output.data, dims: output.dims }
  } finally {
    await session.release()
  }
}
