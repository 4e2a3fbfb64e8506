import { element } from '../browser/element.ts'
import { openPopup } from './popup.ts'

/** Shows a text that the person copies, all of it marked, below the words that say so. */
export function openCopyField(words: string, text: string): void {
  const field = element('textarea', {
    class: 'text-editor',
    testid: 'copy-field',
    'aria-label': words,
    readonly: true,
    rows: '6',
  })
  field.value = text
  const card = element('div', { class: 'menu copy' }, element('p', {}, words), field)
  openPopup(card, { x: innerWidth / 2 - 210, y: innerHeight / 4 })
  field.focus()
  field.select()
}
