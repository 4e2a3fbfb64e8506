import { invalidCheckpoint } from './failure.ts'
import type { Prompt } from './folding.ts'
import { encoded } from './network.ts'
import { safetensorsHeader } from './safetensors-writer.ts'
import { rowRanges, type StoredTensor, valuesOf } from './stored-tensor.ts'
import { openFile } from './weights.ts'

/** The file beside a model from which another timestep or prompt is folded: the tensors for it and every prompt. */
export const KEPT_FILE = 'conditioning.safetensors'

/** The bytes of that file. Prompts are [length, width] under `prompts.NAME`. */
export function* conditioningWeights(
  sources: readonly StoredTensor[],
  prompts: ReadonlyMap<string, Prompt>,
): Generator<Uint8Array> {
  const named = Array.from(prompts, ([name, { values, length, width }]) => ({
    name: `${PREFIX}${name}`,
    type: 'F32' as const,
    shape: [length, width],
    values,
  }))
  yield safetensorsHeader([...sources, ...named])
  for (const tensor of sources) for (const [from, to] of rowRanges(tensor.shape)) yield tensor.bytes(from, to)
  yield* encoded(
    named.map(({ values }) => values),
    'fp32',
  )
}

/** The tensors by name and the prompt called `prompt`. */
export function openConditioningWeights(
  path: string,
  prompt: string,
): { readonly tensors: ReadonlyMap<string, StoredTensor>; readonly prompt: Prompt } {
  const weights = openFile(path)
  const take = (name: string): StoredTensor => weights.take(name, weights.shapeOf(name)!)
  const name = `${PREFIX}${prompt}`
  if (!weights.names.includes(name)) throw invalidCheckpoint(`${path}: expected tensor ${name}, found none.`)
  const chosen = take(name)
  const [length, width] = chosen.shape as [number, number]
  return {
    tensors: new Map(weights.names.map((one) => [one, take(one)])),
    prompt: { values: valuesOf(chosen), length, width },
  }
}

const PREFIX = 'prompts.'
