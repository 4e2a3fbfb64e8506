import type { NodeDescription, ParameterDescription } from '../../nodes/sdk/description.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { Prompt } from '../../server/graph/prompt.ts'
import { parseWorkflow } from '../../server/graph/workflow.ts'
import { workflowToPrompt } from '../../server/graph/workflow-to-prompt.ts'
import type { Graph, GraphLink, GraphNode, GraphSocket } from './graph.ts'

/**
 * The graph as ComfyUI's UI format 0.4. Parameters are written twice: by name in `properties.params`, which we read
 * first, and by position in `widgets_values`, for ComfyUI.
 */
export function writeWorkflow(graph: Graph, types: Catalogue): Record<string, unknown> {
  const links = [...graph.links.values()]
  const into = new Map(links.map((link) => [inputKey(link.to, link.input), link]))
  const outOf = new Map<string, number[]>()
  for (const link of links) {
    const key = `${link.from}:${link.output}`
    outOf.set(key, [...(outOf.get(key) ?? []), link.id])
  }
  return {
    ...graph.rest,
    last_node_id: Math.max(0, ...[...graph.nodes.keys()].map(Number).filter(Number.isSafeInteger)),
    last_link_id: Math.max(0, ...graph.links.keys()),
    nodes: [...graph.nodes.values()].map((node, i) => writeNode(node, i, types.get(node.type), into, outOf)),
    links: links.map((link) => [
      link.id,
      fileId(link.from),
      link.output,
      fileId(link.to),
      slotOf(graph, link),
      link.type,
    ]),
    groups: [...graph.groups.values()].map(({ title, bounding, rest }) => ({ ...rest, title, bounding })),
    version: 0.4,
  }
}

/** What the host runs. */
export function writePrompt(graph: Graph, types: Catalogue): Prompt {
  return workflowToPrompt(parseWorkflow(writeWorkflow(graph, types)), types)
}

type LinksInto = ReadonlyMap<string, GraphLink>
type LinksOutOf = ReadonlyMap<string, readonly number[]>

function writeNode(
  node: GraphNode,
  order: number,
  type: NodeDescription | undefined,
  into: LinksInto,
  outOf: LinksOutOf,
): Record<string, unknown> {
  const { flags, ...rest } = node.kept.rest
  return {
    order,
    ...rest,
    id: fileId(node.id),
    type: node.type,
    pos: [...node.position],
    size: [...node.size],
    flags: { ...(typeof flags === 'object' ? flags : {}), collapsed: node.collapsed },
    mode: node.mode,
    ...(node.title === undefined ? {} : { title: node.title }),
    inputs: node.inputs.map((socket) => ({
      ...writeSocket(socket),
      link: into.get(inputKey(node.id, socket.name))?.id ?? null,
    })),
    outputs: node.outputs.map((socket, i) => ({
      ...writeSocket(socket),
      links: outOf.get(`${node.id}:${i}`) ?? [],
      slot_index: i,
    })),
    properties: {
      'Node name for S&R': node.type,
      ...node.kept.properties,
      ...(type === undefined && Object.keys(node.params).length === 0 ? {} : { params: node.params }),
    },
    widgets_values:
      node.kept.widgetsValues ?? type?.parameters.flatMap((parameter) => positional(parameter, node)) ?? [],
  }
}

function writeSocket({ name, type, rest }: GraphSocket): Record<string, unknown> {
  return { ...rest, name, type }
}

/** ComfyUI's widgets that are no inputs take a place too: the one after a seed, the upload button. */
function positional(parameter: ParameterDescription, node: GraphNode): unknown[] {
  const value = node.params[parameter.name] ?? null
  if (parameter.name === 'seed' || parameter.name === 'noise_seed') return [value, 'fixed']
  return parameter.kind === 'COMBO' && parameter.optionsFrom === 'input_images' ? [value, 'image'] : [value]
}

function slotOf(graph: Graph, link: GraphLink): number {
  return graph.nodes.get(link.to)?.inputs.findIndex(({ name }) => name === link.input) ?? 0
}

function inputKey(node: string, input: string): string {
  return `${node}:${input}`
}

/** ComfyUI's ids are numbers where they can be. */
function fileId(id: string): number | string {
  return /^(0|[1-9]\d{0,14})$/.test(id) ? Number(id) : id
}
