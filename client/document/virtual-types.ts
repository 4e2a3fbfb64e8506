import type { NodeDescription, ParameterDescription } from '../../nodes/sdk/description.ts'
import type { SocketType } from '../../nodes/sdk/values.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { entryOf } from '../../server/graph/entry.ts'
import {
  fieldFor,
  fieldKey,
  type PromotedWidget,
  placesOf,
  promotedWidgets,
} from '../../server/graph/subgraph-fields.ts'
import { PRIMITIVE, type VirtualNode } from '../../server/graph/virtual-nodes.ts'
import { feedingOf, inputsOf, linksFromInputs } from './boundary.ts'
import { BOUNDARY, BOUNDARY_TYPES, type Graph, type GraphNode, type GraphSocket } from './graph.ts'
import { SUBGRAPHS } from './parameters.ts'

const ANY = '*' as SocketType
const NOTHING = { category: 'editor', inputs: [], parameters: [], outputs: [], outputNode: false, listInput: false }
const text: ParameterDescription = { name: 'text', kind: 'STRING', default: '', multiline: true }
const linkName: ParameterDescription = { name: 'Constant', kind: 'STRING', default: '', multiline: false }

/** What the editor says of the nodes that the host resolves before it runs: none of them is in its catalogue. */
const SHOWN: Readonly<Record<VirtualNode, Pick<NodeDescription, 'title' | 'summary'> & Partial<NodeDescription>>> = {
  Note: { title: 'Note', summary: 'Words beside the graph.', parameters: [text] },
  MarkdownNote: { title: 'Markdown Note', summary: 'Words with headings.', parameters: [text] },
  Reroute: {
    title: 'Reroute',
    summary: 'Hands its input on, to keep links tidy.',
    inputs: [{ name: '', type: ANY, required: false }],
    outputs: [{ name: '', type: ANY, list: false }],
  },
  PrimitiveNode: {
    title: 'Primitive',
    summary: 'One value for the fields that it is linked to.',
    parameters: [{ name: 'value', kind: 'STRING', default: '', multiline: false }],
    outputs: [{ name: 'connect to a field', type: ANY, list: false }],
  },
  SetNode: { title: 'Set', summary: 'Gives what feeds it a name.', parameters: [linkName] },
  GetNode: { title: 'Get', summary: 'Gives what has this name.', parameters: [linkName] },
  'Reroute (rgthree)': { title: 'Reroute', summary: 'Hands its input on.' },
}
const VIRTUAL_TYPES: Catalogue = new Map(Object.entries(SHOWN).map(([id, shown]) => [id, { ...NOTHING, ...shown, id }]))

/** Virtual nodes of packs, which files bring along: they run, and show the sockets that the file says. */
const PACKED: ReadonlySet<string> = new Set<VirtualNode>(['SetNode', 'GetNode', 'Reroute (rgthree)'])

/** The virtual nodes that a person can add. */
export const OFFERED_TYPES: readonly NodeDescription[] = [...VIRTUAL_TYPES.values()].filter(({ id }) => !PACKED.has(id))

/** What a node is: of the host, of the editor, or made of a subgraph; undefined where nobody knows. */
export function typeOf(graph: Graph, node: GraphNode, types: Catalogue): NodeDescription | undefined {
  if (node.type === PRIMITIVE) return primitiveType(graph, node, types)
  return staticType(node.type, types) ?? instanceType(graph, node, types) ?? boundaryType(graph, node)
}

/** What stands on a node: its own title, else that of its type. */
export function titleOf(graph: Graph, node: GraphNode, types: Catalogue): string {
  return node.title ?? typeOf(graph, node, types)?.title ?? node.type
}

/** A subgraph as this one node shows it: with the fields of its inside that the file promotes for it. */
function instanceType(graph: Graph, node: GraphNode, types: Catalogue): NodeDescription | undefined {
  const type = definitionType(graph, node.type, types)
  const promoted = promotedBy(graph, node)
  if (type === undefined || promoted.length === 0) return type
  const own = new Map(type.parameters.map((parameter) => [parameter.name, parameter]))
  const byName = new Map(promoted.map((one) => [one.name, one]))
  const parameters = [...new Set(placesOf(type.parameters, promoted, -1))].flatMap((name) => {
    const one = byName.get(name)
    return own.get(name) ?? (one === undefined ? undefined : promotedField(graph, node, one, types)) ?? []
  })
  return { ...type, parameters }
}

/** The fields of its inside that a node made of a subgraph shows as its own. */
export function promotedBy({ definitions }: Graph, { type, source }: GraphNode): readonly PromotedWidget[] {
  const properties = entryOf(source?.properties)
  const definition = definitions.get(type)
  if (properties === undefined || definition === undefined) return []
  return promotedWidgets(properties, { feeding: feedingOf(definition) })
}

/** A promoted field, unless a link feeds it inside; its default is the value that the inside has now. */
function promotedField(
  graph: Graph,
  { type }: GraphNode,
  { node, widget, name }: PromotedWidget,
  types: Catalogue,
  depth = 0,
): ParameterDescription | undefined {
  const definition = graph.definitions.get(type)
  const target = definition?.nodes.get(node)
  if (definition === undefined || target === undefined || depth > DEEPEST) return undefined
  const level = { ...definition, definitions: graph.definitions }
  const promoted = promotedBy(level, target)
  const field = fieldFor(target, widget, promoted)
  if (linkedInputs(definition).has(fieldKey(node, field))) return undefined
  const further = promoted.find((one) => one.name === field)
  const parameter =
    target.type === PRIMITIVE
      ? primitiveType(level, target, types)?.parameters.find((one) => one.name === field)
      : (parameterAt(level, node, field, types, depth) ??
        (further === undefined ? undefined : promotedField(level, target, further, types, depth + 1)))
  return parameter === undefined ? undefined : withDefault({ ...parameter, name }, target.params[field])
}

