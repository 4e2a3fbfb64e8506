import { GRID } from '../canvas/theme.ts'
import type { Direction } from '../document/next-node.ts'
import type { Editor } from '../editor.ts'

export interface KeyActions {
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
export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>

/** Keys that work wherever one is. */
export function pageKeys(editor: Editor, { open, runs, example, help, refresh, closeTab }: KeyActions): Keys {
  const { history } = editor
  return {
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
}

/** Keys for what one has to see. @param cut copies and removes what is selected */
export function graphKeys(editor: Editor, canvas: HTMLElement, { searchAt }: KeyActions, cut: () => void): Keys {
  const { commands, view, walk } = editor
  const nudge = (x: number, y: number) => (event: KeyboardEvent) =>
    commands.nudge(event.shiftKey ? [x, y] : [x * GRID, y * GRID], event.repeat)
  /** Moves what is selected; where nothing is, there is a node to select first. */
  const arrow = (direction: Direction, x: number, y: number) => (event: KeyboardEvent) =>
    view.selected.size + view.selectedGroups.size === 0 ? walk.step(direction) : nudge(x, y)(event)
  const search = () => {
    const box = canvas.getBoundingClientRect()
    const at = view.pointer ?? searchAt()
    const { x, y } = view.placeOf({ x: at[0], y: at[1], width: 0, height: 0 })
    editor.adding.search({ x: Math.max(box.left, x), y: Math.max(box.top, y) }, at)
  }
  return {
    'Mod m': () => commands.toggleMode('muted'),
    'Mod b': () => commands.toggleMode('bypassed'),
    'Mod a': () => view.selectAll(),
    // Browsers tell of cutting only where text can be changed.
    'Mod x': cut,
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
    ArrowLeft: arrow('left', -1, 0),
    ArrowRight: arrow('right', 1, 0),
    ArrowUp: arrow('up', 0, -1),
    ArrowDown: arrow('down', 0, 1),
    'Alt ArrowLeft': () => walk.step('left'),
    'Alt ArrowRight': () => walk.step('right'),
    'Alt ArrowUp': () => walk.step('up'),
    'Alt ArrowDown': () => walk.step('down'),
    Enter: () => walk.fields(),
    'Shift F10': () => walk.menu(),
    ContextMenu: () => walk.menu(),
    'Shift ArrowLeft': nudge(-1, 0),
    'Shift ArrowRight': nudge(1, 0),
    'Shift ArrowUp': nudge(0, -1),
    'Shift ArrowDown': nudge(0, 1),
  }
}

/** Keys that go on while they are held; a file or a run is asked for by each press alone. */
export const REPEATED = /Arrow|Page|^Alt [-+=]$|^Mod (Shift )?[yz]$/

/** Keys that belong to whatever has the focus, the graph or another thing. */
export const OF_FOCUS = /Arrow|^(Enter|Shift F10|ContextMenu)$/

/** Keys that work while somebody types or chooses. */
export const ALWAYS: ReadonlySet<string> = new Set(['Mod Enter', 'Alt Mod Enter', 'Mod s', 'Mod o'])
