import { RestorationError } from '../../nodes/sdk/error.ts'
import { valuesInOrder } from './widget-values.ts'
import { parseWorkflow, type Workflow, type WorkflowInput, type WorkflowLink, type WorkflowNode } from './workflow.ts'

/** What a subgraph may grow to; two that each hold two of the next would double with every level. */
const MAX_NODES = 20_000
const MAX_DEPTH = 64
const ALWAYS = 0
/** ComfyUI's ids of a subgraph's boundary. */
const INPUTS = '-10'
const OUTPUTS = '-20'

interface Definition {
  readonly name: string
  readonly workflow: Workflow
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
  expansion.level(workflow, '', [])
  return { ...workflow, nodes: expansion.nodes, links: expansion.links }
}

/** Where an input of a level's node is fed from: a link that is made already, a value, or nothing. */
type Feed =
  | { readonly kind: 'link'; readonly link: number }
  | { readonly kind: 'value'; readonly value: unknown }
  | undefined

class Expansion {
  readonly nodes: WorkflowNode[] = []
  readonly links: WorkflowLink[] = []
  readonly #definitions: ReadonlyMap<string, Definition>
  #counted = 0

  constructor(definitions: ReadonlyMap<string, Definition>) {
    this.#definitions = definitions
  }

  /**
   * Adds the nodes of a level. @param feeds what comes in through its boundary, by slot
   * @returns for each output of the level the link that leaves it
   */
  level(
    { nodes, links }: Workflow,
    prefix: string,
    holders: readonly string[],
    feeds: ReadonlyMap<number, Feed> = new Map(),
  ): ReadonlyMap<number, WorkflowLink> {
    const byId = new Map(links.map((link) => [link.id, link]))
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
      const feedOf = ({ link }: WorkflowInput, to: string) => {
        const known = link === null ? undefined : byId.get(link)
        return known === undefined ? undefined : made(known, to)
      }
      const definition = opened.has(String(node.id)) ? this.#definitions.get(node.type) : undefined
      if (definition === undefined) {
        this.#add({ ...node, id, inputs: node.inputs.map((input) => this.#fed(input, id, feedOf(input, id))) })
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
        const values = valuesOf(node)
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
        const outputs = this.level(withShown(definition.workflow, node), `${id}:`, [...holders, node.type], inside)
        for (const [slot, output] of node.outputs.entries()) {
          const link = outputs.get(slot)
          const input = { name: '', type: output.type, link: link?.id ?? null, rest: {} }
          this.#add(virtual('Reroute', outputId(id, slot), input))
        }
      }
    }
    const leaving = new Map<number, WorkflowLink>()
    for (const link of links) {
      if (String(link.to) !== OUTPUTS) continue
      const feed = made(link, prefix + OUTPUTS)
      const known = feed?.kind === 'link' ? this.links[feed.link - 1] : undefined
      if (known !== undefined) leaving.set(link.toSlot, known)
    }
    return leaving
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
    if (this.#counted > MAX_NODES) {
      throw new RestorationError(
        'workflow_invalid',
        `With the inside of its subgraphs the workflow has more than ${MAX_NODES} nodes.`,
        'Use fewer nodes that are made of subgraphs, or unpack them into smaller workflows.',
      )
    }
  }
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
    read.set(id, { name: typeof name === 'string' ? name : id, workflow: parseWorkflow(entry) })
  }
  return read
}

/** The values that a node made of a subgraph has: by name, or by the order of its inputs that are widgets. */
function valuesOf(node: WorkflowNode): ReadonlyMap<string, unknown> {
  const { inputs, properties, widgetsValues } = node
  const shown = shownWidgets(node)
  const values = new Map<string, unknown>()
  if (shown !== undefined) {
    for (const [i, { node: inner, name }] of shown.entries()) {
      if (inner === OWN) values.set(name, (widgetsValues as readonly unknown[])[i])
    }
  } else if (Array.isArray(widgetsValues)) {
    const widgets = inputs.filter(({ rest }) => rest.widget !== undefined)
    for (const [name, value] of Object.entries(valuesInOrder(widgets, widgetsValues))) values.set(name, value)
  } else for (const [name, value] of Object.entries(widgetsValues)) values.set(name, value)
  const { params } = properties
  if (typeof params === 'object' && params !== null) {
    for (const [name, value] of Object.entries(params)) values.set(name, value)
  }
  return values
}

/** What ComfyUI's `proxyWidgets` calls the node itself; other widgets are those of a node inside. */
const OWN = '-1'

/** The widgets that a node made of a subgraph shows, where each has one of its values. */
function shownWidgets({ properties, widgetsValues }: WorkflowNode): { node: string; name: string }[] | undefined {
  const { proxyWidgets } = properties
  if (!Array.isArray(proxyWidgets) || !Array.isArray(widgetsValues) || proxyWidgets.length !== widgetsValues.length)
    return undefined
  return proxyWidgets.map((entry) => {
    const [node, name] = Array.isArray(entry) ? entry : []
    return { node: String(node), name: String(name) }
  })
}

/** The level with what the node around it shows of its nodes' widgets put into them. */
function withShown(level: Workflow, outer: WorkflowNode): Workflow {
  const shown = shownWidgets(outer)?.map((widget, i) => ({
    ...widget,
    value: (outer.widgetsValues as readonly unknown[])[i],
  }))
  if (shown === undefined || shown.every(({ node }) => node === OWN)) return level
  const nodes = level.nodes.map((node) => {
    const own = shown
      .filter((widget) => widget.node === String(node.id))
      .map(({ name, value }) => [name, value] as const)
    if (own.length === 0) return node
    const { params } = node.properties
    return { ...node, properties: { ...node.properties, params: { ...Object(params), ...Object.fromEntries(own) } } }
  })
  return { ...level, nodes }
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
