import { isField } from '../browser/element.ts'
import { keyName } from '../browser/key-name.ts'
import type { Editor } from '../editor.ts'
import type { LateViewer } from '../panels/late-viewer.ts'
import { isElsewhere, listenToClipboard } from './clipboard-events.ts'
import { ALWAYS, graphKeys, type KeyActions, OF_FOCUS, pageKeys, REPEATED } from './keys.ts'

/** Keys and the clipboard, wherever the focus is, except in a field. */
export function listenToKeys(
  editor: Editor,
  viewer: Pick<LateViewer, 'isOpen' | 'close' | 'shrink'>,
  canvas: HTMLElement,
  actions: KeyActions,
): void {
  const { commands, view } = editor
  const { isForm } = actions
  const ofPage = pageKeys(editor, actions)
  const ofGraph = graphKeys(editor, canvas, actions, listenToClipboard(editor, canvas, isForm))

  addEventListener('keydown', (event) => {
    // Whoever had the focus took the key.
    if (event.defaultPrevented) return
    const { target } = event
    if (event.key === 'Escape') {
      if (document.querySelector('dialog[open]') !== null) return
      if (view.abandon()) return event.preventDefault()
      // Beside the form it stays where it is.
      if (isForm() && viewer.shrink()) return event.preventDefault()
      if (!isForm() && viewer.isOpen) return done(event, () => viewer.close())
      if (editor.canCancel) return done(event, () => editor.cancel())
      return done(event, () => commands.leaveSubgraph())
    }
    const name = keyName(event)
    const act = ofPage[name] ?? (isForm() ? undefined : ofGraph[name])
    const isTaken = isField(target) || document.querySelector('.popup') !== null
    if (act === undefined || (isTaken && !ALWAYS.has(name))) return
    // Else the browser would save the page.
    if (document.querySelector('dialog[open], [aria-modal="true"]') !== null && name !== 'Mod s') return
    if (OF_FOCUS.test(name) && isElsewhere(canvas)) return
    if (isField(target)) handIn(target)
    done(event, () => (event.repeat && !REPEATED.test(name) ? undefined : act(event)))
  })
}

/** A field of the form says what it holds when it is left. */
function handIn(field: HTMLElement): void {
  field.blur()
  field.focus({ preventScroll: true })
}

function done(event: KeyboardEvent, act: () => void): void {
  event.preventDefault()
  act()
}
