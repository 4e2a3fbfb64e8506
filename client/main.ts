import './jitless.ts'
import { Autosave, clientIdOf } from './autosave.ts'
import { chooseFiles, type FileWish } from './choose-files.ts'
import { copyText } from './clipboard.ts'
import { type Form, formOf, pictureFields } from './document/form.ts'
import { writeText } from './document/read-file.ts'
import { tilesOf } from './document/tile-settings.ts'
import { listenToDrops } from './drop.ts'
import { Editor } from './editor.ts'
import { Address, type FileReference, inputReference } from './host/address.ts'
import { Host, HostError } from './host/host.ts'
import { knownPictures } from './host/known-pictures.ts'
import { Library, nameOf } from './host/library.ts'
import { PictureStore } from './host/pictures.ts'
import type { RunBoard } from './host/run-board.ts'
import { wordsOf } from './host/run-control.ts'
import type { RunEntry } from './host/run-list.ts'
import { keepSocket } from './host/socket.ts'
import { Late, loadWhenIdle } from './late.ts'
import { openCopyField } from './panels/copy-field.ts'
import { byId } from './panels/element.ts'
import { FormPanel, savedBy } from './panels/form-panel.ts'
import { LatePanel } from './panels/late-panel.ts'
import { LateViewer } from './panels/late-viewer.ts'
import { openMenu } from './panels/menu.ts'
import { PictureHandle } from './panels/picture-handle.ts'
import { RunsPanel } from './panels/runs-panel.ts'
import { SideBar } from './panels/side-bar.ts'
import { TabBar } from './panels/tab-bar.ts'
import { editText } from './panels/text-editor.ts'
import { Toasts } from './panels/toasts.ts'
import { Toolbar } from './panels/toolbar.ts'
import { RunOnChange } from './run-on-change.ts'
import { NO_ANSWER } from './sdk/errors.ts'
import { setParameter } from './setting.ts'
import { askedBy, linkToLibrary } from './share.ts'
import { listenToKeys } from './shortcuts.ts'
import { snapshot } from './snapshot.ts'
import { STRINGS } from './strings.ts'
import { THEMES, ThemeChoice } from './theme.ts'
import { NARROW, Views } from './views.ts'

const FIRST_TEMPLATE = 'restore-photo'
/** Messages after which the list of runs is another. */
const CHANGES_LIST = new Set(['status', 'execution_start', 'execution_success', 'execution_error'])

const canvas = byId('canvas', HTMLCanvasElement)
const stage = byId('stage', HTMLDivElement)
const address = new Address(new URL(location.href), sessionStorage)
const clientId = clientIdOf(sessionStorage, window)
const host = new Host(address, clientId)
const toasts = new Toasts(document.body)
const store = new PictureStore(address)
const failed = (error: unknown) => toasts.show('error', ...wordsOf(error))
const viewer = new LateViewer(async () => {
  const [{ Viewer }, { choosePicture }] = await Promise.all([
    import('./panels/viewer.ts'),
    import('./panels/picture-picker.ts'),
  ])
  return new Viewer(byId('desk', HTMLElement), {
    store,
    choose: (title, anchor) => choosePicture(store, title, anchor, knownPictures(host)),
    tiles: () => tilesOf(editor.document.graph),
    onResize: fitCanvas,
  })
}, failed)
const help = new Late(() => import('./panels/help.ts'))
const shareMenu = new Late(() => import('./panels/share-menu.ts'))

