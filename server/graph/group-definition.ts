import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { type Entry, entryOf, listOf } from './entry.ts'
import { type End, groupEntry, INPUTS, OUTPUTS } from './group-entry.ts'
import { MAX_SOCKETS } from './limits.ts'
import { nameUuid } from './name-uuid.ts'
import { optionalLast } from './object-info.ts'
import { isVirtual, PRIMITIVE, REROUTE } from './virtual-nodes.ts'
import { type Widget, widgetsOf } from './widget-values.ts'
import { isWidget, parseWorkflow, type WorkflowNode } from './workflow.ts'

interface Socket {
  readonly name: string
  readonly type: string
}

/** What a node shows: all that decides how a group of several looks. */
interface Shown {
  readonly slots: readonly Socket[]
  readonly widgets: readonly Widget[]
  readonly outputs: readonly Socket[]
}

/** A group of an older ComfyUI as a subgraph: its entry in `definitions.subgraphs`, and what a node made of it shows. */
export interface GroupDefinition extends Shown {
  readonly id: string
  readonly entry: Entry
}

/** What is known of a node of a group: its type, or the group that it is made of, and its entry as that of a subgraph. */
export type Resolve = (node: Entry) => {
  readonly type: NodeDescription | GroupDefinition | undefined
  readonly entry: Entry
}

/**
 * An entry of `extra.groupNodes` as a subgraph (ComfyUI: groupNode.ts). A group shows the widgets of its nodes and the
 * sockets that nothing in it feeds, node by node, widgets that had become sockets last; and the outputs that nothing in it
 * takes, or something outside too.
 * @throws RestorationError `workflow_invalid`
 */
export function groupDefinition(name: string, group: Entry, resolve: Resolve): GroupDefinition {
  return new GroupReader(name, group, resolve).read()
}

/** An input of the group, and what it feeds: inputs of its nodes by their indices. */
interface GroupInput extends Socket {
  readonly widget?: Widget
  readonly targets: readonly (readonly [node: number, input: number])[]
}

/** An output of the group: of one of its nodes, by its index. */
interface GroupOutput extends Socket {
  readonly node: number
  readonly output: number
}

interface WrittenInput extends Socket {
  readonly isWidget: boolean
  readonly rest: Entry
}

class GroupReader {
  readonly #name: string
  readonly #config: Entry
  readonly #nodes: readonly WorkflowNode[]
  readonly #entries: readonly Entry[]
  readonly #types: readonly (NodeDescription | GroupDefinition | undefined)[]
  /** The inputs of each node, with sockets that the file leaves out and widgets that get a link. */
  readonly #inputs: WrittenInput[][]
  readonly #wires: readonly End[]
  readonly #wiresFrom = new Map<number, End[]>()
  /** By `node:input`. */
  readonly #wireInto = new Map<string, End>()
  /** Outputs that something outside takes, as `node:output`, with their types. */
  readonly #external: ReadonlyMap<string, string>
  readonly #seen = new Map<string, number>()

