import { GRID } from './canvas/theme.ts'
import type { Editor } from './editor.ts'
import { keyName } from './key-name.ts'
import { isField } from './panels/element.ts'
import type { LateViewer } from './panels/late-viewer.ts'

interface ShortcutActions {
  open(): void
  runs(): void
  /** The graph of a first visit. */
  example(): void
  help(): void
  refresh(): void
  closeTab(): void
  /** Where a node goes that is added by key. */
  searchAt(): readonly [number, number]
  /** Whether the form hides the graph. */
  isForm(): boolean
}

/** What each key does, by its name. */
type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>

/** Keys and the clipboard, wherever the focus is, except in a field. */
export function listenToKeys(
  editor: Editor,
  viewer: Pick<LateViewer, 'isOpen' | 'close' | 'shrink'>,
  canvas: HTMLElement,
  { open, runs, example, help, refresh, closeTab, searchAt, isForm }: ShortcutActions,
): void {
  const { commands, history, view } = editor
  const nudge = (x: number, y: number) => (event: KeyboardEvent) =>
    commands.nudge(event.shiftKey ? [x, y] : [x * GRID, y * GRID], event.repeat)
  const pageKeys: Keys = {
    'Mod Enter': () => editor.run(),
    'Alt Mod Enter': () => editor.cancel(),
    'Mod s': () => editor.files.saveFile(),
    'Mod o': open,
    'Mod z': () => history.undo(),
    'Mod y': () => history.redo(),
    'Mod Shift z': () => history.redo(),
    'Mod d': example,
    'Alt t': () => editor.files.newTab(),
    'Alt w': closeTab,
    'Alt PageDown': () => editor.tabs.step(1),
    'Alt PageUp': () => editor.tabs.step(-1),
    r: refresh,
    '?': help,
    q: runs,
  }
  /** Those for what one has to see. */
  const graphKeys: Keys = {
    'Mod m': () => commands.toggleMode('muted'),
    'Mod b': () => commands.toggleMode('bypassed'),
    'Mod a': () => view.selectAll(),
    // Browsers tell of cutting only where text can be changed.
    'Mod x': () => {
      if (!isElsewhere(canvas) && view.selected.size > 0 && copySelected()) commands.remove()
    },
    'Mod g': () => commands.addGroup(searchAt()),
    'Mod Shift e': () => commands.makeSubgraph(),
    'Mod Delete': () => commands.dissolve(),
    'Mod Backspace': () => commands.dissolve(),
    'Alt c': () => commands.toggleCollapsed(),
    'Alt +': () => view.zoom(1.25),
    'Alt =': () => view.zoom(1.25),
    'Alt -': () => view.zoom(0.8),
    Delete: () => commands.remove(),
    Backspace: () => commands.remove(),
    p: () => commands.togglePinned(),
    l: () => commands.tidy(),
    f: () => view.fit(),
    '.': () => (view.selected.size > 0 ? view.fit(view.selected) : view.fit()),
    '/': () => search(),
    ArrowLeft: nudge(-1, 0),
    ArrowRight: nudge(1, 0),
    ArrowUp: nudge(0, -1),
    ArrowDown: nudge(0, 1),
    'Shift ArrowLeft': nudge(-1, 0),
    'Shift ArrowRight': nudge(1, 0),
    'Shift ArrowUp': nudge(0, -1),
    'Shift ArrowDown': nudge(0, 1),
  }
  /** Keys that go on while they are held; a file or a run is asked for by each press alone. */
  const repeated = /Arrow|Page|^Alt [-+=]$|^Mod (Shift )?[yz]$/
  /** Keys that work while somebody types or chooses. */
  const always = new Set(['Mod Enter', 'Alt Mod Enter', 'Mod s', 'Mod o'])
  const search = () => {
    const box = canvas.getBoundingClientRect()
    const at = view.pointer ?? searchAt()
    const { x, y } = view.placeOf({ x: at[0], y: at[1], width: 0, height: 0 })
    editor.adding.search({ x: Math.max(box.left, x), y: Math.max(box.top, y) }, at)
  }

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
    const act = pageKeys[name] ?? (isForm() ? undefined : graphKeys[name])
    const isTaken = isField(target) || document.querySelector('.popup') !== null
    if (act === undefined || (isTaken && !always.has(name))) return
    // Else the browser would save the page.
    if (document.querySelector('dialog[open]') !== null && name !== 'Mod s') return
    // Arrows belong to whatever has the focus; Enter and Space press buttons.
    if (event.key.startsWith('Arrow') && isElsewhere(canvas)) return
    if (isField(target)) handIn(target)
    done(event, () => (event.repeat && !repeated.test(name) ? undefined : act(event)))
  })

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
  /** A browser may refuse, or copy something else. @returns whether the selected nodes are copied */
  const copySelected = () => {
    hasCopied = false
    document.execCommand('copy')
    return hasCopied
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
}

/** The clipboard belongs to whoever has the focus; text marked on the page, too. */
function isElsewhere(canvas: HTMLElement): boolean {
  const { activeElement } = document
  return (activeElement !== canvas && activeElement !== document.body) || getSelection()?.isCollapsed === false
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