/** Whether the graph is another than the one that ran last. */
let isEdited = false
let shownInput: string | undefined
const shownResults = new Set<string>()
const openRun = (entry: RunEntry) => {
  uncoverGraph()
  editor.files.openText(JSON.stringify(entry.workflow ?? entry.prompt), { name: entry.title || 'From a run' })
}
const runsPanel = new RunsPanel({
  list: (waiting) => host.runs(waiting),
  address: (file) => store.reduced(file, 256),
  original: (file) => store.original(file),
  show: (title, pictures) => viewer.open(title, { pictures }),
  openGraph: openRun,
  titleOf: (type) => editor.types.get(type)?.title ?? type,
  again: async ({ prompt, workflow }) => editor.runs.repeat(prompt, workflow),
  cancel: ({ id }) => editor.runs.cancel(id),
  toFront: ({ id }) => host.moveToFront(id),
  forget: ({ id }) => host.forget([id]),
  clearWaiting: () => editor.clearQueue(),
  forgetAll: () => host.forgetAll(),
  failed,
  close: () => sideBar.close(),
})
const galleryPanel = new LatePanel(
  async () => {
    const { GalleryPanel } = await import('./panels/gallery-panel.ts')
    return new GalleryPanel({
      page: (end) => host.pastRuns(end),
      address: (file) => store.reduced(file, 384),
      original: (file) => store.original(file),
      show: (title, pictures) => viewer.open(title, { pictures }),
      compare: (before, after) =>
        viewer.open(STRINGS.gallery.compare, { pictures: [before, after], compared: { before, after } }),
      openGraph: openRun,
      use: (file) => editor.loading.usePicture(file, middleOfStage()),
      failed,
      close: () => sideBar.close(),
    })
  },
  (panel) => void panel.fill(),
  failed,
  fitCanvas,
)
const templatesPanel = new LatePanel(
  async () => {
    const { TemplatesPanel } = await import('./panels/templates-panel.ts')
    return new TemplatesPanel({
      list: async () =>
        (await host.templates()).map(({ hasPicture, ...card }) => ({
          ...card,
          picture: hasPicture ? address.of(`workflows/${encodeURIComponent(card.name)}/picture`) : undefined,
        })),
      open: (name) => {
        sideBar.back()
        uncoverGraph()
        void editor.files.openTemplate(name)
      },
      failed,
      close: () => sideBar.close(),
    })
  },
  (panel) => void panel.fill(),
  failed,
  fitCanvas,
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
  run: () => editor.run(),
  cancel: () => editor.cancel(),
})
const views = new Views(localStorage, {
  show(view) {
    document.body.dataset.view = view
    formPanel.root.hidden = view !== 'form'
    toolbar.view(view)
    if (view === 'form') {
      editor.document.enter([])
      showForm()
      if (isEdited || !showOutcome(editor.boardInView)) showInput()
    } else if (innerWidth < NARROW) viewer.close()
    fitCanvas()
  },
})
const library = new Library(address)
const libraryPanel = new LatePanel(
  async () => {
    const { LibraryPanel } = await import('./panels/library-panel.ts')
    return new LibraryPanel(library, {
      current: () => ({
        tab: editor.tabs.active.id,
        name: editor.tabs.active.name,
        path: editor.tabs.active.libraryPath,
      }),
      write: async () => {
        const saved = editor.tabs.saving()
        return {
          text: writeText(editor.files.workflow(), editor.tabs.active.style),
          thumbnail: await snapshot(canvas, 320, 'image/webp'),
          saved(path) {
            saved(path)
            toasts.show('good', STRINGS.library.saved(path))
          },
        }
      },
      open(path, text) {
        uncoverGraph()
        editor.files.openText(text, { name: nameOf(path), libraryPath: path })
      },
      moved: (from, to) => editor.tabs.moved(from, to),
      removed(path, putBack) {
        const isBack = editor.tabs.removed(path)
        const { removed, putBack: label } = STRINGS.library
        toasts.show('good', removed(path), '', { action: { label, act: () => void putBack().then(isBack, failed) } })
      },
      link: (path) => void copyLink(linkToLibrary(new URL(location.href), path)),
      failed,
      close: () => sideBar.close(),
    })
  },
  (panel) => void panel.opened(),
  failed,
  fitCanvas,
)
const theme = new ThemeChoice((shown) => {
  editor.view.theme = shown
})
const sideBar = new SideBar(
  byId('desk', HTMLElement),
  [
    {
      id: 'runs',
      label: STRINGS.runs.title,
      key: 'Q',
      icon: 'M2.5 4h11M2.5 8h11M2.5 12h7',
      testid: 'rail-runs',
      root: runsPanel.root,
      opened: () => void runsPanel.fill(),
    },
    {
      id: 'gallery',
      label: STRINGS.gallery.title,
      icon: 'M2.5 3.5h11v9h-11zM2.5 10.5l3.2-3 2.6 2.4 2-1.7 3.2 2.8M10.8 6.3v.01',
      testid: 'rail-gallery',
      root: galleryPanel.root,
      opened: () => galleryPanel.opened(),
    },
    {
      id: 'library',
      label: STRINGS.library.title,
      icon: 'M3 2.5h2.5v11H3zM7 2.5h2.5v11H7zM11 3.2l2.2-.6 2 10.4-2.2.5z',
      testid: 'rail-library',
      root: libraryPanel.root,
      opened: () => libraryPanel.opened(),
    },
    {
      id: 'templates',
      label: STRINGS.templates.title,
      icon: 'M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z',
      testid: 'templates',
      root: templatesPanel.root,
      opened: () => templatesPanel.opened(),
    },
  ],
  [
    {
      label: STRINGS.panels.theme,
      icon: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
      testid: 'theme',
      act: chooseTheme,
    },
    {
      label: STRINGS.panels.help,
      icon: 'M5.8 6.2a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.6M8 12.3v.01',
      testid: 'help',
      act: () => void openHelp(),
    },
  ],
  fitCanvas,
)

