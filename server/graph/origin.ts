import type { NodeDescription, ParameterDescription } from '../../nodes/sdk/description.ts'
import type { PlannedNode } from './plan.ts'

/** The name of the file that a picture is made from; null where that is not clear, undefined where it is made from none. */
export type Origin = string | null | undefined

/** What pictures go through a graph as. */
const PICTURES: readonly string[] = ['IMAGE', 'LATENT', '*']

/**
 * What a node's pictures are made from: the file that it loads, else that of the first of its pictures which has one. Where
 * all of its pictures are equals, because they go on side by side or one of them is chosen, it has to be the same file.
 * @param loaded what the node itself loads
 * @param originOf that of a node before it
 */
export function pictureOrigin(
  { description, links }: PlannedNode,
  loaded: Origin,
  originOf: (id: string) => Origin,
): Origin {
  const linked = description.inputs.filter(
    ({ name, type, raw }) => PICTURES.includes(type) && raw !== true && Object.hasOwn(links, name),
  )
  const origins = linked.map(({ name }) => originOf(links[name]![0]))
  if (origins.length === 0) return loaded
  if (description.equalInputs === true) return origins.every((one) => one === origins[0]) ? origins[0] : null
  return origins.find((one) => one !== undefined)
}

/** The parameter by which a node chooses a picture to load. */
export function pictureParameter({ parameters }: NodeDescription): ParameterDescription | undefined {
  return parameters.find((parameter) => parameter.kind === 'COMBO' && parameter.optionsFrom === 'input_images')
}
