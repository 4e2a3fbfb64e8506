import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { entryOf } from './entry.ts'
import { isOptional, optionalLast } from './object-info.ts'
import type { WorkflowNode } from './workflow.ts'

/** What ComfyUI's widget beside a number or a choice may say happens to it after a run. */
const AFTERWARDS: ReadonlySet<unknown> = new Set(['fixed', 'increment', 'decrement', 'randomize', 'increment-wrap'])
/** Their values are no words: what else stands in their place is not theirs. */
const WORDLESS: ReadonlySet<string | undefined> = new Set(['INT', 'FLOAT', 'BOOLEAN'])

/** A widget of ComfyUI's: the name of its input, and the type of its values. */
export interface Widget {
  readonly name: string
  readonly kind: string
  /** A button for uploads follows. */
  readonly hasButton?: boolean
}

/** The widgets of a type in ComfyUI's order. */
export function widgetsOf({ parameters }: Pick<NodeDescription, 'parameters'>): readonly Widget[] {
  const isUpload = parameters.some((one) => one.kind === 'COMBO' && one.optionsFrom === 'input_images')
  // The button counts as the last of the widgets that a node must have.
  const last = isUpload ? parameters.findLast((one) => !isOptional(one)) : undefined
  return optionalLast(parameters).map(({ name, kind }) => ({
    name,
    kind,
    ...(name === last?.name && { hasButton: true }),
  }))
}

/**
 * The values that are of these widgets, as far as there are any, of all that stand in `widgets_values`. Behind a number or a
 * choice most files have what happens to it after a run, and behind that of a choice a filter; behind a picture the word of
 * its button. Others leave these out: they are told by their words.
 */
export function valuesOfWidgets(widgets: readonly Widget[], values: readonly unknown[]): unknown[] {
  const own: unknown[] = []
  let at = 0
  for (const [i, { kind, hasButton }] of widgets.entries()) {
    if (at >= values.length) break
    own.push(values[at++])
    // The next widget's own value may be one of the words; then there are no more values than widgets.
    const pass = (isWord: boolean) => {
      const isSpare = WORDLESS.has(widgets[i + 1]?.kind) || values.length - at > widgets.length - i - 1
      if (isWord && isSpare) at++
      return isWord && isSpare
    }
    const isRepeated = kind !== 'STRING' && kind !== 'BOOLEAN'
    if (isRepeated && pass(AFTERWARDS.has(values[at])) && kind === 'COMBO') pass(values[at] === '')
    if (hasButton === true) pass(values[at] === 'image')
  }
  return own
}

/** Positional widget values by name. */
export function valuesInOrder(widgets: readonly Widget[], values: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(valuesOfWidgets(widgets, values).map((value, i) => [widgets[i]!.name, value]))
}

/** A node's parameters by name: `properties.params` first, then named, then positional widget values. */
export function parameterValues(
  node: Pick<WorkflowNode, 'properties' | 'widgetsValues'>,
  description: NodeDescription | undefined,
): Record<string, unknown> {
  const byName = entryOf(node.properties.params) ?? {}
  if (!Array.isArray(node.widgetsValues)) return { ...node.widgetsValues, ...byName }
  const widgets = description === undefined ? [] : widgetsOf(description)
  return { ...valuesInOrder(widgets, node.widgetsValues), ...byName }
}

/** The one value of a node that has one, such as a primitive. */
export function firstValue({ widgetsValues }: Pick<WorkflowNode, 'widgetsValues'>): unknown {
  return Array.isArray(widgetsValues) ? widgetsValues[0] : Object.values(widgetsValues)[0]
}
