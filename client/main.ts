import './jitless.ts'
import { Autosave, clientIdOf } from './autosave.ts'
import { writeText } from './document/read-file.ts'
import { tilesOf } from './document/tile-settings.ts'
import { listenToDrops } from './drop.ts'
import { chooseFile, Editor } from './editor.ts'
import { Address } from './host/address.ts'
import { Host } from './host/host.ts'
import { knownPictures } from './host/known-pictures.ts'
import { PictureStore } from './host/pictures.ts'
import type { RunBoard } from './host/run-board.ts'
import { wordsOf } from './host/run-control.ts'
import { keepSocket } from './host/socket.ts'
import { byId } from './panels/element.ts'
import { openHelp } from './panels/help.ts'
import { openMenu } from './panels/menu.ts'
import { choosePicture } from './panels/picture-picker.ts'
import { RunsPanel } from './panels/runs-panel.ts'
import { TabBar } from './panels/tab-bar.ts'
import { editText } from './panels/text-editor.ts'
import { Toasts } from './panels/toasts.ts'
import { Toolbar } from './panels/toolbar.ts'
import { Viewer } from './panels/viewer.ts'
import { listenToKeys } from './shortcuts.ts'

const FIRST_TEMPLATE = 'restore-photo'
/** Messages after which the list of runs is another. */
const CHANGES_LIST = new Set(['status', 'execution_start', 'execution_success', 'execution_error'])

const canvas = byId('canvas', HTMLCanvasElement)
const stage = byId('stage', HTMLDivElement)
const address = new Address(new URL(location.href), sessionStorage)
const clientId = clientIdOf(sessionStorage)
const host = new Host(address, clientId)
const toasts = new Toasts(stage)
const store = new PictureStore(address)
const viewer = new Viewer(byId('desk', HTMLElement), {
  store,
  choose: (title, anchor) => choosePicture(store, title, anchor, knownPictures(host)),
  tiles: () => tilesOf(editor.document.graph),
  onResize: fitCanvas,
})

const runsPanel = new RunsPanel(
  byId('desk', HTMLElement),
  {
    list: () => host.runs(),
    address: (file) => address.reduced(file, 256),
    show: (title, pictures) => viewer.open(title, { pictures }),
    openGraph: (entry) => editor.openText(JSON.stringify(entry.workflow ?? entry.prompt), { name: 'From a run' }),
    again: async ({ prompt, workflow }) => editor.runs.repeat(prompt, workflow),
    cancel: ({ id }) => host.cancel(id),
    forget: ({ id }) => host.forget([id]),
    clear: () => host.forgetAll(),
    failed: (error) => toasts.show('error', ...wordsOf(error)),
  },
  fitCanvas,
)

const openFile = async () => {
  const file = await chooseFile('.json,image/png,application/json')
  if (file !== undefined) await editor.takeFile(file, middleOfStage())
}
const toolbar = new Toolbar(byId('toolbar', HTMLElement), {
  run: () => editor.run(),
  cancel: () => void editor.runs.cancel(),
  addNode: ({ left, bottom }) => editor.searchNodes({ x: left, y: bottom + 4 }, middleOfStage()),
  templates: (anchor) => void offerTemplates(anchor),
  runs: () => runsPanel.toggle(),
  open: () => void openFile(),
  save: () => editor.saveFile(),
  undo: () => editor.history.undo(),
  redo: () => editor.history.redo(),
  help: openHelp,
})
let autosave: Autosave | undefined
const editor = new Editor({
  canvas,
  host,
  address,
  toasts,
  viewer,
  show(board) {
    showState(board)
    toolbar.show(board)
  },
  leaving: () => autosave?.flush(),
})
const tabBar = new TabBar(byId('tabs', HTMLElement), editor.tabs, {
  add: () => editor.newTab(),
  close: closeTab,
  focusGraph: () => canvas.focus(),
  rename(id, place) {
    editor.tabs.show(id)
    const value = editor.tabs.active.name
    editText({
      place,
      value,
      multiline: false,
      label: 'Name',
      commit: (name) => editor.tabs.rename(name.trim() || value),
    })
  },
  path: () =>
    editor.document.path.map(({ definition }) => editor.document.graph.definitions.get(definition)?.name ?? 'Subgraph'),
  leaveTo: (depth) => editor.document.enter(editor.document.path.slice(0, depth)),
})

