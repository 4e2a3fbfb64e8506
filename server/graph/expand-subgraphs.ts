import { RestorationError } from '../../nodes/sdk/error.ts'
import { parseWorkflow, type Workflow, type WorkflowInput, type WorkflowLink, type WorkflowNode } from './workflow.ts'

/** What a subgraph may grow to; two that each hold two of the next would double with every level. */
const MAX_NODES = 20_000
const MAX_PARTS = 200_000
const MAX_DEPTH = 64
const ALWAYS = 0
/** ComfyUI's ids of a subgraph's boundary. */
const INPUTS = '-10'
const OUTPUTS = '-20'
/** Widgets that another one follows without being an input. */
const SEEDS: ReadonlySet<string> = new Set(['seed', 'noise_seed'])
/** ComfyUI's id for the node itself, in its list of promoted widgets. */
const OWN = '-1'
const MOST_PROMOTED = 200
const UNSAFE: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** The file itself, or the inside of a subgraph. */
interface Level {
  readonly nodes: readonly WorkflowNode[]
  readonly links: ReadonlyMap<number, WorkflowLink>
  /** Those that lead to its outputs. */
  readonly leaving: readonly WorkflowLink[]
}

interface Definition {
  readonly name: string
  readonly level: Level
  /** What is copied each time besides nodes: their inputs and fields, and the links that leave. */
  readonly parts: number
}

/** A field of a subgraph's inside that a node made of it shows as its own: an entry of ComfyUI's `properties.proxyWidgets`. */
export interface PromotedWidget {
  /** The node inside. */
  readonly node: string
  readonly widget: string
  /** What the node has its value by. */
  readonly name: string
}

const known = new WeakMap<WorkflowNode['properties'], readonly PromotedWidget[]>()

/** The promoted widgets of a node, in the order of the file; one that stands for an input of its own has that one's name. */
export function promotedWidgets(properties: WorkflowNode['properties']): readonly PromotedWidget[] {
  const read = known.get(properties) ?? readPromoted(properties.proxyWidgets)
  known.set(properties, read)
  return read
}

function readPromoted(entry: unknown): readonly PromotedWidget[] {
  const list = typeof entry === 'string' ? parsed(entry) : entry
  if (!Array.isArray(list)) return []
  return list.slice(0, MOST_PROMOTED).flatMap((one: unknown) => {
    const [id, text] = Array.isArray(one) ? one : []
    if ((typeof id !== 'string' && typeof id !== 'number') || typeof text !== 'string') return []
    // Some versions put the ids of nodes further inside before the name.
    const widget = text.includes(':') ? text.replace(/^(\s*\d+\s*:)+\s*/, '') : text
    if (UNSAFE.has(widget)) return []
    const node = String(id)
    return [{ node, widget, name: node === OWN ? widget : `${node}:${text}` }]
  })
}

/**
 * What a node made of a subgraph has at each place of `widgets_values`: the promoted widgets; before them its inputs that
 * are in no entry, unless there are only as many values as entries.
 * @param fields its inputs that stand for fields
 */
export function placesOf(fields: readonly string[], promoted: readonly PromotedWidget[], values: number): string[] {
  const listed = promoted.map(({ name }) => name)
  return values === listed.length ? listed : [...fields.filter((name) => !listed.includes(name)), ...listed]
}

/** The values that a node made of a subgraph has itself, by name: where it has none, that of the inside counts. */
export function ownValues(
  { properties, widgetsValues }: Pick<WorkflowNode, 'properties' | 'widgetsValues'>,
  fields: readonly string[],
): Map<string, unknown> {
  const { params } = properties
  const named = typeof params === 'object' && params !== null ? Object.entries(params) : undefined
  const values = new Map<string, unknown>()
  if (!Array.isArray(widgetsValues)) for (const [name, value] of Object.entries(widgetsValues)) values.set(name, value)
  else {
    const promoted = promotedWidgets(properties)
    const inside = new Set(promoted.flatMap(({ node, name }) => (node === OWN ? [] : [name])))
    let position = 0
    for (const name of placesOf(fields, promoted, widgetsValues.length)) {
      if (position >= widgetsValues.length) break
      const value = widgetsValues[position]
      // ComfyUI lists the value of the inside, too; what was changed here is among the names.
      if (!inside.has(name) || (named === undefined && value !== null)) values.set(name, value)
      position += promoted.length === 0 && SEEDS.has(name) ? 2 : 1
    }
  }
  for (const [name, value] of named ?? []) values.set(name, value)
  return values
}

