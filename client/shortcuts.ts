import type { Editor } from './editor.ts'
import type { Viewer } from './panels/viewer.ts'

interface ShortcutActions {
  open(): void
  runs(): void
}

/** Keys and the clipboard, wherever the focus is, except in a field. */
export function listenToKeys(
  editor: Editor,
  viewer: Viewer,
  canvas: HTMLElement,
  { open, runs }: ShortcutActions,
): void {
  const withControl: Readonly<Record<string, () => void>> = {
    Enter: () => editor.run(),
    s: () => editor.saveFile(),
    o: open,
    m: () => editor.toggleMode('muted'),
    b: () => editor.toggleMode('bypassed'),
    a: () => editor.view.selectAll(),
    z: () => editor.history.undo(),
    y: () => editor.history.redo(),
  }
  const plain: Readonly<Record<string, () => void>> = {
    Delete: () => editor.view.deleteSelected(),
    Backspace: () => editor.view.deleteSelected(),
    f: () => editor.view.fit(),
    q: runs,
  }

  addEventListener('keydown', (event) => {
    const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea')
    const hasControl = event.ctrlKey || event.metaKey
    if (event.key === 'Enter' && hasControl && event.altKey) return done(event, () => void editor.runs.cancel())
    if (event.key === 'Escape') {
      if (document.querySelector('dialog[open]') !== null) return
      if (viewer.isOpen) return done(event, () => viewer.close())
      return done(event, () => void editor.runs.cancel())
    }
    if (isTyping && event.key !== 'Enter' && event.key !== 's' && event.key !== 'o') return
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
    if (hasControl && event.shiftKey && key === 'z') done(event, () => editor.history.redo())
    else if (hasControl && !event.altKey && withControl[key] !== undefined) done(event, withControl[key])
    else if (!hasControl && !event.altKey && !isTyping && plain[key] !== undefined) done(event, plain[key])
  })

  addEventListener('copy', (event) => {
    const text = isElsewhere(canvas) ? undefined : editor.copied()
    if (text === undefined) return
    event.clipboardData?.setData('text/plain', text)
    event.preventDefault()
  })
  addEventListener('paste', (event) => {
    if (isElsewhere(canvas)) return
    const box = canvas.getBoundingClientRect()
    const middle = editor.view.graphPoint({ clientX: box.left + box.width / 2, clientY: box.top + box.height / 3 })
    const picture = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'))
    const text = event.clipboardData?.getData('text/plain') ?? ''
    if (picture !== undefined) void editor.loadPicture(picture, middle)
    else if (text.trimStart().startsWith('{')) editor.paste(text, middle)
  })
}

/** The clipboard belongs to whoever has the focus; text marked on the page, too. */
function isElsewhere(canvas: HTMLElement): boolean {
  const { activeElement } = document
  return (activeElement !== canvas && activeElement !== document.body) || getSelection()?.isCollapsed === false
}

function done(event: KeyboardEvent, act: () => void): void {
  event.preventDefault()
  act()
}
