import { element } from '../browser/element.ts'
import { keyName } from '../browser/key-name.ts'
import type { PageActions } from '../canvas/scene.ts'
import { openPopup } from './popup.ts'

type Request = Parameters<PageActions['editText']>[0]

/** A field right over the widget. Enter, Tab or a press elsewhere keeps what was typed, Escape forgets it. */
export function editText({ place, value, multiline, label, commit, beside }: Request): void {
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
    if (keyName(event) === 'Mod s') {
      // The page saves it: what was typed, too.
      close()
      return
    }
    event.stopPropagation()
    const isTab = event.key === 'Tab' && !hasMod
    if (!isTab && (event.key !== 'Enter' || (multiline && !hasMod))) return
    // The focus goes back to a button, which the same key would press or leave.
    event.preventDefault()
    close()
    if (isTab) beside?.(event.shiftKey ? -1 : 1)
  }
  field.onkeydown = onKey
  field.onblur = ({ relatedTarget }: FocusEvent) => {
    // It still has the focus where only the window has lost it.
    if (document.activeElement === field) return
    close()
    if (relatedTarget instanceof HTMLElement) relatedTarget.focus({ preventScroll: true })
  }
  field.focus()
  field.select()
}
