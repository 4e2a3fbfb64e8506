import { element } from '../browser/element.ts'
import { STRINGS } from '../strings.ts'

/** When a node of a run worked, in milliseconds from the start of the run. */
export interface NodeSpan {
  readonly id: string
  readonly title: string
  /** Undefined where only the length is known. */
  readonly start: number | undefined
  readonly length: number
  readonly isRunning: boolean
}

/** A run as a chart: a line for each node, from when to when it worked; where starts are unknown, one after the other. */
export function timeline(spans: readonly NodeSpan[]): HTMLElement {
  let last = 0
  const placed = spans.map((span) => {
    const start = span.start ?? last
    last = start + span.length
    return { ...span, start }
  })
  const end = Math.max(1, ...placed.map(({ start, length }) => start + length))
  return element(
    'ol',
    { class: 'timeline', testid: 'timeline', 'aria-label': STRINGS.runs.timeline },
    ...placed.map(({ title, start, length, isRunning }) => {
      const bar = element('span', { class: 'timeline-bar', 'data-running': isRunning })
      bar.style.left = `${(start / end) * 100}%`
      bar.style.width = `${Math.max(0.6, (length / end) * 100)}%`
      return element(
        'li',
        { class: 'timeline-line', testid: 'timeline-line' },
        element('span', { class: 'timeline-title' }, title),
        element('span', { class: 'timeline-time' }, STRINGS.seconds(length)),
        element('span', { class: 'timeline-track' }, bar),
      )
    }),
  )
}
