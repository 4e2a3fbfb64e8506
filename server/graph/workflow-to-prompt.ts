import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Catalogue } from './catalogue.ts'
import { expandSubgraphs } from './expand-subgraphs.ts'
import { withFilenames } from './filenames.ts'
import { closedGroup, groupName, openGroupNodes } from './group-nodes.ts'
import { canConnect } from './link-types.ts'
import type { Link, Prompt, PromptNode } from './prompt.ts'
import { applySettings } from './settings.ts'
import { GETTER, isPassing, isVirtual, PRIMITIVE, SETTER } from './virtual-nodes.ts'
import { firstValue, parameterValues } from './widget-values.ts'
import {
  isOff,
  isWorkflow,
  NODE_MODES,
  parseWorkflow,
  type Workflow,
  type WorkflowInput,
  type WorkflowLink,
  type WorkflowNode,
} from './workflow.ts'

/**
 * A graph in either of ComfyUI's formats, as a prompt with these settings. The API format is else returned as it is;
 * validation checks it.
 * @throws RestorationError `workflow_invalid`
 */
export function readGraph(
  json: unknown,
  catalogue: Catalogue,
  settings: readonly string[] = [],
  now: Date = new Date(),
): Prompt {
  const set = (prompt: Prompt) => (settings.length === 0 ? prompt : applySettings(prompt, settings, catalogue))
  return isWorkflow(json) ? workflowToPrompt(readWorkflow(json, catalogue), catalogue, now, set) : set(json as Prompt)
}

function readWorkflow(json: unknown, catalogue: Catalogue): Workflow {
  const workflow = parseWorkflow(json)
  const { json: opened } = openGroupNodes(json, catalogue)
  return opened === json ? workflow : parseWorkflow(opened)
}

/**
 * What ComfyUI's browser does before it sends a graph (executionUtil.ts): subgraphs are opened, comments, muted nodes,
 * reroutes, primitives and named links are resolved away, a bypassed node passes its input of the same type through,
 * parameters go by name, and names of files are filled in.
 * @param change what else is done to the prompt, before values are put into names of files
 */
export function workflowToPrompt(
  file: Workflow,
  catalogue: Catalogue,
  now: Date = new Date(),
  change: (prompt: Prompt) => Prompt = (prompt) => prompt,
): Prompt {
  const workflow = expandSubgraphs(file, catalogue)
  const wiring: Wiring = {
    nodes: new Map(workflow.nodes.map((node) => [String(node.id), node])),
    links: new Map(workflow.links.map((link) => [link.id, link])),
    setters: settersOf(workflow.nodes),
    feeding: new Map(),
    sources: new Map(),
  }
  const prompt: Record<string, PromptNode> = {}
  const sources = new Set(workflow.links.map(({ from }) => String(from)))
  for (const node of workflow.nodes) {
    if (isVirtual(node.type) || isOff(node)) continue
    const group = groupName(node.type)
    if (group !== undefined) throw closedGroup(group, file.rest.extra, catalogue)
    const description = catalogue.get(node.type)
    // Switches, labels and bookmarks of ComfyUI's packs live in its browser; nothing is lost without them.
    if (description === undefined && !sources.has(String(node.id)) && !node.inputs.some(({ link }) => link !== null)) {
      continue
    }
    const inputs = constants(node, description)
    for (const input of node.inputs) {
      const link = linkOf(input, wiring)
      const source = link === undefined ? undefined : resolve(link, input.type, wiring)
      if (source?.kind === 'muted') delete inputs[input.name]
      else if (source?.kind === 'link') inputs[input.name] = source.link
      else if (source?.kind === 'value') inputs[input.name] = constant(source.value)
    }
    prompt[String(node.id)] = {
      class_type: node.type,
      inputs,
      _meta: { title: node.title ?? description?.title ?? node.type },
    }
  }
  return withFilenames(change(prompt), workflow.nodes, catalogue, now)
}

/** A node's own values; what the file leaves out, as one of an older version does, has its default. */
function constants(node: WorkflowNode, description: NodeDescription | undefined): Record<string, unknown> {
  const values = Object.entries(parameterValues(node, description))
  const inputs = Object.fromEntries(values.map(([name, value]) => [name, constant(value)]))
  for (const { name, default: start } of description?.parameters ?? []) {
    if (start !== undefined && (inputs[name] === undefined || inputs[name] === null)) inputs[name] = start
  }
  return inputs
}

/** A list would be taken for a link. */
function constant(value: unknown): unknown {
  return Array.isArray(value) ? { __value__: value } : value
}

type Source =
  | { readonly kind: 'link'; readonly link: Link }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'muted' }

