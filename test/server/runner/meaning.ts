import { isLink, type Link, type Prompt } from '../../../server/graph/prompt.ts'

/** A value that stops what would use it; a message is said by the first node that it stops. */
interface Blocked {
  readonly message: string
}
type Value = number | Blocked
type Lists = Readonly<Record<string, readonly Value[]>>

/** What a graph means: see `meaning`. */
export interface Meaning {
  /** What each Show of the graph shows, where nothing that it needs fails. */
  readonly shown: Readonly<Record<string, readonly string[]>>
  /** What Shows inside of expansions show. */
  readonly inner: ReadonlySet<string>
  /** Messages of blockers, each behind the class that says it. */
  readonly told: ReadonlySet<string>
  /** Nodes that fail. */
  readonly failing: ReadonlySet<string>
  /** Nodes that have to run. */
  readonly demanded: ReadonlySet<string>
}

const SILENT: Blocked = { message: '' }

/** Something that the node needs, or the node itself, fails. */
class Failure extends Error {}

/**
 * The meaning of a graph of the nodes in runs.ts and special-nodes.ts, without cache, plan, sharing or time: each link is
 * followed by recursion, every list is mapped by its definition in ComfyUI (execution.py, _map_node_over_list).
 */
export function meaning(prompt: Prompt): Meaning {
  const inner = new Set<string>()
  const told = new Set<string>()
  const failing = new Set<string>()
  const demanded = new Set<string>()

  const listOf = (value: unknown): readonly Value[] => (isLink(value) ? outputsOf(value) : [value as number])
  const outputsOf = ([id, slot]: Link): readonly Value[] => node(id)[slot]!
  /** The inputs of those names; all of them are demanded, even when one of them fails. */
  const listsOf = (inputs: Readonly<Record<string, unknown>>, names: readonly string[]): Lists => {
    const lists: Record<string, readonly Value[]> = {}
    let failure: Failure | undefined
    for (const name of names) {
      if (!(name in inputs)) continue
      try {
        lists[name] = listOf(inputs[name])
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        failure = error
      }
    }
    if (failure !== undefined) throw failure
    return lists
  }

  const node = (id: string): Value[][] => {
    const { class_type: type, inputs } = prompt[id]!
    demanded.add(id)
    const lists = (...names: string[]) => listsOf(inputs, names)
    const fail = (): never => {
      failing.add(id)
      throw new Failure(id)
    }
    const inRange = (value: number, most: number) => (value >= 0 && value <= most ? value : fail())
    const map = (all: Lists, call: (values: Record<string, number>) => readonly Value[]) =>
      mapLists(all, call, (message) => told.add(`${type}: ${message}`))
    switch (type) {
      case 'Number':
        return [map(lists('value'), ({ value }) => [inRange(value!, 100)])]
      case 'Upto':
        return [map(lists('count'), ({ count }) => Array.from({ length: count! }, (_, i) => i))]
      case 'Add':
        return [map(lists('a', 'b'), ({ a, b = 1 }) => [a! + b])]
      case 'Later':
      case 'Show':
        return [map(lists('value'), ({ value }) => [value!])]
      case 'Fragile':
        return [map(lists('value'), ({ value }) => [value! % 3 === 2 ? fail() : value!])]
      case 'Gather': {
        const { all, factor } = lists('all', 'factor') as { all: readonly Value[]; factor: readonly Value[] }
        const blocked = [...all, ...factor.slice(0, 1)].find((value) => typeof value !== 'number')
        if (blocked !== undefined) {
          if (blocked.message !== '') told.add(`${type}: ${blocked.message}`)
          return [[SILENT]]
        }
        const times = inRange((factor as readonly number[])[0] ?? 1, 10)
        return [[times * (all as readonly number[]).reduce((sum, value) => sum + value, 0)]]
      }
      case 'Pick': {
        const which = listOf(inputs.which)
        const wanted = which.flatMap((value) => (typeof value === 'number' ? [value % 2 === 0 ? 'even' : 'odd'] : []))
        const constants = ['even', 'odd'].filter((name) => name in inputs && !isLink(inputs[name]))
        const rest = lists(...new Set([...wanted, ...constants]))
        return [map({ which, ...rest }, ({ which, even, odd = -1 }) => [which! % 2 === 0 ? even! : odd])]
      }
      case 'Gate': {
        const message = String(inputs.message ?? '')
        return [map(lists('value'), ({ value }) => [value! % 2 === 0 ? value! : { message }])]
      }
      case 'Sieve':
        return [map(lists('value'), ({ value }) => [value!, value! % 2 === 0 ? value! + 1 : SILENT])]
      case 'Chain': {
        const { length, value } = lists('length', 'value') as { length: readonly number[]; value: readonly Value[] }
        const all = map({ length, value }, ({ length, value }) => {
          inRange(value!, 100)
          if (inputs.show === true) inner.add(String(value! + length!))
          return [value! + length!]
        })
        return [
          all,
          map({ length, value }, ({ length, value }) => Array.from({ length: length! + 1 }, (_, i) => value! + i)),
          map({ length, value }, ({ length }) => [length!]),
        ]
      }
      case 'Nest':
        return [
          map(lists('value', 'depth'), ({ value, depth }) => {
            if (depth! > 0) {
              inRange(value!, 100)
              inner.add(String(value! + 1))
            }
            return [value! + 1]
          }),
        ]
      default:
        throw new Error(type)
    }
  }

  const shown: Record<string, string[]> = {}
  for (const [id, { class_type: type }] of Object.entries(prompt)) {
    if (type !== 'Show') continue
    try {
      shown[id] = node(id)[0]!
        .filter((value) => typeof value === 'number')
        .map(String)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
    }
  }
  return { shown, inner, told, failing, demanded }
}

/** One call for each index of the longest list, shorter ones repeat their last; a blocked call gives a silent blocker. */
function mapLists(
  lists: Lists,
  call: (values: Record<string, number>) => readonly Value[],
  tell: (message: string) => void,
): Value[] {
  const names = Object.keys(lists)
  if (names.some((name) => lists[name]!.length === 0)) return []
  const count = Math.max(1, ...names.map((name) => lists[name]!.length))
  return Array.from({ length: count }, (_, i): readonly Value[] => {
    const values = names.map((name) => [name, lists[name]![Math.min(i, lists[name]!.length - 1)]!] as const)
    for (const [, value] of values) {
      if (typeof value === 'number') continue
      if (value.message !== '') tell(value.message)
      return [SILENT]
    }
    return call(Object.fromEntries(values) as Record<string, number>)
  }).flat()
}

/**
 * A name for each node that two nodes share if and only if they are equal: of one class, with equal constants and with
 * links to equal nodes.
 * @param names those given so far, so that nodes of several graphs can be compared
 */
export function namesOf(prompt: Prompt, names: Map<string, string>): ReadonlyMap<string, string> {
  const known = new Map<string, string>()
  const nameOf = (id: string): string => {
    const before = known.get(id)
    if (before !== undefined) return before
    const { class_type: type, inputs } = prompt[id]!
    const parts = Object.entries(inputs)
      .map(([name, value]) => [name, isLink(value) ? ['link', nameOf(value[0]), value[1]] : value])
      .sort()
    const key = JSON.stringify([type, parts])
    if (!names.has(key)) names.set(key, `${type} ${names.size}`)
    known.set(id, names.get(key)!)
    return names.get(key)!
  }
  for (const id of Object.keys(prompt)) nameOf(id)
  return known
}
