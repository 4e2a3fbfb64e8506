import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Catalogue } from './catalogue.ts'
import { entryOf } from './entry.ts'
import { MAX_NESTING, MAX_NODES } from './limits.ts'
import {
  type Definition,
  INPUTS,
  type Level,
  levelOf,
  listedBy,
  OUTPUTS,
  readDefinitions,
} from './subgraph-definitions.ts'
import { type Boundary, fieldFor, givenInside, inputsMeant, ownValues, promotedWidgets } from './subgraph-fields.ts'
import { PRIMITIVE, REROUTE, type VirtualNode } from './virtual-nodes.ts'
import {
  isOff,
  NODE_MODES,
  type Workflow,
  type WorkflowInput,
  type WorkflowLink,
  type WorkflowNode,
} from './workflow.ts'

/** What nodes may hold with the inside of subgraphs; two that each hold two of the next would double with every level. */
const MAX_PARTS = 200_000

/**
 * Puts the inside of each subgraph in the place of the nodes that are made of it, so that what follows knows no subgraphs.
 * A node inside is called `outer:inner`, as ComfyUI calls it. Boundaries become reroutes, and primitives where the node has
 * a value for an input; muted and bypassed nodes stay closed.
 * @throws RestorationError `workflow_invalid` where a subgraph holds itself
 */
export function expandSubgraphs(workflow: Workflow, types: Catalogue): Workflow {
  const definitions = readDefinitions(workflow, types)
  if (definitions.size === 0) return workflow
  const expansion = new Expansion(definitions)
  expansion.level(levelOf(workflow), '', [])
  return { ...workflow, nodes: expansion.nodes, links: expansion.links }
}

/** Where an input of a level's node is fed from: a link that is made already, a value, or nothing. */
type Feed =
  | { readonly kind: 'link'; readonly link: number }
  | { readonly kind: 'value'; readonly value: unknown }
  | undefined

/** Values of widgets by node and widget. */
type Given = ReadonlyMap<string, ReadonlyMap<string, unknown>>

/** A node of a level with its id in the whole. */
interface Placed {
  readonly node: WorkflowNode
  readonly id: string
  /** Values of its widgets that were set outside. */
  readonly set: ReadonlyMap<string, unknown>
  /** What feeds an input, as a link that leads to this id. */
  readonly feedOf: (input: WorkflowInput, to: string) => Feed
}

class Expansion {
  readonly nodes: WorkflowNode[] = []
  readonly links: WorkflowLink[] = []
  readonly #definitions: ReadonlyMap<string, Definition>
  #counted = 0
  #parts = 0

  constructor(definitions: ReadonlyMap<string, Definition>) {
    this.#definitions = definitions
  }

