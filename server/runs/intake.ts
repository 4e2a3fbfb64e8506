import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Catalogue, Choices, ModelChoices } from '../graph/catalogue.ts'
import { coerce, unwrap } from '../graph/coerce.ts'
import { refuseDepth } from '../graph/depth.ts'
import { entryOf } from '../graph/entry.ts'
import type { Prompt } from '../graph/prompt.ts'
import { nodeNamed, type Place, placeNamed } from '../graph/settings.ts'
import { type Validation, validatePrompt } from '../graph/validate.ts'
import { isWorkflow } from '../graph/workflow.ts'
import { readGraph } from '../graph/workflow-to-prompt.ts'

/** A graph from outside, in whatever format, and what comes with it. */
export interface Order {
  readonly graph: unknown
  readonly settings: readonly string[]
  readonly targets?: readonly string[] | undefined
  /** The id, title or class of an output node whose picture is wanted. @default none */
  readonly output?: string | undefined
  /** Pictures that come with it, by the names under which nodes load them. */
  readonly attachments?: Readonly<Record<string, Uint8Array>>
  /** In ms since 1970: what is filled in for dates in names of files. @default now */
  readonly sentAt?: number
}

/**
 * A graph that can run, at least in part, the bytes of all pictures that it loads by their names, and the id of the node
 * whose picture is wanted.
 */
export type Prepared = (Sound & { readonly pictureBytes: number; readonly output: string | undefined }) | Refusal

type Sound = Extract<Validation, { ok: true }>

/** A graph that cannot run. */
export type Refusal = Extract<Validation, { ok: false }>

/** What of the host's state it depends on whether a graph can run. */
export interface Surroundings {
  /** The graph of a workflow that is shipped or was saved. @throws RestorationError `workflow_not_found`, `workflow_invalid` */
  workflow(name: string): Promise<unknown>
  catalogue(): Promise<Catalogue>
  models(): Promise<ModelChoices>
  /** Every picture that LoadImage offers: to be shown, for `imageSize` says whether one is there. */
  images(): Promise<readonly string[]>
  /** Bytes of what LoadImage would open by this name; undefined where there is nothing. */
  imageSize(name: string): Promise<number | undefined>
}

const NOTHING: Choices = { input_images: [], gendr_models: [], gendr_settings: [], upscale_models: [], iqa_models: [] }

/** The graph that is meant where a name may stand for it. */
export async function namedGraph(sent: unknown, surroundings: Pick<Surroundings, 'workflow'>): Promise<unknown> {
  return typeof sent === 'string' ? surroundings.workflow(sent) : sent
}

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
    const prepared = (sound: Sound) => ({ ...sound, pictureBytes, output: outputNamed(order.output, sound) })
    if (plain.ok && Object.keys(plain.nodeErrors).length === 0) return prepared(plain)
    const choices = { ...NOTHING, ...(await surroundings.models()), imageExists }
    const validated = validatePrompt(prompt, catalogue, choices, order.targets)
    return validated.ok ? prepared(validated) : validated
  } catch (error) {
    if (!(error instanceof RestorationError)) throw error
    return refusal(error)
  }
}

/** A picture that came with a graph, for the parameter that a field names as settings do. */
export interface SentPicture {
  readonly field: string
  readonly filename: string
  readonly bytes: Uint8Array
}

/**
 * Has a graph load the pictures that came with it. None of them is kept unless it can run with all of them.
 * @param keep keeps one; gives the name by which nodes load it
 * @returns the order with settings that name them, or why it is refused
 * @throws RestorationError `invalid_input` for a picture that nothing would load, or two for the same place
 */
export async function withPictures(
  order: Order,
  pictures: readonly SentPicture[],
  surroundings: Surroundings,
  keep: (picture: SentPicture) => Promise<string>,
): Promise<{ readonly ok: true; readonly order: Order } | Refusal> {
  if (pictures.length === 0) return { ok: true, order }
  const named = (names: readonly string[]) => pictures.map(({ field }, i) => `${field}=${names[i]}`)
  const asSent = named(pictures.map(({ filename }) => filename))
  const attachments = Object.fromEntries(pictures.map(({ filename, bytes }) => [filename, bytes]))
  const trial = await prepareRun({ ...order, settings: [...order.settings, ...asSent], attachments }, surroundings)
  if (!trial.ok) return trial
  refuseUnloaded(trial.prompt, pictures, await surroundings.catalogue())
  const names = []
  for (const picture of pictures) names.push(await keep(picture))
  return { ok: true, order: { ...order, settings: [...order.settings, ...named(names)] } }
}

function refuseUnloaded(prompt: Prompt, pictures: readonly SentPicture[], catalogue: Catalogue): void {
  const places = picturePlaces(prompt, catalogue).map(({ id, parameter }) => `${id}.${parameter}`)
  const taken = new Set<string>()
  for (const { field } of pictures) {
    const { id, parameter } = placeNamed(prompt, field, catalogue)
    const place = `${id}.${parameter}`
    if (!places.includes(place) || taken.has(place)) {
      const message = taken.has(place)
        ? `Two files are for ${place}, the second as '${field}'.`
        : `'${field}' is a file, but ${prompt[id]!.class_type} loads none by its ${parameter}.`
      throw new RestorationError('invalid_input', message, `Send one file for each of: ${places.join(', ')}.`)
    }
    taken.add(place)
  }
}

/** The id of the output node that has a name. @throws RestorationError `workflow_invalid` where none that will run has it */
function outputNamed(name: string | undefined, { prompt, outputs }: Sound): string | undefined {
  if (name === undefined) return undefined
  const id = nodeNamed(prompt, name)
  if (outputs.includes(id)) return id
  const choice = outputs.map((output) => `${output} (${prompt[output]?.class_type})`).join(', ')
  throw new RestorationError(
    'workflow_invalid',
    `The node '${name}' has no picture to give.`,
    `Name one of: ${choice}.`,
  )
}

/** An error in the form of ComfyUI's refusals. */
export function refusal(error: RestorationError): Refusal {
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
  for (const { id, parameter } of picturePlaces(prompt, catalogue)) {
    const coerced = coerce('COMBO', unwrap(prompt[id]?.inputs?.[parameter]))
    if (coerced.ok && typeof coerced.value === 'string') names.add(coerced.value)
  }
  return names
}

/** The parameters by which a graph chooses pictures in the input folder. */
function picturePlaces(prompt: Prompt, catalogue: Catalogue): Place[] {
  return Object.entries(prompt ?? {}).flatMap(([id, node]) =>
    (catalogue.get(node?.class_type)?.parameters ?? [])
      .filter((parameter) => parameter.kind === 'COMBO' && parameter.optionsFrom === 'input_images')
      .map(({ name }) => ({ id, parameter: name })),
  )
}
