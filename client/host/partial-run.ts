import type { Catalogue } from '../../server/graph/catalogue.ts'
import { flowingType } from '../document/connect.ts'
import { freeLinkId, type Graph, type GraphLink, type GraphNode, linkInto, NODE_MODES } from '../document/graph.ts'
import { type RunNode, runNode } from '../document/run-nodes.ts'
import { titleOf } from '../document/virtual-types.ts'
import { writePrompt } from '../document/write-workflow.ts'
import { STRINGS } from '../strings.ts'
import { HostError } from './host.ts'
import type { Order } from './order.ts'

/** Whether a run can go up to a node and no further: it is one with outputs, or gives a picture. */
export function canRunUpTo(level: Graph, node: GraphNode, types: Catalogue): boolean {
  if (node.mode === NODE_MODES.muted) return false
  return isOutput(node, types) || pictureOutput(level, node) >= 0
}

/**
 * An order that runs only what a node needs. The host runs up to nodes with outputs, so any other node gets a preview of
 * its first picture, which is in the order only: where the picture comes from, through subgraphs and past what is
 * bypassed, is found as for any link.
 * @param id what a run calls the node
 * @returns the order, and the node of it that shows the picture
 * @throws HostError where nothing gives the picture
 */
export function orderUpTo(order: Order, graph: Graph, id: string, types: Catalogue): { order: Order; shown: string } {
  const found = runNode(graph, id)
  if (found === undefined) throw new HostError(404, STRINGS.blamed.gone)
  const { level, node } = found
  if (isOutput(node, types)) {
    if (order.prompt[id] !== undefined) return { order: { ...order, targets: [id] }, shown: id }
  } else {
    const output = pictureOutput(level, node)
    // A number would be that of the next node, which would show the picture then.
    const made = output >= 0 && previewing(order, graph, found, { from: node.id, output }, `${node.id}-preview`, types)
    if (made) return made
  }
  throw new HostError(400, STRINGS.partial.noPicture(titleOf(level, node, types)), { remedy: STRINGS.partial.remedy })
}

/**
 * An order that runs only what comes before an input of a node, and shows the picture that goes into it.
 * @param id what a run calls the node
 * @returns the order, and the node of it that shows the picture: `shownBefore`
 * @throws HostError where nothing gives the picture
 */
export function orderBefore(
  order: Order,
  graph: Graph,
  id: string,
  input: string,
  types: Catalogue,
): { order: Order; shown: string } {
  const found = runNode(graph, id)
  if (found === undefined) throw new HostError(404, STRINGS.blamed.gone)
  const { level, node } = found
  const link = linkInto(level, node.id, input)
  const made = link && previewing(order, graph, found, link, shownBefore(node.id, input), types)
  if (made !== undefined) return made
  throw new HostError(400, STRINGS.drawing.nothing(titleOf(level, node, types)), { remedy: STRINGS.drawing.connect })
}

/** The node that shows what goes into an input, as a run calls it; the id of the other as a run calls that. */
export function shownBefore(id: string, input: string): string {
  return `${id}-before-${input}`
}

/** Undefined where nothing comes out of the output. */
function previewing(
  order: Order,
  graph: Graph,
  { path, level }: RunNode,
  { from, output }: Pick<GraphLink, 'from' | 'output'>,
  id: string,
  types: Catalogue,
): { order: Order; shown: string } | undefined {
  const { preview, link } = previewOf(level, from, output, id)
  const { definition } = path.at(-1) ?? {}
  const prompt = writePrompt(withParts(graph, definition, preview, link), types)
  const shown = [...path.map((step) => step.node), id].join(':')
  // The host would name a node that nobody has drawn.
  if (prompt[shown]?.inputs[link.input] === undefined) return undefined
  return { order: { ...order, prompt, targets: [shown] }, shown }
}

/** Bypassed, it hands on what comes in. */
function isOutput({ type, mode }: GraphNode, types: Catalogue): boolean {
  return mode !== NODE_MODES.bypassed && types.get(type)?.outputNode === true
}

function pictureOutput(level: Graph, { id, outputs }: GraphNode): number {
  return outputs.findIndex((_, output) => flowingType(level, id, output) === 'IMAGE')
}

function previewOf(level: Graph, from: string, output: number, id: string): { preview: GraphNode; link: GraphLink } {
  const [input, type] = ['images', 'IMAGE']
  const preview: GraphNode = {
    id,
    type: 'PreviewImage',
    position: [0, 0],
    size: [0, 0],
    mode: NODE_MODES.always,
    collapsed: false,
    pinned: false,
    params: {},
    inputs: [{ name: input, type }],
    outputs: [],
  }
  return { preview, link: { id: freeLinkId(level), from, output, to: preview.id, input, type } }
}

/** A graph with one more node and link, in one of its subgraphs where that is named. */
function withParts(graph: Graph, definition: string | undefined, node: GraphNode, link: GraphLink): Graph {
  const level = definition === undefined ? graph : graph.definitions.get(definition)
  if (level === undefined) return graph
  const more: Graph = {
    ...level,
    nodes: new Map([...level.nodes, [node.id, node]]),
    links: new Map([...level.links, [link.id, link]]),
  }
  if (definition === undefined) return more
  return { ...graph, definitions: new Map([...graph.definitions, [definition, more]]) }
}
