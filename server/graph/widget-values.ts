import type { NodeDescription } from '../../nodes/sdk/description.ts'
import type { WorkflowNode } from './workflow.ts'

/** What ComfyUI's widget beside a number may say happens to it after a run; the widget takes a place and is no input. */
export const AFTERWARDS: ReadonlySet<unknown> = new Set([
  'fixed',
  'increment',
  'decrement',
  'randomize',
  'increment-wrap',
])
const MAY_BE_WORDS: ReadonlySet<string | undefined> = new Set(['COMBO', 'STRING'])

/** A widget of ComfyUI's: the name of its input, and its kind where that is known. */
export interface Widget {
  readonly name: string
  readonly kind?: string
}

/**
 * Positional widget values by name. The widget that says what happens to a number after a run stands behind it in most
 * files, and is left out in others; it is told by its words.
 */
export function valuesInOrder(widgets: readonly Widget[], values: readonly unknown[]): Record<string, unknown> {
  const named: Record<string, unknown> = {}
  let position = 0
  for (const [i, { name, kind }] of widgets.entries()) {
    if (position >= values.length) break
    named[name] = values[position++]
    if (kind === 'STRING' || kind === 'BOOLEAN' || !AFTERWARDS.has(values[position])) continue
    // The next widget's own value may be one of the words; then there are as many values as widgets.
    const mayBeNext = MAY_BE_WORDS.has(widgets[i + 1]?.kind) && values.length - position <= widgets.length - i - 1
    if (!mayBeNext) position++
  }
  return named
}

/** A node's parameters by name: `properties.params` first, then named, then positional widget values. */
export function parameterValues(
  node: Pick<WorkflowNode, 'properties' | 'widgetsValues'>,
  description: NodeDescription | undefined,
): Record<string, unknown> {
  const named = node.properties.params
  const byName = typeof named === 'object' && named !== null ? (named as Record<string, unknown>) : {}
  if (!Array.isArray(node.widgetsValues)) return { ...node.widgetsValues, ...byName }
  const parameters = description?.parameters ?? []
  // ComfyUI's order: what may be left out comes last.
  const order = [...parameters.filter(({ optional }) => optional !== true), ...parameters.filter((one) => one.optional)]
  return { ...valuesInOrder(order, node.widgetsValues), ...byName }
}

/** The one value of a node that has one, such as a primitive. */
export function firstValue({ widgetsValues }: Pick<WorkflowNode, 'widgetsValues'>): unknown {
  return Array.isArray(widgetsValues) ? widgetsValues[0] : Object.values(widgetsValues)[0]
}