const openFile = async () => {
  const [file] = await chooseFiles({ accept: '.json,application/json,image/*,.tif,.tiff,.avif' })
  if (file !== undefined) await editor.intake.takeFile(file, middleOfStage())
}
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
  runMenu: openRunMenu,
  addNode: ({ left, bottom }) => editor.adding.search({ x: left, y: bottom + 4 }, middleOfStage()),
  open: () => void openFile(),
  save: () => editor.files.saveFile(),
  share: (anchor) => void openShareMenu(anchor),
  undo: () => editor.history.undo(),
  redo: () => editor.history.redo(),
  view: (view) => views.show(view),
})
let autosave: Autosave | undefined
const editor = new Editor({
  canvas,
  host,
  address,
  toasts,
  viewer,
  handle: new PictureHandle(stage, (file) => store.original(file)),
  followed() {
    if (editor.boardInView.state === 'running') isEdited = false
    runsPanel.board = editor.runs.board
    runOnChange.board = editor.runs.board
    showBoard()
    if (isForm()) showResult(editor.boardInView)
  },
  uploading() {
    showBoard()
    runOnChange.edited()
  },
  sending: showBoard,
  leaving: () => autosave?.flush(),
  uncover() {
    if (isForm() || innerWidth < NARROW) views.show('graph')
    uncoverGraph()
  },
  isForm,
})
const tabBar = new TabBar(byId('tabs', HTMLElement), editor.tabs, {
  add: () => editor.files.newTab(),
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

editor.view.theme = theme.shown
editor.tabs.subscribe(() => libraryPanel.now?.follow())
toolbar.show(editor.boardInMind, 0, { canCancel: false })
byId('stage', HTMLDivElement).before(formPanel.root)
toolbar.connection('connecting')
editor.document.subscribe(({ kind }) => {
  document.body.dataset.nodeCount = String(editor.document.graph.nodes.size)
  tabBar.showPath()
  isEdited = true
  if (kind === 'edited') runOnChange.edited()
  if (kind === 'opened') runOnChange.opened()
  if (isForm()) showForm()
})
editor.history.subscribe(() => toolbar.history(editor.history.canUndo, editor.history.canRedo))
listenToKeys(editor, viewer, canvas, {
  open: () => void openFile(),
  runs: () => sideBar.toggle('runs'),
  example: () => void editor.files.openTemplate(FIRST_TEMPLATE),
  help: () => void openHelp(),
  refresh: () => void refreshTypes(),
  closeTab: () => closeTab(editor.tabs.active.id),
  searchAt: middleOfStage,
  isForm,
})
listenToDrops(editor)
addEventListener('beforeunload', (event) => {
  autosave?.flush()
  if (editor.batch.sending !== undefined || autosave?.isFull) event.preventDefault()
})
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
  if (editor.tabs.all.length === 1 && editor.document.graph.nodes.size === 0)
    await editor.files.openTemplate(FIRST_TEMPLATE)
  await openLink()
  addEventListener('hashchange', () => void openLink())
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
  void loadWhenIdle([viewer, galleryPanel, libraryPanel, templatesPanel, shareMenu, help])
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
      runsPanel.changed()
      galleryPanel.now?.changed()
    }
  })
}

