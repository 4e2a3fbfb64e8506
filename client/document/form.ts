import type { NodeDescription, ParameterDescription } from '../../nodes/sdk/description.ts'
import type { PictureTool } from '../../nodes/sdk/node.ts'
import type { Rectangle } from '../../nodes/sdk/rectangle.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { Change } from './change.ts'
import { type Graph, type GraphNode, linkInto, NODE_MODES } from './graph.ts'
import { uploadParameter } from './picture-inputs.ts'
import { fedParameters, toolParameters, untouchedValues } from './picture-tools.ts'
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
  /** Where it stands for a rectangle, which is one field: what of the picture that is, undefined for the whole. */
  readonly rectangle?: { readonly cut: Rectangle | undefined }
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

/** What of a node the form can show, and the parameters that it is of. */
export interface Exposable {
  readonly label: string
  readonly names: readonly string[]
  readonly isShown: boolean
}

/** What of a node the form can show. */
export function exposables(graph: Graph, node: GraphNode, types: Catalogue): Exposable[] {
  return fieldsOf(graph, node, types).map(({ parameter: { name }, rectangle }) => ({
    label: rectangle === undefined ? labelOf(name) : titleOf(graph, node, types),
    names: rectangle === undefined ? [name] : [name, ...drawnOf(graph, node, typeOf(graph, node, types))],
    isShown: node.form?.[name] !== undefined,
  }))
}

/** Shows it in the form, or no longer. */
export function toggleInForm(graph: Graph, id: string, { label, names, isShown }: Exposable): Change[] {
  const before = graph.nodes.get(id)
  const [name] = names
  if (before === undefined || name === undefined) return []
  const { form: old = {}, ...rest } = before
  const others = Object.fromEntries(Object.entries(old).filter(([other]) => !names.includes(other)))
  const form = isShown ? others : { ...others, [name]: label }
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
 * field, by the side that the form has another name for than its own, else by any that it shows.
 */
function fieldsOf(graph: Graph, node: GraphNode, types: Catalogue): FormField[] {
  const type = typeOf(graph, node, types)
  const upload = uploadParameter(type)
  const drawn = drawnOf(graph, node, type)
  const cut = type?.tool?.kind === 'rectangle' && drawn.length > 0 ? { cut: cutBy(node, type.tool, type) } : undefined
  const shown = drawn.filter((name) => node.form?.[name] !== undefined)
  const side = shown.find((name) => node.form?.[name] !== labelOf(name)) ?? shown[0] ?? drawn[0]
  return (type?.parameters ?? [])
    .filter(({ name }) => linkInto(graph, node.id, name) === undefined)
    .filter(({ name }) => cut === undefined || name === side || !drawn.includes(name))
    .map((parameter) => {
      const { name } = parameter
      const isRectangle = cut !== undefined && name === side
      const label = node.form?.[name] ?? labelOf(name)
      return {
        node: node.id,
        parameter,
        label: isRectangle && label === labelOf(name) ? titleOf(graph, node, types) : label,
        value: node.params[name],
        isPicture: name === upload,
        isDrawn: drawn.includes(name),
        ...(isRectangle && { rectangle: cut }),
      }
    })
}

/** What of a node is set on a picture; nothing of it where links feed a part. */
function drawnOf(graph: Graph, node: GraphNode, type: NodeDescription | undefined): readonly string[] {
  const tool = type?.tool
  return tool === undefined || fedParameters(graph, node.id, tool).length > 0 ? [] : toolParameters(tool)
}

function cutBy({ params }: GraphNode, tool: RectangleTool, { parameters }: NodeDescription): Rectangle | undefined {
  const whole = untouchedValues(tool, parameters)
  if (toolParameters(tool).every((name) => params[name] === whole[name])) return undefined
  const number = (name: string) => Number(params[name])
  return { x: number(tool.x), y: number(tool.y), width: number(tool.width), height: number(tool.height) }
}

type RectangleTool = Extract<PictureTool, { kind: 'rectangle' }>

function picturesFirst(fields: readonly FormField[]): FormField[] {
  return [...fields.filter(({ isPicture }) => isPicture), ...fields.filter(({ isPicture }) => !isPicture)]
}