/**
 * Puts the inside of each subgraph in the place of the nodes that are made of it, so that what follows knows no subgraphs.
 * A node inside is called `outer:inner`, as ComfyUI calls it. Boundaries become reroutes, and primitives where the node has
 * a value for an input; muted and bypassed nodes stay closed.
 * @throws RestorationError `workflow_invalid` where a subgraph holds itself
 */
export function expandSubgraphs(workflow: Workflow): Workflow {
  const definitions = readDefinitions(workflow)
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
   * Adds the nodes of a level. @param feeds what comes in through its boundary, by slot
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
    const opened = new Set(nodes.filter((node) => this.#opens(node)).map(({ id }) => String(id)))
    /** A link of the level as one of the whole; undefined where it comes from an input that nothing feeds. */
    const made = (link: WorkflowLink, to: string): Feed => {
      const from = String(link.from)
      if (from === INPUTS) return feeds.get(link.fromSlot)
      // What a subgraph gives goes through a reroute of that name.
      const [source, slot] = opened.has(from)
        ? [outputId(prefix + from, link.fromSlot), 0]
        : [prefix + from, link.fromSlot]
      return { kind: 'link', link: this.#link(source, slot, to, link.type) }
    }
    for (const node of nodes) {
      const id = prefix + String(node.id)
      const set = given.get(String(node.id)) ?? new Map()
      const feedOf = ({ link }: WorkflowInput, to: string) => {
        const known = link === null ? undefined : links.get(link)
        return known === undefined ? undefined : made(known, to)
      }
      const definition = opened.has(String(node.id)) ? this.#definitions.get(node.type) : undefined
      if (definition === undefined) {
        const inputs = node.inputs.map((input) => this.#fed(input, id, feedOf(input, id)))
        this.#add({ ...withValues(node, set), id, inputs })
      } else {
        if (holders.includes(node.type)) {
          throw new RestorationError(
            'workflow_invalid',
            `The subgraph '${definition.name}' holds itself at node ${id}.`,
            'Remove the node that is made of it from its inside.',
          )
        }
        if (holders.length >= MAX_DEPTH) {
          throw new RestorationError(
            'workflow_invalid',
            `At node ${id} subgraphs are nested deeper than ${MAX_DEPTH} levels.`,
            'Unpack some of them.',
          )
        }
        this.#count()
        this.#countParts(definition.parts)
        const promoted = promotedWidgets(node.properties)
        const fields = node.inputs.flatMap(({ name, rest }) => (rest.widget === undefined ? [] : [name]))
        const values = ownValues(node, fields)
        for (const [widget, value] of set) values.set(fieldFor(node, widget, promoted), value)
        const inside = new Map<number, Feed>()
        for (const [slot, input] of node.inputs.entries()) {
          const feed = feedOf(input, `${id}:${INPUTS}:${slot}`)
          if (feed?.kind === 'link') {
            // One link in, any number out: the reroute takes what the node is fed.
            const reroute = `${id}:${INPUTS}:${slot}`
            this.#add(virtual('Reroute', reroute, { ...input, link: feed.link }))
            inside.set(slot, { kind: 'link', link: this.#link(reroute, 0, id, input.type) })
          } else if (feed?.kind === 'value') inside.set(slot, feed)
          else if (values.has(input.name)) inside.set(slot, { kind: 'value', value: values.get(input.name) })
        }
        const outputs = this.level(
          definition.level,
          `${id}:`,
          [...holders, node.type],
          inside,
          givenBy(promoted, values),
        )
        for (const [slot, output] of node.outputs.entries()) {
          const link = outputs.get(slot)
          const input = { name: '', type: output.type, link: link?.id ?? null, rest: {} }
          this.#add(virtual('Reroute', outputId(id, slot), input))
        }
      }
    }
    const bySlot = new Map<number, WorkflowLink>()
    for (const link of leaving) {
      const feed = made(link, prefix + OUTPUTS)
      const known = feed?.kind === 'link' ? this.links[feed.link - 1] : undefined
      if (known !== undefined) bySlot.set(link.toSlot, known)
    }
    return bySlot
  }

  /** An input of a node that is fed so: a value comes from a primitive, and without anything the node's own counts. */
  #fed(input: WorkflowInput, to: string, feed: Feed): WorkflowInput {
    if (feed?.kind === 'link') return { ...input, link: feed.link }
    if (feed === undefined) return { ...input, link: null }
    const id = `${to}:${input.name}:value`
    this.#add({ ...virtual('PrimitiveNode', id), widgetsValues: [feed.value] })
    return { ...input, link: this.#link(id, 0, to, input.type) }
  }

  #opens({ type, mode }: WorkflowNode): boolean {
    return this.#definitions.has(type) && mode !== 2 && mode !== 4
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

function overgrown(most: string): RestorationError {
  return new RestorationError(
    'workflow_invalid',
    `With the inside of its subgraphs the workflow has more than ${most}.`,
    'Use fewer nodes that are made of subgraphs, or unpack them into smaller workflows.',
  )
}

function levelOf({ nodes, links }: Workflow): Level {
  return {
    nodes,
    links: new Map(links.map((link) => [link.id, link])),
    leaving: links.filter(({ to }) => String(to) === OUTPUTS),
  }
}

function partsOf({ nodes, leaving }: Level): number {
  const own = nodes.map(
    ({ inputs, properties, widgetsValues }) =>
      inputs.length + count(properties) + count(properties.params) + count(widgetsValues),
  )
  return own.reduce((sum, parts) => sum + parts, leaving.length)
}

function count(entries: unknown): number {
  return typeof entries === 'object' && entries !== null ? Object.keys(entries).length : 0
}

function readDefinitions({ rest }: Workflow): ReadonlyMap<string, Definition> {
  const { definitions } = rest
  const list =
    typeof definitions === 'object' && definitions !== null && 'subgraphs' in definitions
      ? definitions.subgraphs
      : undefined
  const read = new Map<string, Definition>()
  for (const entry of Array.isArray(list) ? list : []) {
    if (typeof entry !== 'object' || entry === null) continue
    const { id, name } = entry as { id?: unknown; name?: unknown }
    if (typeof id !== 'string' || id === '') continue
    const level = levelOf(parseWorkflow(entry))
    read.set(id, { name: typeof name === 'string' ? name : id, level, parts: partsOf(level) })
  }
  return read
}

/** What the promoted widgets of a node set inside. */
function givenBy(promoted: readonly PromotedWidget[], values: ReadonlyMap<string, unknown>): Given {
  const given = new Map<string, Map<string, unknown>>()
  for (const { node, widget, name } of promoted) {
    if (node === OWN || !values.has(name)) continue
    given.set(node, (given.get(node) ?? new Map()).set(widget, values.get(name)))
  }
  return given
}

/** The field of a node made of a subgraph that a widget outside means: an input, or a promoted widget of further inside. */
export function fieldFor(
  { inputs }: { readonly inputs: readonly { readonly name: string }[] },
  widget: string,
  promoted: readonly PromotedWidget[],
): string {
  if (inputs.some(({ name }) => name === widget)) return widget
  return promoted.find((one) => one.widget === widget)?.name ?? widget
}

function withValues(node: WorkflowNode, values: ReadonlyMap<string, unknown>): WorkflowNode {
  if (values.size === 0) return node
  if (node.type === 'PrimitiveNode') return { ...node, widgetsValues: [...values.values()].slice(0, 1) }
  const { params } = node.properties
  const named = typeof params === 'object' && params !== null ? params : {}
  return { ...node, properties: { ...node.properties, params: { ...named, ...Object.fromEntries(values) } } }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function outputId(node: string, slot: number): string {
  return `${node}:${OUTPUTS}:${slot}`
}

/** A node that is resolved away again before anything runs. */
function virtual(type: string, id: string, input?: WorkflowInput): WorkflowNode {
  return {
    id,
    type,
    pos: [0, 0],
    size: [0, 0],
    mode: ALWAYS,
    inputs: input === undefined ? [] : [input],
    outputs: [],
    properties: {},
    widgetsValues: [],
    rest: {},
  }
}
