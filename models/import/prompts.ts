import { existsSync } from 'node:fs'
import { modelNameSchema } from '../installed/manifest.ts'
import { invalidCheckpoint } from './failure.ts'
import type { Prompt } from './folding.ts'
import { valuesOf } from './stored-tensor.ts'
import { openFile, type Weights } from './weights.ts'

/** A prompt's embedding in a file of its own. */
export interface PromptFile {
  readonly name: string
  readonly path: string
}

export interface Prompts {
  /** By name. */
  readonly all: ReadonlyMap<string, Prompt>
  /** Where they come from. */
  readonly sources: readonly Weights[]
}

/** The name of the prompt that comes as `prompt_embeds`. */
export const DEFAULT_PROMPT = 'default'

/**
 * The prompts of a checkpoint: every tensor [1, length, width] or [length, width] of its prompt_embeds.safetensors under
 * its own name, `prompt_embeds` as the default; and those in files of their own, which win over it.
 * @param widths of what the UNet attends to: where it attends to nothing, the file may be missing
 */
export function readPrompts(path: string, files: readonly PromptFile[], widths: readonly number[]): Prompts {
  const hasDefault = files.some(({ name }) => name === DEFAULT_PROMPT)
  const isNeedless = widths.length === 0 && !existsSync(path)
  const main = hasDefault || isNeedless ? [] : [openEmbeddings(path, widths)]
  const all = new Map<string, Prompt>(isNeedless ? [[DEFAULT_PROMPT, NOTHING]] : [])
  for (const weights of main) {
    for (const name of weights.names)
      if (isEmbedding(weights, name))
        all.set(requireName(name === TENSOR ? DEFAULT_PROMPT : name, weights), readPrompt(weights, name))
    if (all.size === 0) throw noPrompt(weights)
  }
  const own = files.map(({ name, path: file }) => {
    const weights = openFile(file)
    const candidates = weights.names.filter((tensor) => isEmbedding(weights, tensor))
    const tensor = candidates.length === 1 ? candidates[0] : candidates.find((one) => one === TENSOR)
    if (tensor === undefined) throw noPrompt(weights)
    all.set(requireName(name, weights), readPrompt(weights, tensor))
    return weights
  })
  return { all, sources: [...main, ...own] }
}

/** The name of the prompt to ask with: the wanted one, else the only one or the default. */
export function choosePrompt({ all }: Prompts, wanted: string | undefined): string {
  const name = wanted ?? (all.size === 1 ? [...all.keys()][0]! : DEFAULT_PROMPT)
  if (all.has(name)) return name
  throw invalidCheckpoint(
    `Expected one of the prompts ${[...all.keys()].join(', ')}, got ${wanted ?? 'none'}.`,
    'Choose one with --prompt NAME.',
  )
}

const TENSOR = 'prompt_embeds'

/** What a UNet is asked with that attends to nothing. */
const NOTHING: Prompt = { values: new Float32Array(1), length: 1, width: 1 }

function openEmbeddings(path: string, widths: readonly number[]): Weights {
  if (existsSync(path)) return openFile(path)
  throw invalidCheckpoint(
    `${path}: expected a file with a tensor ${TENSOR} of [1, length, ${widths.join(' or ')}], found none.`,
    REMEDY,
  )
}

const REMEDY =
  'It holds the prompt that the model was trained with, as its text encoder embeds it; docs/models.md shows how to write it.'

/** What a pipeline of Diffusers calls the embeddings that no cross attention reads. */
const POOLED = /pooled_prompt_embeds/

/** Masks and ids are whole numbers, embeddings are not. */
function isEmbedding(weights: Weights, name: string): boolean {
  if (POOLED.test(name)) return false
  const shape = weights.shapeOf(name)!
  const isMatrix = shape.length === 2 || (shape.length === 3 && shape[0] === 1)
  return isMatrix && shape.every((size) => size > 0) && weights.isFloat(name)
}

function readPrompt(weights: Weights, name: string): Prompt {
  const shape = weights.shapeOf(name)!
  const [length, width] = shape.slice(-2) as [number, number]
  return { values: valuesOf(weights.take(name, shape)), length, width }
}

/** A prompt is a setting of the model, which is asked for by its name. */
function requireName(name: string, { place }: Weights): string {
  if (modelNameSchema.safeParse(name).success) return name
  throw invalidCheckpoint(
    `${place}: expected a prompt's name of letters, digits, dots, dashes and underscores, got '${name}'.`,
    'Give its tensor another name, or bring it in a file of its own with --prompt NAME=FILE.',
  )
}

function noPrompt({ place }: Weights): Error {
  return invalidCheckpoint(`${place}: expected a tensor ${TENSOR} of [1, length, width], found none.`, REMEDY)
}
