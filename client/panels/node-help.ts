import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { element } from '../browser/element.ts'
import { type NodePart, wordsOfPart } from '../document/part-words.ts'
import { openDialog } from './dialog.ts'

/** A sheet with all that the definition of a node says of it. */
export function openNodeHelp(type: NodeDescription): void {
  const sections: readonly (readonly [title: string, parts: readonly NodePart[]])[] = [
    ['Settings', type.parameters.map(({ name }) => ({ kind: 'field', name }))],
    ['Takes', type.inputs.map(({ name }) => ({ kind: 'input', name }))],
    ['Gives', type.outputs.map((_, index) => ({ kind: 'output', index }))],
  ]
  openDialog(
    type.title,
    'node-help',
    ...(type.summary === '' ? [] : [element('p', {}, type.summary)]),
    ...sections.flatMap(([title, parts]) => (parts.length === 0 ? [] : [section(type, title, parts)])),
  )
}

function section(type: NodeDescription, title: string, parts: readonly NodePart[]): HTMLElement {
  const lines = parts.flatMap((part) => {
    const words = wordsOfPart(type, part)
    return words === undefined ? [] : [element('dt', {}, words.heading), element('dd', {}, words.text)]
  })
  return element('section', { class: 'help-section' }, element('h3', {}, title), element('dl', {}, ...lines))
}