  /**
   * Adds the nodes of a level.
   * @param holders the types of the nodes that it is inside of
   * @param feeds what comes in through its boundary, by slot
   * @param given values of its nodes' widgets that were set outside, by node and widget
   * @returns for each output of the level the link that leaves it
   */
  level(
    { nodes, links, leaving }: Level,
    prefix: string,
    holders: readonly string[],
    feeds: ReadonlyMap<number, Feed> = new Map(),
    given: Given = new Map(),
  ): ReadonlyMap<number, WorkflowLink> {
    const opened = new Map(nodes.map((node) => [String(node.id), this.#definitionOf(node)]))
    /** A link of the level as one of the whole; undefined where it comes from an input that nothing feeds. */
    const made = (link: WorkflowLink, to: string): Feed => {
      const from = String(link.from)
      if (from === INPUTS) return feeds.get(link.fromSlot)
      // What a subgraph gives goes through a reroute of that name.
      const [source, slot] =
        opened.get(from) === undefined ? [prefix + from, link.fromSlot] : [outputId(prefix + from, link.fromSlot), 0]
      return { kind: 'link', link: this.#link(source, slot, to, link.type) }
    }
    const feedOf = ({ link }: WorkflowInput, to: string): Feed => {
      const known = link === null ? undefined : links.get(link)
      return known === undefined ? undefined : made(known, to)
    }
    for (const node of nodes) {
      const id = prefix + String(node.id)
      const placed = { node, id, set: given.get(String(node.id)) ?? new Map(), feedOf }
      const definition = opened.get(String(node.id))
      if (definition === undefined) this.#copy(placed)
      else this.#open(placed, definition, holders)
    }
    const bySlot = new Map<number, WorkflowLink>()
    for (const link of leaving) {
      const feed = made(link, prefix + OUTPUTS)
      const known = feed?.kind === 'link' ? this.links[feed.link - 1] : undefined
      if (known !== undefined) bySlot.set(link.toSlot, known)
    }
    return bySlot
  }

  #copy({ node, id, set, feedOf }: Placed): void {
    const inputs = node.inputs.map((input) => this.#fed(input, id, feedOf(input, id)))
    this.#add({ ...withValues(node, set), id, inputs })
  }

  /** Adds the inside of a subgraph, and a reroute for each of its outputs. */
  #open(placed: Placed, definition: Definition, holders: readonly string[]): void {
    const { node, id, set } = placed
    refuseNesting(definition, node.type, id, holders)
    this.#count()
    this.#countParts(definition.parts)
    const boundary = definition.boundary ?? listedBy(node)
    const promoted = promotedWidgets(node.properties, boundary)
    const values = ownValues(node, boundary)
    for (const [widget, value] of set) values.set(fieldFor(boundary, widget, promoted), value)
    const feeds = this.#feedsInto(placed, boundary, values)
    const given = givenInside(promoted, values)
    const outputs = this.level(definition.level, `${id}:`, [...holders, node.type], feeds, given)
    for (const slot of new Set([...node.outputs.keys(), ...outputs.keys()])) {
      const link = outputs.get(slot)
      const type = node.outputs[slot]?.type ?? link?.type ?? '*'
      this.#add(virtual(REROUTE, outputId(id, slot), { name: '', type, link: link?.id ?? null, rest: {} }))
    }
  }

  /** What comes into a subgraph: the node's own values, and in their place what links bring, each through a reroute. */
  #feedsInto(
    { node, id, feedOf }: Placed,
    boundary: Boundary,
    values: ReadonlyMap<string, unknown>,
  ): ReadonlyMap<number, Feed> {
    const feeds = new Map<number, Feed>()
    for (const [index, { name }] of boundary.inputs.entries()) {
      if (values.has(name)) feeds.set(index, { kind: 'value', value: values.get(name) })
    }
    const meant = inputsMeant(node.inputs, boundary)
    for (const [slot, input] of node.inputs.entries()) {
      const index = meant[slot]
      if (index === undefined) continue
      const reroute = `${id}:${INPUTS}:${index}`
      const feed = feedOf(input, reroute)
      if (feed?.kind === 'link') {
        // One link in, any number out: the reroute takes what the node is fed.
        this.#add(virtual(REROUTE, reroute, { ...input, link: feed.link }))
        feeds.set(index, { kind: 'link', link: this.#link(reroute, 0, id, input.type) })
      } else if (feed?.kind === 'value') feeds.set(index, feed)
    }
    return feeds
  }

  /** An input of a node that is fed so: a value comes from a primitive, and without anything the node's own counts. */
  #fed(input: WorkflowInput, to: string, feed: Feed): WorkflowInput {
    if (feed?.kind === 'link') return { ...input, link: feed.link }
    if (feed === undefined) return { ...input, link: null }
    const id = `${to}:${input.name}:value`
    this.#add({ ...virtual(PRIMITIVE, id), widgetsValues: [feed.value] })
    return { ...input, link: this.#link(id, 0, to, input.type) }
  }

  /** The subgraph that opens in a node's place. */
  #definitionOf(node: WorkflowNode): Definition | undefined {
    return isOff(node) ? undefined : this.#definitions.get(node.type)
  }

  #link(from: string, fromSlot: number, to: string, type: string): number {
    const id = this.links.length + 1
    this.links.push({ id, from, fromSlot, to, toSlot: 0, type })
    return id
  }

  #add(node: WorkflowNode): void {
    this.#count()
    this.nodes.push(node)
  }

  /** One node more, or one subgraph that was opened: empty ones count too. */
  #count(): void {
    this.#counted++
    if (this.#counted > MAX_NODES) throw overgrown(`${MAX_NODES} nodes`)
  }

  #countParts(parts: number): void {
    this.#parts += parts
    if (this.#parts > MAX_PARTS) throw overgrown(`${MAX_PARTS} inputs, fields and links`)
  }
}

function refuseNesting({ name }: Definition, type: string, id: string, holders: readonly string[]): void {
  if (holders.includes(type)) {
    throw new RestorationError(
      'workflow_invalid',
      `The subgraph '${name}' holds itself at node ${id}.`,
      'Remove the node that is made of it from its inside.',
    )
  }
  if (holders.length >= MAX_NESTING) {
    throw new RestorationError(
      'workflow_invalid',
      `At node ${id} subgraphs are nested deeper than ${MAX_NESTING} levels.`,
      'Unpack some of them.',
    )
  }
}

function overgrown(most: string): RestorationError {
  return new RestorationError(
    'workflow_invalid',
    `With the inside of its subgraphs the workflow has more than ${most}.`,
    'Use fewer nodes that are made of subgraphs, or unpack them into smaller workflows.',
  )
}

function withValues(node: WorkflowNode, values: ReadonlyMap<string, unknown>): WorkflowNode {
  if (values.size === 0) return node
  if (node.type === PRIMITIVE) return { ...node, widgetsValues: [...values.values()].slice(0, 1) }
  const params = { ...entryOf(node.properties.params), ...Object.fromEntries(values) }
  return { ...node, properties: { ...node.properties, params } }
}

function outputId(node: string, slot: number): string {
  return `${node}:${OUTPUTS}:${slot}`
}

/** A node that is resolved away again before anything runs. */
function virtual(type: VirtualNode, id: string, input?: WorkflowInput): WorkflowNode {
  return {
    id,
    type,
    pos: [0, 0],
    size: [0, 0],
    mode: NODE_MODES.always,
    inputs: input === undefined ? [] : [input],
    outputs: [],
    properties: {},
    widgetsValues: [],
    rest: {},
  }
}
