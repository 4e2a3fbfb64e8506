import { element } from './element.ts'

/** Puts a text on the clipboard. @returns whether the browser let us */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyMarked(text)
  }
}

/** A page that came over plain HTTP from afar has no clipboard to write to, but may copy what is marked. */
function copyMarked(text: string): boolean {
  const focused = document.activeElement
  const field = element('textarea', { readonly: true })
  field.value = text
  field.style.position = 'fixed'
  document.body.append(field)
  field.select()
  const isCopied = document.execCommand('copy')
  field.remove()
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true })
  return isCopied
}