const linked = new WeakMap<Graph, ReadonlySet<string>>()

/** The inputs of a subgraph's inside that links feed, by `fieldKey`. */
function linkedInputs(definition: Graph): ReadonlySet<string> {
  const known = linked.get(definition)
  if (known !== undefined) return known
  const fed = new Set([...definition.links.values()].map(({ to, input }) => fieldKey(to, input)))
  linked.set(definition, fed)
  return fed
}

function withDefault(parameter: ParameterDescription, value: unknown): ParameterDescription {
  if (value === undefined || value === null) return parameter
  switch (parameter.kind) {
    case 'INT':
    case 'FLOAT':
      return Number.isFinite(Number(value)) ? { ...parameter, default: Number(value) } : parameter
    case 'BOOLEAN':
      return { ...parameter, default: value === true }
    default:
      return { ...parameter, default: String(value) }
  }
}

/** What a type is whatever it is linked to: enough to read and write its values. */
export function staticType(type: string, types: Catalogue): NodeDescription | undefined {
  return types.get(type) ?? VIRTUAL_TYPES.get(type)
}

/** A node's type as far as its values are concerned. */
export function valuesType(graph: Graph, type: string, types: Catalogue): NodeDescription | undefined {
  return staticType(type, types) ?? definitionType(graph, type, types)
}

/** A subgraph as a node: its boundary's sockets, and a field for each input that feeds a field inside. */
export function definitionType(graph: Graph, id: string, types: Catalogue): NodeDescription | undefined {
  const definition = graph.definitions.get(id)
  if (definition === undefined) return undefined
  const sockets = inputsOf(definition)
  const fields = sockets.map((_, index) => fieldBehind(graph, definition, index, types))
  return {
    ...NOTHING,
    id,
    title: definition.name ?? 'Subgraph',
    summary: `A subgraph of ${Math.max(0, definition.nodes.size - 2)} nodes.`,
    category: SUBGRAPHS,
    inputs: sockets.flatMap(({ name, type }, i) =>
      fields[i] === undefined ? [{ name, type: type as SocketType, required: false }] : [],
    ),
    parameters: sockets.flatMap(({ name }, i) => {
      const field = fields[i]
      return field === undefined ? [] : [{ ...field, name }]
    }),
    outputs: (definition.nodes.get(BOUNDARY.output)?.inputs ?? []).map(({ name, type }) => ({
      name,
      type: type as SocketType,
      list: false,
    })),
  }
}

/** Subgraphs in subgraphs are looked through this deep; a file may have one that holds itself. */
const DEEPEST = 16

/** The parameter that an input of a subgraph feeds first, if it feeds one; its default is the value that the inside has. */
function fieldBehind(
  graph: Graph,
  definition: Graph,
  output: number,
  types: Catalogue,
  depth = 0,
): ParameterDescription | undefined {
  if (depth > DEEPEST) return undefined
  const level = { ...definition, definitions: graph.definitions }
  let isFurther = false
  for (const { to, input } of linksFromInputs(definition).get(output) ?? []) {
    const target = level.nodes.get(to)
    // One way further in is enough: with many the ways would double with every level.
    const isNested = level.definitions.has(target?.type ?? '')
    if (target === undefined || (isNested && isFurther)) continue
    isFurther ||= isNested
    const parameter = parameterAt(level, to, input, types, depth + 1)
    if (parameter !== undefined) return withDefault(parameter, target.params[input])
  }
  return undefined
}

/** The parameter that an input stands for. */
export function parameterAt(
  graph: Graph,
  id: string,
  input: string,
  types: Catalogue,
  depth = 0,
): ParameterDescription | undefined {
  const node = graph.nodes.get(id)
  if (node === undefined) return undefined
  const type = staticType(node.type, types)
  if (type !== undefined) return type.parameters.find(({ name }) => name === input)
  const definition = graph.definitions.get(node.type)
  if (definition === undefined) return undefined
  const index = inputsOf(definition).findIndex(({ name }) => name === input)
  return fieldBehind(graph, definition, index, types, depth)
}

/** A primitive takes the shape of the first field that it feeds. */
function primitiveType(graph: Graph, node: GraphNode, types: Catalogue): NodeDescription | undefined {
  const primitive = VIRTUAL_TYPES.get(PRIMITIVE)
  for (const link of graph.links.values()) {
    const parameter = link.from === node.id ? parameterAt(graph, link.to, link.input, types) : undefined
    if (primitive !== undefined && parameter !== undefined) {
      return { ...primitive, parameters: [{ ...parameter, name: 'value' }] }
    }
  }
  return primitive && { ...primitive, parameters: [] }
}

function boundaryType(graph: Graph, node: GraphNode): NodeDescription | undefined {
  if (BOUNDARY_TYPES[node.id] !== node.type) return undefined
  const isInput = node.id === BOUNDARY.input
  const name = graph.name ?? 'the subgraph'
  return {
    ...NOTHING,
    id: node.type,
    title: isInput ? 'Inputs' : 'Outputs',
    summary: isInput ? `What comes into ${name}.` : `What leaves ${name}.`,
  }
}

/** What a node of this type starts with: a socket for each input, and one that waits behind each field. */
export function socketsOf(type: NodeDescription): { inputs: GraphSocket[]; outputs: GraphSocket[] } {
  return {
    inputs: [
      ...type.inputs.map(({ name, type }) => ({ name, type })),
      ...type.parameters.map(({ name, kind }) => ({ name, type: kind, isWidget: true })),
    ],
    outputs: type.outputs.map(({ name, type }) => ({ name, type })),
  }
}
