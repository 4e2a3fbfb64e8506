import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Catalogue, Choices } from '../graph/catalogue.ts'
import type { Prompt } from '../graph/prompt.ts'
import { applySettings } from '../graph/settings.ts'
import { type NodeErrors, type PromptError, type Validation, validatePrompt } from '../graph/validate.ts'
import { isWorkflow } from '../graph/workflow.ts'
import { readGraph } from '../graph/workflow-to-prompt.ts'

/** A graph from outside, in whatever format, and what comes with it. */
export interface Order {
  readonly graph: unknown
  readonly settings: readonly string[]
  readonly targets?: readonly string[] | undefined
  /** Names of the pictures that come with it. */
  readonly attached?: readonly string[]
}

/** What of the host's state validation depends on. */
export interface Surroundings {
  catalogue(): Promise<Catalogue>
  choices(): Promise<Choices>
  /** Whether LoadImage could open this name. */
  imageExists(name: string): Promise<boolean>
  /** Bytes of a picture that LoadImage could open; 0 where there is none. */
  imageSize(name: string): Promise<number>
}

const NOTHING: Choices = { input_images: [], gendr_models: [], gendr_settings: [], upscale_models: [], iqa_models: [] }

/** Reads, changes and validates a graph; what cannot be read is refused in the same form as what is not valid. */
export async function prepareRun(order: Order, surroundings: Surroundings): Promise<Validation> {
  const catalogue = await surroundings.catalogue()
  try {
    const graph = readGraph(order.graph, catalogue)
    const prompt = order.settings.length === 0 ? graph : applySettings(graph, order.settings)
    const images = await existingImages(prompt, catalogue, new Set(order.attached), surroundings)
    const imageExists = (name: string) => images.has(name)
    // Listing the folders costs more than the rest: only a graph that names a model, or has a fault, needs it.
    const plain = validatePrompt(prompt, catalogue, { ...NOTHING, imageExists }, order.targets)
    if (plain.ok && Object.keys(plain.nodeErrors).length === 0) return plain
    return validatePrompt(prompt, catalogue, { ...(await surroundings.choices()), imageExists }, order.targets)
  } catch (error) {
    if (!(error instanceof RestorationError)) throw error
    return refusal(error)
  }
}

/** An error in the form of ComfyUI's refusals. */
export function refusal(error: RestorationError): {
  readonly ok: false
  readonly error: PromptError
  readonly nodeErrors: NodeErrors
} {
  const { code, message, remedy } = error
  return { ok: false, error: { type: code, message, details: remedy, extra_info: { remedy } }, nodeErrors: {} }
}

/** `extra_data` with the workflow that files shall carry, where the client sent one and no other. */
export function withWorkflow(extraData: Readonly<Record<string, unknown>>, graph: unknown): Record<string, unknown> {
  const pnginfo = extraData.extra_pnginfo
  const known = typeof pnginfo === 'object' && pnginfo !== null ? pnginfo : {}
  return isWorkflow(graph) ? { ...extraData, extra_pnginfo: { workflow: graph, ...known } } : { ...extraData }
}

/** Bytes of all pictures that a graph loads by their names. */
export async function pictureBytes(prompt: Prompt, surroundings: Surroundings): Promise<number> {
  const catalogue = await surroundings.catalogue()
  const sizes = await Promise.all([...pictureNames(prompt, catalogue)].map((name) => surroundings.imageSize(name)))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** The names of pictures in the graph that can be opened: `known` ones, and those that turn out to exist. */
async function existingImages(
  prompt: Prompt,
  catalogue: Catalogue,
  known: ReadonlySet<string>,
  surroundings: Surroundings,
): Promise<ReadonlySet<string>> {
  const asked = [...pictureNames(prompt, catalogue)].filter((name) => !known.has(name))
  const found = await Promise.all(asked.map(async (name) => ((await surroundings.imageExists(name)) ? [name] : [])))
  return new Set([...known, ...found.flat()])
}

/** What a graph says where it chooses one of the pictures in the input folder. */
function pictureNames(prompt: Prompt, catalogue: Catalogue): ReadonlySet<string> {
  const names = new Set<string>()
  for (const node of Object.values(prompt ?? {})) {
    for (const parameter of catalogue.get(node?.class_type)?.parameters ?? []) {
      if (parameter.kind !== 'COMBO' || parameter.optionsFrom !== 'input_images') continue
      const value = node.inputs?.[parameter.name]
      if (typeof value === 'string') names.add(value)
    }
  }
  return names
}
