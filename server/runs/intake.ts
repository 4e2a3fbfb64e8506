import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Catalogue, Choices, ModelChoices } from '../graph/catalogue.ts'
import { coerce, unwrap } from '../graph/coerce.ts'
import { entryOf } from '../graph/entry.ts'
import type { Prompt } from '../graph/prompt.ts'
import { type NodeErrors, type PromptError, type Validation, validatePrompt } from '../graph/validate.ts'
import { isWorkflow } from '../graph/workflow.ts'
import { readGraph } from '../graph/workflow-to-prompt.ts'
import { refuseDepth } from './depth.ts'

/** A graph from outside, in whatever format, and what comes with it. */
export interface Order {
  readonly graph: unknown
  readonly settings: readonly string[]
  readonly targets?: readonly string[] | undefined
  /** Pictures that come with it, by the names under which nodes load them. */
  readonly attachments?: Readonly<Record<string, Uint8Array>>
  /** In ms since 1970: what is filled in for dates in names of files. @default now */
  readonly sentAt?: number
}

/** A graph that can run, at least in part, and the bytes of all pictures that it loads by their names. */
export type Prepared =
  | (Extract<Validation, { ok: true }> & { readonly pictureBytes: number })
  | Extract<Validation, { ok: false }>

/** What of the host's state validation depends on. */
export interface Surroundings {
  catalogue(): Promise<Catalogue>
  models(): Promise<ModelChoices>
  /** Every picture that LoadImage offers: to be shown, for `imageSize` says whether one is there. */
  images(): Promise<readonly string[]>
  /** Bytes of what LoadImage would open by this name; undefined where there is nothing. */
  imageSize(name: string): Promise<number | undefined>
}

const NOTHING: Choices = { input_images: [], gendr_models: [], gendr_settings: [], upscale_models: [], iqa_models: [] }

/** Reads, changes and validates a graph; what cannot be read is refused in the same form as what is not valid. */
export async function prepareRun(order: Order, surroundings: Surroundings): Promise<Prepared> {
  const catalogue = await surroundings.catalogue()
  try {
    // A refusal repeats what is wrong, which could not be written.
    refuseDepth(order.graph)
    const prompt = readGraph(order.graph, catalogue, order.settings, new Date(order.sentAt ?? Date.now()))
    const sizes = await imageSizes(prompt, catalogue, order.attachments ?? {}, surroundings)
    const imageExists = (name: string) => sizes.has(name)
    const pictureBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0)
    // Listing the models costs more than the rest: only a graph that names one, or has a fault, needs it.
    const plain = validatePrompt(prompt, catalogue, { ...NOTHING, imageExists }, order.targets)
    if (plain.ok && Object.keys(plain.nodeErrors).length === 0) return { ...plain, pictureBytes }
    const choices = { ...NOTHING, ...(await surroundings.models()), imageExists }
    const validated = validatePrompt(prompt, catalogue, choices, order.targets)
    return validated.ok ? { ...validated, pictureBytes } : validated
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
  const known = entryOf(extraData.extra_pnginfo)
  return isWorkflow(graph) ? { ...extraData, extra_pnginfo: { workflow: graph, ...known } } : { ...extraData }
}

/** The sizes of the pictures in the graph that are there, with the request or on disk. */
async function imageSizes(
  prompt: Prompt,
  catalogue: Catalogue,
  attachments: Readonly<Record<string, Uint8Array>>,
  surroundings: Surroundings,
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>()
  await Promise.all(
    [...pictureNames(prompt, catalogue)].map(async (name) => {
      const attached = Object.hasOwn(attachments, name) ? attachments[name] : undefined
      const size = attached?.length ?? (await surroundings.imageSize(name))
      if (size !== undefined) sizes.set(name, size)
    }),
  )
  return sizes
}

/** What a graph says where it chooses one of the pictures in the input folder. */
export function pictureNames(prompt: Prompt, catalogue: Catalogue): ReadonlySet<string> {
  const names = new Set<string>()
  for (const node of Object.values(prompt ?? {})) {
    for (const parameter of catalogue.get(node?.class_type)?.parameters ?? []) {
      if (parameter.kind !== 'COMBO' || parameter.optionsFrom !== 'input_images') continue
      const coerced = coerce(parameter.kind, unwrap(node.inputs?.[parameter.name]))
      if (coerced.ok && typeof coerced.value === 'string') names.add(coerced.value)
    }
  }
  return names
}
