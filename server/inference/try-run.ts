import { dirname } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import type { TryRun } from '../../models/import/upscale/foreign.ts'
import { cleanReason } from './session-pool.ts'
import { toFloats, toTensor } from './tensor-types.ts'

/** Runs somebody else's graph once on the CPU, in this process. @throws Error with what ONNX Runtime says */
export const tryRun: TryRun = async ({ path, bytes }, { type, values, dims }) => {
  const options: InferenceSession.SessionOptions = { executionProviders: ['cpu'], logSeverityLevel: 4 }
  const beside = { session: { model_external_initializers_file_folder_path: dirname(path) } }
  try {
    const session = await (bytes
      ? InferenceSession.create(bytes, { ...options, extra: beside })
      : InferenceSession.create(path, options))
    try {
      const feed = { [session.inputNames[0]!]: toTensor(type, values, dims) }
      const output = (await session.run(feed))[session.outputNames[0]!]!
      return { values: Float32Array.from(toFloats(output)), dims: output.dims }
    } finally {
      await session.release()
    }
  } catch (cause) {
    throw new Error(cleanReason(cause, path), { cause })
  }
}
