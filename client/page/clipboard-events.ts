import { keyName } from '../browser/key-name.ts'
import type { Editor } from '../editor.ts'

/**
 * Copying, cutting and pasting of nodes, and pasting of pictures, as browsers tell of them.
 * @returns what cuts the selected nodes where the browser tells of no cutting
 */
export function listenToClipboard(editor: Editor, canvas: HTMLElement, isForm: () => boolean): () => void {
  const { commands, view } = editor
  /** Whether the last paste key asked to keep links. */
  let keepsLinks = false
  addEventListener(
    'keydown',
    (event) => {
      if (/^Mod (Shift )?v$/.test(keyName(event))) keepsLinks = event.shiftKey
    },
    { capture: true },
  )
  let hasCopied = false
  const copy = (event: ClipboardEvent) => {
    const text = isForm() || isElsewhere(canvas) ? undefined : editor.clipboard.copied()
    hasCopied = text !== undefined
    if (text === undefined) return
    event.clipboardData?.setData('text/plain', text)
    event.preventDefault()
  }
  addEventListener('copy', copy)
  addEventListener('cut', (event) => {
    copy(event)
    if (hasCopied) commands.remove()
  })
  // WebKit asks first whether there is anything to copy but text that is marked, or anywhere to paste but a field.
  for (const type of ['beforecopy', 'beforecut', 'beforepaste']) {
    addEventListener(type, (event) => {
      const takes = type === 'beforepaste' || (!isForm() && view.selected.size > 0)
      if (takes && !isElsewhere(canvas)) event.preventDefault()
    })
  }
  addEventListener('paste', (event) => {
    if (isElsewhere(canvas)) return
    const box = canvas.getBoundingClientRect()
    const middle = view.graphPoint({ clientX: box.left + box.width / 2, clientY: box.top + box.height / 3 })
    const at = view.pointer ?? middle
    const picture = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'))
    const text = event.clipboardData?.getData('text/plain') ?? ''
    if (picture !== undefined) void editor.loading.loadPicture(picture, at)
    else if (!isForm() && text.trimStart().startsWith('{')) editor.clipboard.paste(text, at, keepsLinks)
  })
  return () => {
    if (isElsewhere(canvas) || view.selected.size === 0) return
    // The browser may refuse, or copy something else.
    hasCopied = false
    document.execCommand('copy')
    if (hasCopied) commands.remove()
  }
}

/** Keys and the clipboard belong to whatever has the focus; text marked on the page, too. */
export function isElsewhere(canvas: HTMLElement): boolean {
  const { activeElement } = document
  return (activeElement !== canvas && activeElement !== document.body) || getSelection()?.isCollapsed === false
}