interface Wiring {
  readonly nodes: ReadonlyMap<string, WorkflowNode>
  readonly links: ReadonlyMap<number, WorkflowLink>
  /** By the level that they are in, and their name. */
  readonly setters: ReadonlyMap<string, WorkflowNode>
  /** What feeds the nodes that hand on, as far as they were followed: many links may share a long way. */
  readonly feeding: Map<WorkflowNode, WorkflowLink | undefined>
  /** By link and the type that is wanted of it. */
  readonly sources: Map<string, Source | undefined>
}

/** Of two with one name on one level the first counts, as in KJNodes. */
function settersOf(nodes: readonly WorkflowNode[]): ReadonlyMap<string, WorkflowNode> {
  const setters = nodes.filter(({ type }) => type === SETTER).map((node) => [setterKey(levelOf(node), node), node])
  return new Map(setters.reverse() as [string, WorkflowNode][])
}

function setterKey(level: string, node: WorkflowNode): string {
  return JSON.stringify([level, firstValue(node)])
}

/** The nodes that its subgraph is in, outermost first. */
function levelOf({ id }: WorkflowNode): string {
  return String(id).replace(/[^:]*$/, '')
}

/** What a GetNode stands for: the setter of its name in its own level, else in the next further out. */
function setterOf(getter: WorkflowNode, { setters }: Wiring): WorkflowNode | undefined {
  for (let level = levelOf(getter); ; level = level.replace(/[^:]*:$/, '')) {
    const setter = setters.get(setterKey(level, getter))
    if (setter !== undefined || level === '') return setter
  }
}

/**
 * Follows a link back through reroutes, primitives and bypassed nodes to what really feeds it; undefined where there is
 * nothing.
 * @param wanted the type of the input
 */
function resolve(first: WorkflowLink, wanted: string, wiring: Wiring): Source | undefined {
  const { nodes, sources } = wiring
  const followed = new Set<string>()
  let source: Source | undefined
  let type = wanted
  for (let link = passOver(first, wiring); link !== undefined; ) {
    const key = `${link.id} ${type}`
    if (followed.has(key)) throw circle(link)
    if (sources.has(key)) {
      source = sources.get(key)
      break
    }
    followed.add(key)
    const node = nodes.get(String(link.from))
    if (node === undefined) break
    if (node.mode !== NODE_MODES.bypassed || node.type === PRIMITIVE) {
      source = sourceAt(node, link)
      break
    }
    const through = bypassInput(node, link, type)
    if (through === undefined) break
    type = through.type
    link = passOver(linkOf(through, wiring), wiring)
  }
  for (const key of followed) sources.set(key, source)
  return source
}

/** The last link of the way back through nodes that only hand on; undefined where nothing feeds them. */
function passOver(first: WorkflowLink | undefined, wiring: Wiring): WorkflowLink | undefined {
  const { nodes, feeding } = wiring
  const passed = new Set<WorkflowNode>()
  let link = first
  while (link !== undefined) {
    const node = nodes.get(String(link.from))
    // What the browser resolves away cannot be muted.
    if (node === undefined || !isPassing(node.type) || node.mode === NODE_MODES.bypassed) break
    if (passed.has(node)) throw circle(link)
    if (feeding.has(node)) {
      link = feeding.get(node)
      break
    }
    passed.add(node)
    const passing = node.type === GETTER ? setterOf(node, wiring) : node
    const through = passing?.inputs.find((input) => input.link !== null)
    link = linkOf(through, wiring)
  }
  for (const node of passed) feeding.set(node, link)
  return link
}

function linkOf(input: WorkflowInput | undefined, { links }: Wiring): WorkflowLink | undefined {
  return input === undefined || input.link === null ? undefined : links.get(input.link)
}

/** What a node that hands nothing on gives to a link. */
function sourceAt(node: WorkflowNode, { from, fromSlot }: WorkflowLink): Source | undefined {
  if (node.type === PRIMITIVE) {
    const value = firstValue(node)
    return value === undefined ? undefined : { kind: 'value', value }
  }
  return node.mode === NODE_MODES.muted ? { kind: 'muted' } : { kind: 'link', link: [String(from), fromSlot] }
}

function circle({ from }: WorkflowLink): RestorationError {
  return new RestorationError(
    'workflow_invalid',
    `The links of the workflow run in a circle at node ${from}.`,
    'Remove one of the links of the circle.',
  )
}

/**
 * The input that a bypassed node hands on (ExecutableNodeDTO.ts): that of the same index if it fits, else the first of
 * the very type that is wanted, else the first that fits.
 */
function bypassInput({ inputs, outputs }: WorkflowNode, link: WorkflowLink, wanted: string): WorkflowInput | undefined {
  const type = outputs[link.fromSlot]?.type ?? link.type
  const fits = (input: WorkflowInput) => canConnect(type, input.type) && canConnect(input.type, wanted)
  const opposite = inputs[link.fromSlot]
  if (opposite !== undefined && fits(opposite)) return opposite
  return inputs.find((input) => input.type === wanted) ?? inputs.find(fits)
}
