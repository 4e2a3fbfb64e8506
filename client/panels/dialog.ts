import { element } from '../browser/element.ts'
import { STRINGS } from '../strings.ts'

/** A sheet over the page; its button, a press beside it or Escape closes it. */
export function openDialog(title: string, testid: string, ...content: readonly HTMLElement[]): void {
  const close = element('button', { type: 'button', class: 'button', testid: `${testid}-close` }, STRINGS.close)
  const dialog = element(
    'dialog',
    { class: `sheet ${testid}`, testid: `${testid}-sheet`, 'aria-label': title },
    element('header', { class: 'sheet-head' }, element('h2', {}, title), close),
    ...content,
  )
  close.addEventListener('click', () => dialog.close())
  dialog.addEventListener('close', () => dialog.remove())
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close()
  })
  document.body.append(dialog)
  dialog.showModal()
}
