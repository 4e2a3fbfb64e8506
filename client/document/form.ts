import type { ParameterDescription } from '../../nodes/sdk/description.ts'
import type { PictureTool } from '../../nodes/sdk/node.ts'
import type { Rectangle } from '../../nodes/sdk/rectangle.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { Change } from './change.ts'
import { type Graph, type GraphNode, linkInto, NODE_MODES } from './graph.ts'
import { uploadParameter } from './picture-inputs.ts'
import { fedParameters, toolParameters } from './picture-tools.ts'
import { titleOf, typeOf } from './virtual-types.ts'

/** A parameter of a node as a field of the form. */
export interface FormField {
  readonly node: string
  readonly parameter: ParameterDescription
  readonly label: string
  readonly value: unknown
  /** It names a picture to load. */
  readonly isPicture: boolean
  /** It can be set on the picture that goes into the node, with all that the tool of the node sets. */
  readonly isDrawn: boolean
  /** The rectangle that it stands for: one field has all of it. */
  readonly rectangle?: Rectangle
}

/** What the form shows at once, and what it shows when asked for more. */
export interface Form {
  readonly fields: readonly FormField[]
  readonly more: readonly FormField[]
}

/** Fields that are shown at once where a graph does not say which. */
const FIRST = 6

/**
 * The graph as a form: the parameters that its nodes expose, pictures first; more are all others of those nodes. A graph
 * that exposes nothing shows its pictures and the first few parameters of nodes that are no output.
 */
export function formOf(graph: Graph, types: Catalogue): Form {
  const running = [...graph.nodes.values()].filter(({ mode }) => mode === NODE_MODES.always)
  const all = running.flatMap((node) => fieldsOf(graph, node, types))
  const exposed = all.filter(({ node, parameter }) => graph.nodes.get(node)?.form?.[parameter.name] !== undefined)
  if (exposed.length > 0) {
    const nodes = new Set(exposed.map(({ node }) => node))
    return { fields: picturesFirst(exposed), more: all.filter((one) => nodes.has(one.node) && !exposed.includes(one)) }
  }
  const settings = all.filter(({ node }) => types.get(graph.nodes.get(node)?.type ?? '')?.outputNode !== true)
  const ordered = picturesFirst(settings)
  return { fields: ordered.slice(0, FIRST), more: ordered.slice(FIRST) }
}

/** The fields of pictures, in their order; what is given to no other place goes to the first. */
export function pictureFields({ fields, more }: Form): FormField[] {
  return [...fields, ...more].filter(({ isPicture }) => isPicture)
}

/** Shows a parameter in the form, or no longer. */
export function exposeInForm(graph: Graph, id: string, parameter: string, label: string | undefined): Change[] {
  const before = graph.nodes.get(id)
  if (before === undefined) return []
  const { form: old = {}, ...rest } = before
  const { [parameter]: _, ...others } = old
  const form = label === undefined ? others : { ...others, [parameter]: label }
  const after = Object.keys(form).length === 0 ? rest : { ...rest, form }
  return [{ kind: 'change-node', before, after }]
}

/** `tile_size` is "Tile size". */
export function labelOf(name: string): string {
  const words = name.replaceAll('_', ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/**
 * A parameter that a link feeds is not for a person to say; a primitive has the field that it feeds. A rectangle is one
 * field, by whichever of its sides the form names.
 */
function fieldsOf(graph: Graph, node: GraphNode, types: Catalogue): FormField[] {
  const type = typeOf(graph, node, types)
  const upload = uploadParameter(type)
  const tool = type?.tool
  const drawn = tool === undefined || fedParameters(graph, node.id, tool).length > 0 ? [] : toolParameters(tool)
  const rectangle = tool?.kind === 'rectangle' && drawn.length > 0 ? rectangleOf(node, tool) : undefined
  const side = drawn.find((name) => node.form?.[name] !== undefined) ?? drawn[0]
  return (type?.parameters ?? [])
    .filter(({ name }) => linkInto(graph, node.id, name) === undefined)
    .filter(({ name }) => rectangle === undefined || name === side || !drawn.includes(name))
    .map((parameter) => ({
      node: node.id,
      parameter,
      label: node.form?.[parameter.name] ?? labelOf(parameter.name),
      value: node.params[parameter.name],
      isPicture: parameter.name === upload,
      isDrawn: drawn.includes(parameter.name),
      ...(rectangle &&
        parameter.name === side && { rectangle, label: node.form?.[side] ?? titleOf(graph, node, types) }),
    }))
}

function rectangleOf({ params }: GraphNode, { x, y, width, height }: RectangleTool): Rectangle {
  const [left, top, across, down] = [x, y, width, height].map((name) => Number(params[name])) as Sides
  return { x: left, y: top, width: across, height: down }
}

type RectangleTool = Extract<PictureTool, { kind: 'rectangle' }>
type Sides = [number, number, number, number]

function picturesFirst(fields: readonly FormField[]): FormField[] {
  return [...fields.filter(({ isPicture }) => isPicture), ...fields.filter(({ isPicture }) => !isPicture)]
}
