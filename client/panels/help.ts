import { element } from '../browser/element.ts'
import { openDialog } from './dialog.ts'

type Shortcut = readonly [keys: string, what: string]

/** By what one wants to do. Keys of ComfyUI mean what they mean there; those after a comma do the other thing named. */
const SECTIONS: readonly (readonly [title: string, shortcuts: readonly Shortcut[]])[] = [
  [
    'Run',
    [
      ['Ctrl Enter', 'Run the graph'],
      ['Esc, Ctrl Alt Enter', 'Stop the run'],
      ['Q', 'List of runs: stop, repeat, open their graphs and pictures'],
      ['R', 'Ask the host again for nodes, models and pictures'],
      ['Click on a picture', 'Look at it large'],
    ],
  ],
  [
    'Nodes',
    [
      ['/, double click', 'Add a node: type a few of its letters'],
      ['Ctrl click, Shift click', 'Select one more; Ctrl drag selects an area'],
      ['Ctrl A', 'Select everything'],
      ['Del', 'Remove; Ctrl Del keeps the links'],
      ['Ctrl M, Ctrl B', 'Mute, bypass'],
      ['Alt C, P', 'Fold, pin'],
      ['Arrows', 'Select the first node; move what is selected by one dot of the ground, with Shift by one pixel'],
      ['Alt arrows', 'Select the next node, along the links; Enter opens its settings, Shift F10 its menu'],
      ['L', 'Put into columns by their links'],
      ['Double click on a title', 'Rename'],
      ['Drag on a number', 'Change it; click to type, Tab for the next field'],
      ['Esc while something is dragged', 'Put it back'],
      ['Rest on a title, a socket, a field', 'What it is; the menu of the node tells all of it'],
      ['Right click', 'Everything else: colour, align, duplicate'],
    ],
  ],
  [
    'Links',
    [
      ['Drag from a socket', 'Connect; let go over a field to feed it, over nothing to add the next node'],
      ['Drop a node on a link', 'Put it in between'],
      ['Alt click on a link', 'Add a point that can be moved'],
      ['Right click on a link', 'Insert a node, remove'],
    ],
  ],
  [
    'Groups and subgraphs',
    [
      ['Ctrl G', 'Group what is selected; drag its title to move all of it'],
      ['Ctrl Shift E', 'Make a subgraph of what is selected'],
      ['Double click', 'Open a subgraph; Esc leaves it'],
    ],
  ],
  [
    'Copy and take back',
    [
      ['Ctrl Z, Ctrl Y', 'Undo, redo, back to where the graph was opened'],
      ['Ctrl C, Ctrl X, Ctrl V', 'Copy, cut, paste, also between windows and as text'],
      ['Ctrl Shift V', 'Paste with the links that fed the copy'],
    ],
  ],
  [
    'View and files',
    [
      ['Wheel, drag', 'Zoom, move; Space or the middle button moves over nodes too'],
      ['F, .', 'Show everything, show what is selected'],
      ['Alt +, Alt −', 'Zoom in, out'],
      ['Ctrl S, Ctrl O', 'Save, open a workflow'],
      ['Drop a file', 'A picture is loaded; a workflow, or a picture that was saved here, opens'],
      ['Alt T, Alt W', 'New workflow, close it'],
      ['Alt Page Up, Page Down', 'Workflow before, next'],
      ['Ctrl D', 'The example of a first visit'],
    ],
  ],
]

/** The sheet with all shortcuts. */
export function openHelp(): void {
  const sections = SECTIONS.map(([title, shortcuts]) =>
    element(
      'section',
      { class: 'help-section' },
      element('h3', {}, title),
      element('dl', {}, ...shortcuts.flatMap(([keys, what]) => [element('dt', {}, keys), element('dd', {}, what)])),
    ),
  )
  openDialog('How to work here', 'help', element('div', { class: 'help-sections' }, ...sections))
}
