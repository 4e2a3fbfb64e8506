import { Blocker } from '../../nodes/sdk/blocker.ts'
import type { RunContext } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { Expansion } from '../../nodes/sdk/expansion.ts'
import type { AnyNode, NodeUi } from '../../nodes/sdk/node.ts'
import { isLink, type Link } from '../graph/prompt.ts'
import { callsOf, type InputLists, joinUi } from './map-lists.ts'

/** What one call of a node gave: its outputs by name, a graph that makes them, or a blocker in their place. */
export type Answer = (Readonly<Record<string, unknown>> & { readonly ui?: NodeUi }) | Expansion | Blocker

/** For each output slot the list of its values, and what the node shows. */
export interface Gathered {
  readonly outputs: readonly (readonly unknown[])[]
  readonly ui: NodeUi | null
}

/** Calls a node as often as its inputs' lists say; not where an input is a blocker, whose message is told once. */
export async function callNode(
  node: AnyNode,
  lists: InputLists,
  context: RunContext,
  onBlock: (message: string) => void,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  for (const values of callValues(node, lists)) {
    context.signal.throwIfAborted()
    const blocker = blockerIn(node, values)
    if (blocker === undefined) {
      refuseNothing(node, values)
      answers.push(await node.run(inputsOf(node, values), parseParameters(node, values), context))
    } else {
      if (blocker.message !== undefined) onBlock(blocker.message)
      answers.push(new Blocker())
    }
  }
  context.signal.throwIfAborted()
  return answers
}

/** Names of the lazy inputs that a node asks for, over all of its calls; those that it has are given, others are not. */
export function neededInputs(node: AnyNode, lists: InputLists, open: ReadonlySet<string>): readonly string[] {
  if (node.needed === undefined) return [...open]
  const names = new Set<string>()
  for (const values of callValues(node, lists)) {
    if (blockerIn(node, values) !== undefined) continue
    for (const name of node.needed(inputsOf(node, values), parseParameters(node, values))) names.add(name)
  }
  return [...names].filter((name) => open.has(name))
}

/** The values of a link of the expansion that the call of an index returned. */
export type Resolve = (link: Link, call: number) => readonly unknown[]

/** The answers of all calls as one list for each output. */
export function gather(node: AnyNode, answers: readonly Answer[], resolve: Resolve): Gathered {
  const outputs = Object.entries(node.outputs).map(([name, { list }]) =>
    answers.flatMap((answer, call) => valuesOf(answer, name, list === true, (link) => resolve(link, call))),
  )
  const shown = answers.map((answer) => (isPlain(answer) ? answer.ui : undefined))
  return { outputs, ui: joinUi(shown) }
}

/** The values that one answer has for an output. */
function valuesOf(
  answer: Answer,
  name: string,
  isList: boolean,
  resolve: (link: Link) => readonly unknown[],
): readonly unknown[] {
  if (answer instanceof Blocker) return [answer]
  if (answer instanceof Expansion) {
    const made = answer.outputs[name]
    const parts = isList && Array.isArray(made) && !isLink(made) ? made : [made]
    return parts.flatMap((part) => (isLink(part) ? resolve(part) : [part]))
  }
  return isList ? (answer[name] as readonly unknown[]) : [answer[name]]
}

function isPlain(answer: Answer): answer is Exclude<Answer, Expansion | Blocker> {
  return !(answer instanceof Blocker || answer instanceof Expansion)
}

/** The parameters of a node from values by name. @throws RestorationError `invalid_input` */
export function parseParameters(node: AnyNode, values: Readonly<Record<string, unknown>>): unknown {
  const own = Object.keys(node.parameters.shape).filter((name) => Object.hasOwn(values, name))
  const parsed = node.parameters.safeParse(Object.fromEntries(own.map((name) => [name, values[name]])))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const name = String(issue?.path[0] ?? '')
  throw new RestorationError(
    'invalid_input',
    `'${name}' of ${node.id} cannot be ${JSON.stringify(values[name])}: ${issue?.message}.`,
    `Give '${name}' a value that /object_info/${node.id} allows.`,
  )
}

/** Nodes that hand values on, such as a switch, may have none; what needs one says so rather than fail inside. */
function refuseNothing(node: AnyNode, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined || node.inputs[name] === undefined || node.inputs[name].optional === true) continue
    throw new RestorationError(
      'invalid_input',
      `Input '${name}' of ${node.id} is linked to an output that has no value.`,
      `Link all inputs of the node before it, or '${name}' to another one.`,
    )
  }
}

function callValues(node: AnyNode, lists: InputLists): readonly Readonly<Record<string, unknown>>[] {
  return node.listInput === true ? [wholeLists(node, lists)] : callsOf(lists)
}

/** A node that takes lists gets them whole; its parameters, and links that it asked for, are single values all the same. */
function wholeLists(node: AnyNode, lists: InputLists): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(lists).map(([name, list]) => [
      name,
      Object.hasOwn(node.inputs, name) && node.inputs[name]!.raw !== true ? list : list[0],
    ]),
  )
}

function blockerIn(node: AnyNode, values: Readonly<Record<string, unknown>>): Blocker | undefined {
  for (const value of Object.values(values)) {
    if (value instanceof Blocker) return value
    if (node.listInput !== true || !Array.isArray(value)) continue
    const inside = value.find((part) => part instanceof Blocker)
    if (inside !== undefined) return inside
  }
  return undefined
}

function inputsOf(node: AnyNode, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const own = Object.keys(node.inputs).filter((name) => Object.hasOwn(values, name))
  return Object.fromEntries(own.map((name) => [name, values[name]]))
}