/** On a narrow page the panel at the side covers the graph that opens. */
function uncoverGraph(): void {
  if (innerWidth < NARROW) sideBar.close()
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
  const { left, bottom } = tabBar.placeOf(id)
  const items = [
    {
      label: 'Save as a file and close',
      testid: 'close-save',
      act: () => {
        // A file that fell on the page meanwhile has opened another.
        editor.tabs.show(id)
        editor.files.saveFile()
        editor.tabs.close(id)
      },
    },
    { label: 'Close without saving', testid: 'close-discard', act: () => editor.tabs.close(id) },
  ]
  openMenu(`Close ${tab.name}`, items, { x: left, y: bottom + 4 })
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

/** Says around the graph how its run is. The page says "starting" until a graph is there to run. */
function showBoard(): void {
  const board = editor.boardInMind
  document.body.dataset.runState = board.state === 'cancelled' ? 'idle' : board.state
  const sending = wordsOfSending()
  document.body.toggleAttribute('data-sending', sending !== undefined)
  toolbar.show(board, editor.runs.queued, { sending, canCancel: editor.canCancel })
  formPanel.showRun(board, editor.canCancel)
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

/** The form of the workflow in view. */
function showForm(): void {
  const form = formOf(editor.document.whole, editor.types)
  formPanel.show(editor.tabs.active.name, form)
  formPanel.showRun(editor.boardInMind, editor.canCancel)
  const input = inputOf(form)
  if (JSON.stringify(input) !== shownInput && editor.boardInMind.state !== 'running') showInput()
}

/** Beside the form: the photograph that is to be restored. */
function showInput(): void {
  const input = inputOf(formOf(editor.document.whole, editor.types))
  shownInput = JSON.stringify(input)
  if (input !== undefined) viewer.open(input.filename, { pictures: [input], isAside: true })
}

/** Beside the form, once a run has ended: what became of the photograph. The editor itself shows what a graph compares. */
function showResult(board: RunBoard): void {
  if (board.state !== 'done' || board.run === null || shownResults.has(board.run)) return
  shownResults.add(board.run)
  const isThere = comparedBy(board) !== undefined || showOutcome(board)
  // On a narrow screen the picture is above what was just pressed.
  if (isThere) byId('desk', HTMLElement).scrollTo({ top: 0, behavior: 'smooth' })
}

/** What a run compared, else the photograph and what was saved of it. @returns whether there is anything to see */
function showOutcome(board: RunBoard): boolean {
  if (board.state !== 'done') return false
  const before = inputOf(formOf(editor.document.whole, editor.types))
  const [after] = savedBy(board)
  const compared = comparedBy(board) ?? (before && after && { before, after })
  const picture = compared?.after ?? after
  if (picture === undefined) return false
  viewer.open(STRINGS.form.result, { pictures: [picture], ...(compared && { compared }) })
  return true
}

function comparedBy({ nodes, outputs }: RunBoard): { before: FileReference; after: FileReference } | undefined {
  for (const id of nodes.keys()) {
    const { a_images: [before] = [], b_images: [after] = [] } = outputs.get(id) ?? {}
    if (before !== undefined && after !== undefined) return { before, after }
  }
  return undefined
}

function inputOf(form: Form): FileReference | undefined {
  const field = pictureFields(form).find(({ value }) => typeof value === 'string' && value !== '')
  return field === undefined ? undefined : inputReference(String(field.value))
}

async function openHelp(): Promise<void> {
  await help.get().then((sheet) => sheet.openHelp(), failed)
}

async function openShareMenu({ left, bottom }: DOMRect): Promise<void> {
  const menu = await shareMenu.get().catch(failed)
  menu?.openShareMenu(
    {
      name: editor.tabs.active.name,
      save: () => editor.files.saveFile(),
      text: () => writeText(editor.files.workflow(), editor.tabs.active.style),
      workflow: () => editor.files.workflow(),
      prompt: () => editor.order().prompt,
      picture: () => snapshot(canvas, 1280, 'image/png'),
      copy: copyLink,
      refuse: (reason) => toasts.show('warning', reason.message, reason.remedy),
      failed,
    },
    { x: left, y: bottom + 4 },
  )
}

async function copyLink(link: string, hint = ''): Promise<void> {
  if (await copyText(link)) toasts.show('good', STRINGS.share.copied, hint)
  else openCopyField(STRINGS.share.notCopied, link)
}

/** Opens what the page's address asks for, once. */
async function openLink(): Promise<void> {
  const { hash } = location
  if (hash === '') return
  history.replaceState(null, '', location.pathname + location.search)
  try {
    const asked = await askedBy(hash)
    if (asked?.kind === 'graph') editor.files.openText(asked.text, { name: STRINGS.share.shared })
    if (asked?.kind !== 'library') return
    editor.files.openText(await library.open(asked.path), { name: nameOf(asked.path), libraryPath: asked.path })
  } catch (error) {
    if (error instanceof HostError) failed(error)
    else toasts.show('error', STRINGS.share.badLink, STRINGS.share.badLinkHint)
  }
}

function openRunMenu({ left, bottom }: DOMRect): void {
  const words = STRINGS.runMenu
  const runFiles = (wish: Partial<FileWish>) =>
    void chooseFiles({ accept: 'image/*', ...wish }).then((files) =>
      files.length > 0 ? editor.intake.runEach(files) : undefined,
    )
  openMenu(
    words.title,
    [
      { label: words.now, note: 'Ctrl Enter', act: () => editor.run() },
      {
        label: words.onChange,
        testid: 'run-on-change',
        checked: runOnChange.isOn,
        act: () => {
          runOnChange.isOn = !runOnChange.isOn
          toolbar.runsOnChange(runOnChange.isOn)
        },
      },
      null,
      { label: words.files, testid: 'run-files', act: () => runFiles({ multiple: true }) },
      { label: words.folder, testid: 'run-folder', act: () => runFiles({ folder: true }) },
      null,
      { label: words.clear, testid: 'run-clear', act: () => void editor.clearQueue().catch(failed) },
    ],
    { x: left, y: bottom + 4 },
  )
}

function chooseTheme({ right, bottom }: DOMRect): void {
  const items = THEMES.map((choice) => ({
    label: STRINGS.themes[choice],
    checked: theme.choice === choice,
    testid: `theme-${choice}`,
    act: () => {
      theme.choice = choice
    },
  }))
  openMenu(STRINGS.panels.theme, items, { x: right + 4, y: bottom - 20 })
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
