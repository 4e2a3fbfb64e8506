import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Catalogue } from './catalogue.ts'
import { type Entry, entryOf, listOf } from './entry.ts'
import { type GroupDefinition, groupDefinition } from './group-definition.ts'
import { MAX_NESTING } from './limits.ts'
import { valuesOfWidgets } from './widget-values.ts'

/** The type of a node of an older ComfyUI that stands for several; `/` before its frontend 1.2.63. */
const GROUP = /^workflow[>/](.*)$/s
const CONVERT = 'Open it in ComfyUI and convert the group node to a subgraph.'

/** The name of a group node's group; undefined for every other type. */
export function groupName(type: unknown): string | undefined {
  return typeof type === 'string' ? GROUP.exec(type)?.[1] : undefined
}

/** A file in which groups have become subgraphs. */
export interface OpenedGroups {
  readonly json: unknown
  /** By name. */
  readonly opened: readonly string[]
  /** Those that could not, with the reason. */
  readonly closed: ReadonlyMap<string, RestorationError>
}

/**
 * Makes subgraphs of the group nodes that ComfyUI had before them (`extra.groupNodes`), as it does itself on opening; a file
 * without any is returned as it is.
 * @param json a file that was parsed, so that nothing in it is hostile
 */
export function openGroupNodes(json: unknown, catalogue: Catalogue): OpenedGroups {
  const file = entryOf(json) ?? {}
  const groups = new Groups(entryOf(entryOf(file.extra)?.groupNodes) ?? {}, catalogue)
  const nodes = groups.inPlaceOf(file.nodes)
  const definitions = entryOf(file.definitions)
  const subgraphs = listOf(definitions?.subgraphs).map((entry) => {
    const inside = entryOf(entry)
    return inside === undefined ? entry : { ...inside, nodes: groups.inPlaceOf(inside.nodes) }
  })
  const { opened, closed } = groups
  if (opened.size === 0) return { json, opened: [], closed }
  const { groupNodes: _, ...extra } = entryOf(file.extra) ?? {}
  return {
    json: {
      ...file,
      nodes,
      definitions: { ...definitions, subgraphs: [...subgraphs, ...Array.from(opened.values(), ({ entry }) => entry)] },
      extra: Object.keys(groups.left).length === 0 ? extra : { ...extra, groupNodes: groups.left },
    },
    opened: [...opened.keys()],
    closed,
  }
}

/** Why a group node cannot run. */
export function closedGroup(name: string, extra: unknown, catalogue: Catalogue): RestorationError {
  const groups = new Groups(entryOf(entryOf(extra)?.groupNodes) ?? {}, catalogue)
  groups.inPlaceOf([{ type: `workflow>${name}` }])
  return groups.closed.get(name) ?? unknownGroup(name)
}

/** A group that could be read, and those that its nodes are made of. */
interface ReadGroup {
  readonly name: string
  readonly definition: GroupDefinition
  readonly held: ReadonlySet<ReadGroup>
}

class Groups {
  /** Those that a node of the file is made of, or a group that is opened: not what a closed one holds. */
  readonly opened = new Map<string, GroupDefinition>()
  readonly closed = new Map<string, RestorationError>()
  readonly #read = new Map<string, ReadGroup>()
  readonly #entries: Entry
  readonly #catalogue: Catalogue
  /** Those that are being read: one may hold itself. */
  readonly #holders = new Set<string>()

  constructor(entries: Entry, catalogue: Catalogue) {
    this.#entries = entries
    this.#catalogue = catalogue
  }

  /** The entries of groups that nobody uses; of all of them where some could not be opened, which may hold others. */
  get left(): Entry {
    if (this.closed.size > 0) return this.#entries
    return Object.fromEntries(Object.entries(this.#entries).filter(([name]) => !this.opened.has(name)))
  }

  /** The nodes of a list, with those made of subgraphs in the place of group nodes. */
  inPlaceOf(nodes: unknown): unknown {
    if (!Array.isArray(nodes)) return nodes
    return nodes.map((node: unknown) => {
      const entry = entryOf(node)
      const name = groupName(entry?.type)
      if (entry === undefined || name === undefined) return node
      const group = this.#tried(name)
      return group === undefined ? node : instanceOf(entry, group)
    })
  }

  #tried(name: string): GroupDefinition | undefined {
    if (this.closed.has(name)) return undefined
    try {
      const group = this.#group(name)
      this.#open(group)
      return group.definition
    } catch (error) {
      if (!(error instanceof RestorationError)) throw error
      this.closed.set(name, error)
      return undefined
    }
  }

  #open({ name, definition, held }: ReadGroup): void {
    if (this.opened.has(name)) return
    for (const inner of held) this.#open(inner)
    this.opened.set(name, definition)
  }

  #group(name: string): ReadGroup {
    const known = this.#read.get(name)
    if (known !== undefined) return known
    const entry = Object.hasOwn(this.#entries, name) ? entryOf(this.#entries[name]) : undefined
    if (entry === undefined) throw unknownGroup(name)
    if (this.#holders.has(name)) throw closed(`The group node '${name}' holds itself.`)
    if (this.#holders.size > MAX_NESTING) throw closed(`Group nodes are nested deeper than ${MAX_NESTING} levels.`)
    this.#holders.add(name)
    try {
      const held = new Set<ReadGroup>()
      const definition = groupDefinition(name, entry, (node) => {
        const inner = groupName(node.type)
        if (inner === undefined) return { type: this.#catalogue.get(String(node.type)), entry: node }
        const group = this.#group(inner)
        held.add(group)
        return { type: group.definition, entry: instanceOf(node, group.definition) }
      })
      const group = { name, definition, held }
      this.#read.set(name, group)
      return group
    } finally {
      this.#holders.delete(name)
    }
  }
}

/** A group node as one that is made of a subgraph, with its own values. */
function instanceOf(node: Entry, { id, widgets }: GroupDefinition): Entry {
  return { ...node, type: id, widgets_values: valuesOfWidgets(widgets, listOf(node.widgets_values)) }
}

function unknownGroup(name: string): RestorationError {
  return closed(`The file does not say what the group node '${name}' holds.`)
}

function closed(message: string): RestorationError {
  return new RestorationError('workflow_invalid', message, CONVERT)
}
