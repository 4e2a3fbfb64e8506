import { element } from './element.ts'

const SHORTCUTS: readonly (readonly [string, string])[] = [
  ['Ctrl Enter', 'Run the graph'],
  ['Esc', 'Stop the run'],
  ['Double click', 'Add a node'],
  ['Drag from a socket', 'Connect; let go over nothing to add the next node'],
  ['Drag on a number', 'Change it; click to type'],
  ['Right click', 'Menu of a node or of the ground'],
  ['Click on a picture', 'Look at it large'],
  ['Wheel, drag', 'Zoom and move; F shows the whole graph'],
  ['Ctrl drag', 'Select several nodes'],
  ['Del', 'Remove what is selected'],
  ['Ctrl C, Ctrl V', 'Copy and paste nodes; paste a picture to load it'],
  ['Ctrl M, Ctrl B', 'Mute or bypass what is selected'],
  ['Q', 'List of runs: stop, repeat, open their graphs and pictures'],
  ['Ctrl Z, Ctrl Y', 'Undo and redo, as far back as the graph was opened'],
  ['Ctrl S, Ctrl O', 'Save or open a workflow file'],
  ['Drop a file', 'A picture to load it, a workflow or a saved picture to open its graph'],
]

/** The dialog with all shortcuts. */
export function openHelp(): void {
  const close = element('button', { type: 'button', class: 'button', testid: 'help-close' }, 'Close')
  const dialog = element(
    'dialog',
    { class: 'help', testid: 'help', 'aria-label': 'Help' },
    element('h2', {}, 'How to work here'),
    element('dl', {}, ...SHORTCUTS.flatMap(([keys, what]) => [element('dt', {}, keys), element('dd', {}, what)])),
    close,
  )
  close.addEventListener('click', () => dialog.close())
  dialog.addEventListener('close', () => dialog.remove())
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close()
  })
  document.body.append(dialog)
  dialog.showModal()
}
