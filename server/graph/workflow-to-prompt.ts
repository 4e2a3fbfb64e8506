import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Catalogue } from './catalogue.ts'
import { expandSubgraphs } from './expand-subgraphs.ts'
import { canConnect } from './link-types.ts'
import type { Link, Prompt, PromptNode } from './prompt.ts'
import {
  isWorkflow,
  parseWorkflow,
  type Workflow,
  type WorkflowInput,
  type WorkflowLink,
  type WorkflowNode,
} from './workflow.ts'

const MUTED = 2
const BYPASSED = 4
const COMMENTS: ReadonlySet<string> = new Set(['Note', 'MarkdownNote'])
/** Widgets that follow a seed in ComfyUI's positional values without being inputs. */
const SEEDS: ReadonlySet<string> = new Set(['seed', 'noise_seed'])

/**
 * A graph in either of ComfyUI's formats, as a prompt. The API format is returned as it is; validation checks it.
 * @throws RestorationError `workflow_invalid`
 */
export function readGraph(json: unknown, catalogue: Catalogue): Prompt {
  return isWorkflow(json) ? workflowToPrompt(parseWorkflow(json), catalogue) : (json as Prompt)
}

/**
 * What ComfyUI's browser does before it sends a graph (executionUtil.ts): subgraphs are opened, comments, muted nodes,
 * reroutes and primitives are resolved away, a bypassed node passes its input of the same type through, parameters go by
 * name.
 */
export function workflowToPrompt(file: Workflow, catalogue: Catalogue): Prompt {
  const workflow = expandSubgraphs(file)
  const nodes = new Map(workflow.nodes.map((node) => [String(node.id), node]))
  const links = new Map(workflow.links.map((link) => [link.id, link]))
  const prompt: Record<string, PromptNode> = {}
  for (const node of workflow.nodes) {
    if (COMMENTS.has(node.type) || isVirtual(node) || node.mode === MUTED || node.mode === BYPASSED) continue
    const description = catalogue.get(node.type)
    const inputs: Record<string, unknown> = { ...parameterValues(node, description) }
    for (const input of node.inputs) {
      const link = input.link === null ? undefined : links.get(input.link)
      if (link === undefined) continue
      const source = resolve(link, nodes, links)
      if (source === undefined) delete inputs[input.name]
      else inputs[input.name] = source.kind === 'link' ? source.link : source.value
    }
    prompt[String(node.id)] = {
      class_type: node.type,
      inputs,
      _meta: { title: node.title ?? description?.title ?? node.type },
    }
  }
  return prompt
}

/** A node's parameters by name: `properties.params` first, then named, then positional widget values. */
export function parameterValues(
  node: Pick<WorkflowNode, 'properties' | 'widgetsValues'>,
  description: NodeDescription | undefined,
): Record<string, unknown> {
  const named = node.properties.params
  const byName = typeof named === 'object' && named !== null ? (named as Record<string, unknown>) : {}
  if (!Array.isArray(node.widgetsValues)) return { ...node.widgetsValues, ...byName }
  const values: Record<string, unknown> = {}
  let position = 0
  for (const parameter of description?.parameters ?? []) {
    if (position >= node.widgetsValues.length) break
    values[parameter.name] = node.widgetsValues[position]
    position += SEEDS.has(parameter.name) ? 2 : 1
  }
  return { ...values, ...byName }
}

type Source = { readonly kind: 'link'; readonly link: Link } | { readonly kind: 'value'; readonly value: unknown }

/** Follows a link back through reroutes, primitives and bypassed nodes to what really feeds it. */
function resolve(
  first: WorkflowLink,
  nodes: ReadonlyMap<string, WorkflowNode>,
  links: ReadonlyMap<number, WorkflowLink>,
): Source | undefined {
  const seen = new Set<number>()
  for (let link: WorkflowLink | undefined = first; link !== undefined; ) {
    if (seen.has(link.id)) {
      throw new RestorationError(
        'workflow_invalid',
        `The links of the workflow run in a circle at node ${link.from}.`,
        'Remove one of the links of the circle.',
      )
    }
    seen.add(link.id)
    const node = nodes.get(String(link.from))
    if (node === undefined || node.mode === MUTED) return undefined
    if (node.type === 'PrimitiveNode') return { kind: 'value', value: firstValue(node) }
    if (node.mode !== BYPASSED && node.type !== 'Reroute') {
      return { kind: 'link', link: [String(link.from), link.fromSlot] }
    }
    const through: WorkflowInput | undefined = node.mode === BYPASSED ? bypassInput(node, link) : node.inputs[0]
    link = through === undefined || through.link === null ? undefined : links.get(through.link)
  }
  return undefined
}

/** The input that a bypassed node hands on: that of the same index if it fits, else the first of the type. */
function bypassInput(node: WorkflowNode, link: WorkflowLink): WorkflowInput | undefined {
  const type = node.outputs[link.fromSlot]?.type ?? link.type
  const fits = (input: WorkflowInput | undefined) => input !== undefined && canConnect(type, input.type)
  const opposite = node.inputs[link.fromSlot]
  return fits(opposite) ? opposite : node.inputs.find(fits)
}

function isVirtual(node: WorkflowNode): boolean {
  return node.type === 'Reroute' || node.type === 'PrimitiveNode'
}

function firstValue(node: WorkflowNode): unknown {
  return Array.isArray(node.widgetsValues) ? node.widgetsValues[0] : Object.values(node.widgetsValues)[0]
}
