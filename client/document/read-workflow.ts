import type { NodeDescription } from '../../nodes/sdk/description.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { parseWorkflow, type Workflow, type WorkflowNode } from '../../server/graph/workflow.ts'
import { parameterValues } from '../../server/graph/workflow-to-prompt.ts'
import { circularLinks, judge } from './connect.ts'
import type { Graph, GraphGroup, GraphLink, GraphNode, GraphSocket, Point } from './graph.ts'
import { defaultParams } from './parameters.ts'

export interface ReadGraph {
  readonly graph: Graph
  /** What could not be kept, in sentences. */
  readonly problems: readonly string[]
}

/**
 * Reads a workflow file. Sockets and parameters of known nodes are those of the catalogue, by name; unknown nodes stay
 * as the file has them.
 * @throws RestorationError `workflow_invalid`
 */
export function readWorkflow(json: unknown, types: Catalogue): ReadGraph {
  const workflow = parseWorkflow(json)
  const converted = inputsByNode(workflow)
  const nodes = new Map<string, GraphNode>()
  for (const node of workflow.nodes) {
    const id = String(node.id)
    nodes.set(id, readNode(node, types.get(node.type), converted.get(id) ?? new Set()))
  }
  const { links, problems } = readLinks(workflow, nodes)
  const unknown = [...new Set([...nodes.values()].flatMap(({ type }) => (isKnown(type, types) ? [] : [type])))]
  if (unknown.length > 0) {
    problems.push(`This host has no node called ${unknown.join(', ')}. They are kept, but cannot run.`)
  }
  const groups = workflow.groups.map((group, i): [string, GraphGroup] => [
    String(i + 1),
    { id: String(i + 1), ...group },
  ])
  return { graph: { nodes, links, groups: new Map(groups), rest: workflow.rest }, problems }
}

/** Comments and what ComfyUI's browser resolves by itself need no node of the host. */
export function isKnown(type: string, types: Catalogue): boolean {
  return types.has(type) || ['Note', 'MarkdownNote', 'Reroute', 'PrimitiveNode'].includes(type)
}

function readNode(node: WorkflowNode, type: NodeDescription | undefined, linked: ReadonlySet<string>): GraphNode {
  const { params: _, ...properties } = node.properties
  const { flags, ...rest } = node.rest
  return {
    id: String(node.id),
    type: node.type,
    ...(node.title === undefined || node.title === type?.title ? {} : { title: node.title }),
    position: node.pos,
    size: node.size as Point,
    mode: node.mode,
    collapsed: typeof flags === 'object' && flags !== null && 'collapsed' in flags && flags.collapsed === true,
    params: { ...(type === undefined ? {} : defaultParams(type)), ...parameterValues(node, type) },
    inputs: type === undefined ? node.inputs.map(toSocket) : knownInputs(node, type, linked),
    outputs:
      type === undefined ? node.outputs.map(toSocket) : type.outputs.map((output) => withRest(output, node.outputs)),
    kept: {
      properties,
      rest: flags === undefined ? rest : { ...rest, flags },
      ...(type === undefined ? { widgetsValues: node.widgetsValues } : {}),
    },
  }
}

/** The type's sockets, then the parameters that the file feeds by a link. */
function knownInputs(node: WorkflowNode, type: NodeDescription, linked: ReadonlySet<string>): GraphSocket[] {
  const converted = type.parameters.filter(({ name }) => linked.has(name))
  return [
    ...type.inputs.map((input) => withRest(input, node.inputs)),
    ...converted.map(({ name, kind }) => ({ name, type: kind, rest: { widget: { name } } })),
  ]
}

function withRest(socket: { name: string; type: string }, inFile: readonly GraphSocket[]): GraphSocket {
  const { rest = {} } = inFile.find(({ name }) => name === socket.name) ?? {}
  return toSocket({ name: socket.name, type: socket.type, rest })
}

/** Which links a socket has is said by the links. */
function toSocket({ name, type, rest: { links: _, slot_index: __, ...rest } }: GraphSocket): GraphSocket {
  return { name, type, rest }
}

/** Names of the inputs that links of the file end at. */
function inputsByNode(workflow: Workflow): Map<string, Set<string>> {
  const nodes = new Map(workflow.nodes.map((node) => [String(node.id), node]))
  const names = new Map<string, Set<string>>()
  for (const link of workflow.links) {
    const name = nodes.get(String(link.to))?.inputs[link.toSlot]?.name
    if (name === undefined) continue
    const known = names.get(String(link.to)) ?? new Set()
    names.set(String(link.to), known.add(name))
  }
  return names
}

/** Only links that could have been drawn by hand; the last one into an input counts. */
function readLinks(
  workflow: Workflow,
  nodes: ReadonlyMap<string, GraphNode>,
): { links: Map<number, GraphLink>; problems: string[] } {
  const files = new Map(workflow.nodes.map((node) => [String(node.id), node]))
  const byInput = new Map<string, GraphLink>()
  const problems: string[] = []
  for (const link of workflow.links) {
    const target = files.get(String(link.to))
    const input = target?.inputs[link.toSlot]?.name ?? nodes.get(String(link.to))?.inputs[link.toSlot]?.name ?? ''
    const wish = { from: String(link.from), output: link.fromSlot, to: String(link.to), input }
    const judged = judge(nodes, wish)
    if (judged.ok) byInput.set(JSON.stringify([wish.to, input]), { id: link.id, ...wish, type: judged.type })
    else problems.push(`Link ${link.id} was left out. ${judged.reason}`)
  }
  const links = new Map([...byInput.values()].map((link) => [link.id, link]))
  for (const link of circularLinks({ nodes, links, groups: new Map(), rest: {} })) {
    links.delete(link.id)
    problems.push(`Link ${link.id} was left out. It closes a circle.`)
  }
  return { links, problems }
}
