import type { PageActions } from '../canvas/scene.ts'
import { element } from './element.ts'
import { openPopup } from './popup.ts'

type Request = Parameters<PageActions['editText']>[0]

/** A field right over the widget. Enter or a press elsewhere keeps what was typed, Escape forgets it. */
export function editText({ place, value, multiline, label, commit }: Request): void {
  const attributes = { class: 'text-editor', 'aria-label': label, testid: 'text-editor' }
  const field: HTMLInputElement | HTMLTextAreaElement = multiline
    ? element('textarea', { ...attributes, rows: '5' })
    : element('input', { ...attributes, type: 'text' })
  field.value = value
  field.spellcheck = false
  if (multiline) field.style.height = `${Math.min(innerHeight / 2, Math.max(place.height, 100))}px`
  field.style.width = `${Math.max(place.width, multiline ? 280 : 140)}px`
  const close = openPopup(field, { x: place.x, y: place.y }, (isCancelled) => {
    if (!isCancelled && field.value !== value) commit(field.value)
  })
  const onKey = (event: KeyboardEvent) => {
    const hasMod = event.ctrlKey || event.metaKey
    if (hasMod && event.key.toLowerCase() === 's') {
      // The page saves it: what was typed, too.
      close()
      return
    }
    event.stopPropagation()
    if (event.key !== 'Enter' || (multiline && !hasMod)) return
    // The focus goes back to a button, which the same key would press.
    event.preventDefault()
    close()
  }
  field.onkeydown = onKey
  field.focus()
  field.select()
}