  constructor(name: string, group: Entry, resolve: Resolve) {
    this.#name = name
    this.#config = entryOf(group.config) ?? {}
    const raw = listOf(group.nodes).map((node) => entryOf(node) ?? {})
    this.#nodes = this.#parsed(raw)
    const resolved = raw.map(resolve)
    this.#entries = resolved.map(({ entry }) => entry)
    this.#types = resolved.map(({ type }) => type)
    this.#inputs = this.#nodes.map(({ inputs }) =>
      inputs.map((input) => ({ name: input.name, type: input.type, rest: input.rest, isWidget: isWidget(input) })),
    )
    this.#external = new Map(
      listOf(group.external).flatMap((entry) => {
        const [node, output, type] = listOf(entry)
        return [[`${node}:${output}`, String(type ?? '*')] as const]
      }),
    )
    for (const wire of listOf(group.links).flatMap((link) => this.#wireOf(listOf(link)))) {
      // The last link into an input counts.
      this.#wireInto.set(`${wire.to}:${wire.input}`, wire)
    }
    this.#wires = [...this.#wireInto.values()]
    for (const wire of this.#wires) {
      const others = this.#wiresFrom.get(wire.from)
      if (others === undefined) this.#wiresFrom.set(wire.from, [wire])
      else others.push(wire)
    }
  }

  #parsed(nodes: readonly Entry[]): readonly WorkflowNode[] {
    try {
      return parseWorkflow({ nodes: nodes.map((node, id) => ({ ...node, id })), links: [] }).nodes
    } catch (error) {
      throw error instanceof RestorationError ? this.#closed(`what cannot be read: ${error.message}`) : error
    }
  }

  read(): GroupDefinition {
    const shown = this.#nodes.map((node, i) => this.#shown(node, i))
    const inputs = this.#groupInputs(shown)
    if (inputs.length > MAX_SOCKETS) throw this.#closed(`more than ${MAX_SOCKETS} fields and inputs`)
    const outputs = shown.flatMap((one, i) => this.#groupOutputs(one, i))
    const id = nameUuid(JSON.stringify([this.#name, this.#entries, this.#wires, inputs, outputs]))
    return {
      id,
      entry: groupEntry(id, this.#name, this.#ends(inputs, outputs), {
        inputs,
        outputs,
        nodes: this.#nodes.flatMap((node, i) =>
          node.type === PRIMITIVE ? [] : [{ node, entry: this.#entries[i] ?? {}, inputs: this.#inputs[i] ?? [] }],
        ),
      }),
      slots: inputs.filter(({ widget }) => widget === undefined),
      widgets: inputs.flatMap(({ name, widget }) => (widget === undefined ? [] : [{ ...widget, name }])),
      outputs,
    }
  }

  /** A link that comes from outside has no node to come from. */
  #wireOf(link: readonly unknown[]): End[] {
    const [from = -1, output = -1, to = -1, input = -1] = link.map((end) => (end === null ? -1 : Number(end)))
    const isInside = (node: number) => isIndex(node) && node < this.#nodes.length
    if (!isInside(from) || !isInside(to) || !isIndex(output) || !isIndex(input)) return []
    return [{ from, output, to, input, type: String(link[5] ?? '*') }]
  }

  /** What a node shows outside; undefined where it shows nothing. */
  #shown({ type: id, outputs }: WorkflowNode, i: number): Shown | undefined {
    const type = this.#types[i]
    const written = this.#inputs[i] ?? []
    if (type !== undefined) {
      const shown = 'slots' in type ? type : shownBy(type)
      const listed = new Set(written.map(({ name }) => name))
      for (const slot of shown.slots) if (!listed.has(slot.name)) written.push({ ...slot, isWidget: false, rest: {} })
      return shown
    }
    const wires = this.#wiresFrom.get(i) ?? []
    const outer = this.#external.get(`${i}:0`)
    if (id === PRIMITIVE) {
      const [first] = wires
      if (first === undefined) return undefined
      if (outer !== undefined) throw this.#closed('a primitive that feeds nodes outside of it')
      const kind = this.#widgetAt(first)?.kind ?? first.type
      return { slots: [], widgets: [{ name: 'value', kind }], outputs: [{ name: kind, type: kind }] }
    }
    if (id === REROUTE) {
      const feeding = this.#wireInto.get(`${i}:0`)
      if (written.length === 0) written.push({ name: '', type: '*', isWidget: false, rest: {} })
      if (feeding !== undefined && wires.length > 0 && outer === undefined) return undefined
      const taken = wires.map(({ to, input }) => this.#inputs[to]?.[input]?.type ?? '*').find((one) => one !== '*')
      const type = taken ?? feeding?.type ?? outer ?? outputs[0]?.type ?? '*'
      return { slots: [{ name: type, type }], widgets: [], outputs: [{ name: type, type }] }
    }
    // Others of the browser alone show nothing outside.
    if (isVirtual(id)) return undefined
    throw this.#closed(`'${id}', a node that this host does not have`)
  }

  #widgetAt({ to, input }: End): Widget | undefined {
    const type = this.#types[to]
    const name = this.#inputs[to]?.[input]?.name
    const shown = type === undefined ? undefined : 'slots' in type ? type : shownBy(type)
    return shown?.widgets.find((widget) => widget.name === name)
  }

  #groupInputs(shown: readonly (Shown | undefined)[]): readonly GroupInput[] {
    const inputs = new Map<string, GroupInput>()
    const later: (() => void)[] = []
    const add = (node: number, name: string, socket: Socket, widget?: Widget) => {
      const targets =
        this.#nodes[node]?.type === PRIMITIVE
          ? (this.#wiresFrom.get(node) ?? []).map(({ to, input }) => [to, input] as const)
          : [[node, this.#inputOf(node, socket, widget !== undefined)] as const]
      inputs.set(name, { name, type: socket.type, targets, ...(widget === undefined ? {} : { widget }) })
    }
    for (const [i, one] of shown.entries()) {
      if (one === undefined) continue
      const isLinked = (input: number) => this.#wireInto.has(`${i}:${input}`)
      const written = this.#inputs[i] ?? []
      const converted: [number, Widget][] = []
      for (const widget of one.widgets) {
        const at = written.findIndex(({ name, isWidget }) => isWidget && name === widget.name)
        if (at >= 0) converted.push([at, widget])
        else add(i, this.#nameOf(i, widget.name), { name: widget.name, type: widget.kind }, widget)
      }
      const slots = this.#nodes[i]?.type === REROUTE ? one.slots : written
      for (const [slot, socket] of slots.entries()) {
        if (isLinked(slot) || ('isWidget' in socket && socket.isWidget === true)) continue
        const name = this.#nameOf(i, socket.name)
        if (entryOf(this.#configOf(i, 'input')[socket.name])?.visible !== false) add(i, name, socket)
      }
      // As text, as in ComfyUI: its links go by this order.
      const inOrder = converted.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
      later.push(() => {
        for (const [at, widget] of inOrder) {
          if (isLinked(at)) continue
          add(i, this.#nameOf(i, widget.name), { name: widget.name, type: widget.kind }, widget)
        }
      })
    }
    for (const act of later) act()
    return [...inputs.values()]
  }

  #groupOutputs(shown: Shown | undefined, i: number): readonly GroupOutput[] {
    return (shown?.outputs ?? []).flatMap(({ name, type }, output) => {
      const config = entryOf(this.#configOf(i, 'output')[output]) ?? {}
      const isTaken = this.#wiresFrom.get(i)?.some((wire) => wire.output === output) === true
      const isVisible = config.visible ?? (!isTaken || this.#external.has(`${i}:${output}`))
      const title = typeof config.name === 'string' ? config.name : name
      return isVisible === true ? [{ name: title, type, node: i, output }] : []
    })
  }

  /** What a group calls an input of one of its nodes; one that comes again has the node's title before it. */
  #nameOf(i: number, input: string): string {
    const node = this.#nodes[i]
    const label = node?.inputs.find(({ name }) => name === input)?.rest.label
    const custom = entryOf(this.#configOf(i, 'input')[input])?.name
    const plain = [custom, label].find((name): name is string => typeof name === 'string') ?? input
    let [key, name] = [plain, plain]
    if (this.#seen.has(plain) || (node?.type === PRIMITIVE && node.title !== undefined)) {
      const prefix = node?.title ?? node?.type ?? ''
      key = `${prefix} ${input}`
      name = this.#seen.has(key) ? `${prefix} ${this.#seen.get(key)} ${input}` : key
    }
    this.#seen.set(key, (this.#seen.get(key) ?? 1) + 1)
    return name
  }

  #configOf(i: number, part: 'input' | 'output'): Entry {
    return entryOf(entryOf(this.#config[i])?.[part]) ?? {}
  }

  /** The index of a node's input as it is written; of a widget that is not written among them a new one. */
  #inputOf(i: number, { name, type }: Socket, isWidget: boolean): number {
    const written = this.#inputs[i] ?? []
    const isReroute = this.#nodes[i]?.type === REROUTE
    const at = written.findIndex((input) => isReroute || input.name === name)
    if (at >= 0) return at
    return written.push({ name, type, isWidget, rest: isWidget ? { widget: { name } } : {} }) - 1
  }

  /** All links of the subgraph; what primitives fed comes from its boundary. */
  #ends(inputs: readonly GroupInput[], outputs: readonly GroupOutput[]): readonly End[] {
    return [
      ...this.#wires.filter(({ from }) => this.#nodes[from]?.type !== PRIMITIVE),
      ...inputs.flatMap(({ type, targets }, output) =>
        targets.map(([to, input]): End => ({ from: INPUTS, output, to, input, type })),
      ),
      ...outputs.map(({ node, output, type }, input): End => ({ from: node, output, to: OUTPUTS, input, type })),
    ]
  }

  #closed(what: string): RestorationError {
    return new RestorationError(
      'workflow_invalid',
      `The group node '${this.#name}' holds ${what}.`,
      'Open it in ComfyUI and convert the group node to a subgraph.',
    )
  }
}

/** A type of the host as ComfyUI lists it. */
function shownBy(type: NodeDescription): Shown {
  return { slots: optionalLast(type.inputs), widgets: widgetsOf(type), outputs: type.outputs }
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}
