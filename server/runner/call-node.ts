import type { RunContext } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { AnyNode, NodeUi } from '../../nodes/sdk/node.ts'
import type { PlannedNode } from '../graph/plan.ts'
import type { NodeResult } from './cache.ts'
import { callsOf, type InputLists, joinUi } from './map-lists.ts'

/** Calls a node as often as its inputs' lists say and gathers the values of each output slot. */
export async function callNode(
  node: AnyNode,
  planned: PlannedNode,
  lists: InputLists,
  context: RunContext,
): Promise<NodeResult> {
  const slots = Object.entries(node.outputs)
  const outputs: unknown[][] = slots.map(() => [])
  const shown: (NodeUi | undefined)[] = []
  for (const values of node.listInput === true ? [wholeLists(node, lists)] : callsOf(lists)) {
    context.signal.throwIfAborted()
    const result = await node.run(inputsOf(node, values), parseParameters(node, values), context)
    slots.forEach(([name, { list }], i) => {
      if (list === true) outputs[i]!.push(...result[name])
      else outputs[i]!.push(result[name])
    })
    shown.push(result.ui)
  }
  context.signal.throwIfAborted()
  if (planned.description.outputs.length !== outputs.length) throw new Error(`${node.id} is not what was planned`)
  return { outputs, ui: joinUi(shown) }
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

/** A node that takes lists gets them whole; its parameters are single values all the same. */
function wholeLists(node: AnyNode, lists: InputLists): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(lists).map(([name, list]) => [name, Object.hasOwn(node.inputs, name) ? list : list[0]]),
  )
}

function inputsOf(node: AnyNode, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const own = Object.keys(node.inputs).filter((name) => Object.hasOwn(values, name))
  return Object.fromEntries(own.map((name) => [name, values[name]]))
}