toolbar.show(editor.runs.board)
toolbar.connection('connecting')
editor.document.subscribe(() => {
  document.body.dataset.nodeCount = String(editor.document.graph.nodes.size)
  tabBar.showPath()
})
editor.history.subscribe(() => toolbar.history(editor.history.canUndo, editor.history.canRedo))
listenToKeys(editor, viewer, canvas, {
  open: () => void openFile(),
  runs: () => runsPanel.toggle(),
  example: () => void editor.openTemplate(FIRST_TEMPLATE),
  refresh: () => void refreshTypes(),
  closeTab: () => closeTab(editor.tabs.active.id),
  searchAt: middleOfStage,
})
listenToDrops(editor, stage)
new ResizeObserver(fitCanvas).observe(stage)
watchPixelRatio()
void begin()

/** Node types first, then the graph of last time, or the example; then the socket. */
async function begin(): Promise<void> {
  for (let pause = 500; ; pause = Math.min(8000, pause * 2)) {
    try {
      editor.types = await host.nodeTypes()
      break
    } catch (error) {
      toolbar.connection('lost')
      toasts.show('error', ...wordsOf(error))
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
  fitCanvas()
  const begun = await Autosave.begin(localStorage, sessionStorage)
  autosave = begun.autosave
  if (begun.kept !== undefined) editor.tabs.restore(begun.kept.tabs, begun.kept.active)
  if (editor.tabs.all.length === 1 && editor.document.graph.nodes.size === 0) await editor.openTemplate(FIRST_TEMPLATE)
  showState(editor.runs.board)
  autosave.follow(
    editor.document,
    editor.tabs,
    () => writeText(editor.workflow(), editor.tabs.active.style),
    () =>
      toasts.show(
        'warning',
        'The browser keeps no more of this work.',
        'Save it as a file (Ctrl+S), or close other workflows.',
      ),
  )
  canvas.focus()
  keepSocket(address.socket(clientId), (event) => {
    if (event.kind === 'connected' || event.kind === 'lost') {
      document.body.dataset.connection = event.kind
      toolbar.connection(event.kind)
    }
    editor.runs.hear(event)
    if (event.kind === 'connected' || (event.kind === 'message' && CHANGES_LIST.has(event.message.type))) {
      runsPanel.changed()
    }
  })
}

/** Edits that no file holds are asked about; they could still be taken back by nobody. */
function closeTab(id: string): void {
  const tab = editor.tabs.all.find((each) => each.id === id)
  if (tab === undefined) return
  if (!tab.isChanged) {
    editor.tabs.close(id)
    return
  }
  editor.tabs.show(id)
  const { left, bottom } = byId('tabs', HTMLElement).getBoundingClientRect()
  const items = [
    {
      label: 'Save as a file and close',
      testid: 'close-save',
      act: () => {
        editor.saveFile()
        editor.tabs.close(id)
      },
    },
    { label: 'Close without saving', testid: 'close-discard', act: () => editor.tabs.close(id) },
  ]
  openMenu(`Close ${tab.name}`, items, { x: left + 8, y: bottom + 4 })
}

/** Asks the host again which nodes, models and pictures there are; the graph stays. */
async function refreshTypes(): Promise<void> {
  try {
    editor.types = await host.nodeTypes()
    toasts.show('good', 'The nodes and their choices are as the host has them now.')
  } catch (error) {
    toasts.show('error', ...wordsOf(error))
  }
}

/** The page says "starting" until a graph is there to run. */
function showState({ state }: RunBoard): void {
  document.body.dataset.runState = state === 'cancelled' ? 'idle' : state
}

async function offerTemplates(anchor: DOMRect): Promise<void> {
  try {
    const templates = await host.templates()
    const items = templates.map(({ name, title }) => ({
      label: title,
      testid: `template-${name}`,
      act: () => void editor.openTemplate(name),
    }))
    openMenu('Templates', items, { x: anchor.left, y: anchor.bottom + 4 })
  } catch (error) {
    toasts.show('error', ...wordsOf(error))
  }
}

function fitCanvas(): void {
  const { clientWidth, clientHeight } = stage
  if (clientWidth > 0) editor.view.resize(clientWidth, clientHeight, devicePixelRatio)
}

/** Another screen, or zooming the page, changes how many pixels a CSS pixel has. */
function watchPixelRatio(): void {
  matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener(
    'change',
    () => {
      fitCanvas()
      watchPixelRatio()
    },
    { once: true },
  )
}

function middleOfStage(): readonly [number, number] {
  const box = stage.getBoundingClientRect()
  return editor.view.graphPoint({ clientX: box.left + box.width / 2 - 115, clientY: box.top + box.height / 3 })
}
