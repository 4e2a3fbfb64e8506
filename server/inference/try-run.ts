import { InferenceSession, Tensor } from 'onnxruntime-node'
import { floatsToHalves, halvesToFloats } from '../../models/import/half.ts'
import type { TryRun } from '../../models/import/upscale/foreign.ts'
import { cleanReason } from './session-pool.ts'

/** Runs somebody else's graph once on the CPU, in this process. @throws Error with what ONNX Runtime says */
export const tryRun: TryRun = async (path, { type, values, dims }) => {
  try {
    const session = await InferenceSession.create(path, { executionProviders: ['cpu'], logSeverityLevel: 4 })
    try {
      const feed = { [session.inputNames[0]!]: toTensor(type, values, dims) }
      const output = (await session.run(feed))[session.outputNames[0]!]!
      return { values: toFloats(output), dims: output.dims }
    } finally {
      await session.release()
    }
  } catch (cause) {
    throw new Error(cleanReason(cause, path), { cause })
  }
}

function toTensor(type: 'float32' | 'float16' | 'uint8', values: Float32Array, dims: readonly number[]): Tensor {
  switch (type) {
    case 'float32':
      return new Tensor('float32', values, dims)
    case 'float16':
      return new Tensor('float16', floatsToHalves(values), dims)
    case 'uint8':
      return new Tensor('uint8', Uint8Array.from(values), dims)
  }
}

function toFloats({ data, type }: Tensor): Float32Array {
  if (type === 'float16') return halvesToFloats(new Uint16Array(data as Uint16Array))
  return Float32Array.from(data as Float32Array | Uint8Array)
}
