import './browser/jitless.ts'
import { chooseFiles } from './browser/choose-files.ts'
import { copyText } from './browser/clipboard.ts'
import { byId } from './browser/element.ts'
import { Late, loadWhenIdle } from './browser/late.ts'
import { ThemeChoice } from './browser/theme.ts'
import { writeText } from './document/read-file.ts'
import { tilesOf } from './document/tile-settings.ts'
import { setParameter } from './editing/setting.ts'
import { Editor } from './editor.ts'
import { Address } from './host/address.ts'
import { Host } from './host/host.ts'
import { knownPictures } from './host/known-pictures.ts'
import { Library } from './host/library.ts'
import { PictureSizes } from './host/picture-sizes.ts'
import { PictureStore } from './host/pictures.ts'
import { keepSocket } from './host/socket.ts'
import { listenToDrops } from './page/drop.ts'
import { FormView } from './page/form-view.ts'
import { closeTab, openRunMenu, openShare, openThemeMenu } from './page/page-menus.ts'
import { RunOnChange } from './page/run-on-change.ts'
import { listenToKeys } from './page/shortcuts.ts'
import { sidePanels } from './page/side-panels.ts'
import { NARROW, Views } from './page/views.ts'
import { openCopyField } from './panels/copy-field.ts'
import { FormPanel } from './panels/form-panel.ts'
import { Hint } from './panels/hint.ts'
import { LateViewer } from './panels/late-viewer.ts'
import { PictureHandle } from './panels/picture-handle.ts'
import { TabBar } from './panels/tab-bar.ts'
import { editText } from './panels/text-editor.ts'
import { Toasts } from './panels/toasts.ts'
import { Toolbar } from './panels/toolbar.ts'
import { saveZip } from './pictures/save-zip.ts'
import { NO_ANSWER } from './sdk/errors.ts'
import { STRINGS } from './strings.ts'
import { Telling } from './telling.ts'
import { Autosave, clientIdOf } from './workflows/autosave.ts'
import { openLink } from './workflows/open-link.ts'

const FIRST_TEMPLATE = 'restore-photo'
/** Messages after which the list of runs is another. */
const CHANGES_LIST = new Set(['status', 'execution_start', 'execution_success', 'execution_error'])

const canvas = byId('canvas', HTMLCanvasElement)
const stage = byId('stage', HTMLDivElement)
const desk = byId('desk', HTMLElement)
const address = new Address(new URL(location.href), sessionStorage)
const clientId = clientIdOf(sessionStorage, window)
const host = new Host(address, clientId)
const toasts = new Toasts(document.body)
const telling = new Telling(toasts)
const store = new PictureStore(address)
const library = new Library(address)
const viewer = new LateViewer(async () => {
  const [{ Viewer }, { choosePicture }] = await Promise.all([
    import('./panels/viewer.ts'),
    import('./panels/picture-picker.ts'),
  ])
  return new Viewer(desk, {
    store,
    choose: (title, anchor) => choosePicture(store, title, anchor, knownPictures(host)),
    tiles: () => tilesOf(editor.document.graph),
    onResize: fitCanvas,
  })
}, telling.failed)
const help = new Late(() => import('./panels/help.ts'))
const shareMenu = new Late(() => import('./panels/share-menu.ts'))
let autosave: Autosave | undefined
let mostPixels: number | undefined

