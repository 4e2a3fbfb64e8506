/** What ComfyUI's widget beside a number may say happens to it after a run; the widget takes a place and is no input. */
const AFTERWARDS: ReadonlySet<unknown> = new Set(['fixed', 'increment', 'decrement', 'randomize', 'increment-wrap'])
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