const editor = new Editor({
  canvas,
  host,
  address,
  toasts,
  viewer,
  handle: new PictureHandle(stage, (file) => store.original(file)),
  hint: new Hint(document.body),
  say: (words) => byId('said', HTMLElement).replaceChildren(words),
  followed() {
    panels.runs.board = editor.runs.board
    runOnChange.board = editor.runs.board
    showBoard()
    formView.followed()
  },
  uploading() {
    showBoard()
    runOnChange.edited()
  },
  sending: showBoard,
  leaving: () => autosave?.flush(),
  uncover() {
    if (isForm() || innerWidth < NARROW) views.show('graph')
    panels.uncover()
  },
  isForm,
  sizes: new PictureSizes((file) => store.facts(file), measured),
  mostPixels: () => mostPixels,
  measured,
})
const theme = new ThemeChoice((shown) => {
  editor.view.theme = shown
})
const panels = sidePanels(
  desk,
  {
    editor,
    viewer,
    host,
    library,
    store,
    address,
    canvas,
    telling,
    copyLink,
    middle: middleOfStage,
    resized: fitCanvas,
  },
  [
    {
      label: STRINGS.panels.theme,
      icon: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
      testid: 'theme',
      act: (anchor) => openThemeMenu(theme, anchor),
    },
    {
      label: STRINGS.panels.help,
      icon: 'M5.8 6.2a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.6M8 12.3v.01',
      testid: 'help',
      act: () => void openHelp(),
    },
  ],
)
const formPanel = new FormPanel({
  address: (file) => store.reduced(file, 640),
  original: (file) => store.original(file),
  choosePicture: ({ node, parameter }) =>
    void chooseFiles({ accept: 'image/*' }).then(([file]) =>
      file === undefined ? undefined : editor.loading.uploadInto(file, { node, parameter: parameter.name }),
    ),
  set: ({ node, parameter }, value) => setParameter(editor.document, { node, parameter: parameter.name }, value),
  show: (file) => viewer.open(file.filename, { pictures: [file] }),
  zip: (files) => void saveZip(host, address, { files }).catch(telling.failed),
  // The form has the nodes of the outermost level, which a run calls by their own ids.
  draw: ({ node }) => editor.drawing.open(node),
  reset: ({ node }) => editor.drawing.reset(node),
  run: () => editor.run(),
  cancel: () => editor.cancel(),
})
const formView = new FormView({
  editor,
  panel: formPanel,
  viewer,
  isShown: isForm,
  scrollUp: () => desk.scrollTo({ top: 0, behavior: 'smooth' }),
})
const views = new Views(localStorage, {
  show(view) {
    document.body.dataset.view = view
    formPanel.root.hidden = view !== 'form'
    toolbar.view(view)
    if (view === 'form') formView.opened()
    else if (innerWidth < NARROW) viewer.close()
    fitCanvas()
  },
})
const runOnChange = new RunOnChange({
  prompt: () => {
    try {
      // That a name of a file has the time is no change.
      return JSON.stringify(editor.order(new Date(0)).prompt)
    } catch {
      return undefined
    }
  },
  run: () => editor.run(),
  isLoading: () => editor.loading.uploading.length > 0,
})
const toolbar = new Toolbar(byId('toolbar', HTMLElement), {
  run: () => editor.run(),
  cancel: () => editor.cancel(),
  runMenu: (anchor) => openRunMenu(editor, runOnChange, toolbar, telling, anchor),
  addNode: ({ left, bottom }) => editor.adding.search({ x: left, y: bottom + 4 }, middleOfStage()),
  open: () => void openFile(),
  save: () => editor.files.saveFile(),
  share: (anchor) => void share(anchor),
  undo: () => editor.history.undo(),
  redo: () => editor.history.redo(),
  view: (view) => views.show(view),
})
const tabBar = new TabBar(byId('tabs', HTMLElement), editor.tabs, {
  add: () => editor.files.newTab(),
  close: (id) => closeTab(editor, tabBar, id),
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

editor.view.theme = theme.shown
editor.tabs.subscribe(() => panels.library.now?.follow())
toolbar.show(editor.boardInMind, 0, { canCancel: false })
stage.before(formPanel.root)
toolbar.connection('connecting')
editor.document.subscribe((event) => {
  const { kind } = event
  document.body.dataset.nodeCount = String(editor.document.graph.nodes.size)
  tabBar.showPath()
  if (kind === 'edited') runOnChange.edited()
  if (kind === 'opened') runOnChange.opened()
  formView.hear(event)
})
editor.history.subscribe(() => toolbar.history(editor.history.canUndo, editor.history.canRedo))
listenToKeys(editor, viewer, canvas, {
  open: () => void openFile(),
  runs: () => panels.bar.toggle('runs'),
  example: () => void editor.files.openTemplate(FIRST_TEMPLATE),
  help: () => void openHelp(),
  refresh: () => void refreshTypes(),
  closeTab: () => closeTab(editor, tabBar, editor.tabs.active.id),
  searchAt: middleOfStage,
  isForm,
})
listenToDrops(editor, viewer, telling)
addEventListener('beforeunload', (event) => {
  autosave?.flush()
  if (editor.batch.sending !== undefined || autosave?.isFull) event.preventDefault()
})
new ResizeObserver(fitCanvas).observe(stage)
watchPixelRatio()
void begin()

/** The size of a picture is known, or how large one may be. */
function measured(): void {
  editor.view.redraw()
  formView.measured()
}

/** Node types first, then the graph of last time, or the example; then the socket. */
async function begin(): Promise<void> {
  for (let pause = 500; ; pause = Math.min(8000, pause * 2)) {
    try {
      editor.types = await host.nodeTypes()
      break
    } catch (error) {
      toolbar.connection('lost')
      telling.failed(error)
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
  void host.mostPixels().then((most) => {
    mostPixels = most
    measured()
  }, telling.failed)
  fitCanvas()
  const begun = await Autosave.begin(localStorage, sessionStorage)
  autosave = begun.autosave
  if (begun.kept !== undefined) editor.tabs.restore(begun.kept.tabs, begun.kept.active)
  if (editor.tabs.all.length === 1 && editor.document.graph.nodes.size === 0)
    await editor.files.openTemplate(FIRST_TEMPLATE)
  await openLink(editor.files, library, telling)
  addEventListener('hashchange', () => void openLink(editor.files, library, telling))
  views.begin(innerWidth)
  showBoard()
  editor.tabs.subscribe(showBoard)
  autosave.follow(
    editor.document,
    editor.tabs,
    () => writeText(editor.files.workflow(), editor.tabs.active.style),
    (isFull) => {
      const { message, remedy } = STRINGS.browserFull
      if (isFull) toasts.show('error', message, remedy)
      else toasts.withdraw(message)
    },
  )
  editor.view.onViewpoint = () => begun.autosave.touch()
  canvas.focus()
  void loadWhenIdle([viewer, panels.gallery, panels.library, panels.templates, shareMenu, help])
  keepSocket(address.socket(clientId), (event) => {
    if (event.kind === 'connected') toasts.withdraw(NO_ANSWER)
    if (event.kind === 'connected' || event.kind === 'lost') {
      if (event.kind === 'connected' && document.body.dataset.connection === 'lost') editor.view.forgetPictures()
      document.body.dataset.connection = event.kind
      toolbar.connection(event.kind)
    }
    if (event.kind === 'connected') void editor.runs.catchUp(editor.tabs.all.map(({ id }) => id))
    else editor.runs.hear(event)
    if (event.kind === 'connected' || (event.kind === 'message' && CHANGES_LIST.has(event.message.type))) {
      panels.runs.changed()
      panels.gallery.now?.changed()
    }
  })
}

/** A file of the person's, as if it had been dropped. */
async function openFile(): Promise<void> {
  const [file] = await chooseFiles({ accept: '.json,application/json,image/*,.tif,.tiff,.avif' })
  if (file !== undefined) await editor.intake.takeFile(file, middleOfStage())
}

/** Asks the host again which nodes, models and pictures there are; the graph stays. */
async function refreshTypes(): Promise<void> {
  try {
    editor.types = await host.nodeTypes()
    toasts.show('good', 'The nodes and their choices are as the host has them now.')
  } catch (error) {
    telling.failed(error)
  }
}

/** Says around the graph how its run is. The page says "starting" until a graph is there to run. */
function showBoard(): void {
  const board = editor.boardInMind
  document.body.dataset.runState = board.state === 'cancelled' ? 'idle' : board.state
  const sending = wordsOfSending()
  document.body.toggleAttribute('data-sending', sending !== undefined)
  toolbar.show(board, editor.runs.queued, { sending, canCancel: editor.canCancel })
  formView.showRun()
}

/** What is on its way to the host. */
function wordsOfSending(): string | undefined {
  const { runs } = editor
  const { sending } = editor.batch
  const [name] = editor.loading.uploading
  if (sending !== undefined) return STRINGS.batch.sending(sending.sent, sending.total)
  if (name !== undefined) return STRINGS.loading(name)
  return runs.isSending ? STRINGS.sending : undefined
}

function isForm(): boolean {
  return views.shown === 'form'
}

async function openHelp(): Promise<void> {
  await help.get().then((sheet) => sheet.openHelp(), telling.failed)
}

async function share(anchor: DOMRect): Promise<void> {
  await shareMenu
    .get()
    .then(({ openShareMenu }) => openShare(openShareMenu, editor, canvas, telling, copyLink, anchor), telling.failed)
}

async function copyLink(link: string, hint = ''): Promise<void> {
  if (await copyText(link)) toasts.show('good', STRINGS.share.copied, hint)
  else openCopyField(STRINGS.share.notCopied, link)
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
