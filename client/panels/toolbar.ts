import { element, icon } from '../browser/element.ts'
import { progressOf, type RunBoard } from '../host/run-board.ts'
import { STRINGS } from '../strings.ts'
import { progressWords } from './runs-panel.ts'

export interface ToolbarActions {
  run(): void
  cancel(): void
  /** Other ways to run. */
  runMenu(anchor: DOMRect): void
  addNode(anchor: DOMRect): void
  open(): void
  save(): void
  share(anchor: DOMRect): void
  undo(): void
  redo(): void
  view(view: 'graph' | 'form'): void
}

const STATES: Readonly<Record<RunBoard['state'], string>> = {
  idle: 'Ready',
  running: 'Running',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Stopped',
}

/** The bar at the top: run and cancel, how far it is, files. */
export class Toolbar {
  readonly #run = button('run', 'Run', 'M4 2.5v11l9-5.5z', 'Run the graph (Ctrl+Enter)')
  readonly #cancel = button('cancel', 'Cancel', 'M4.5 4.5h7v7h-7z', 'Stop the run (Esc)')
  readonly #state = element('span', { class: 'run-state', testid: 'run-state' })
  readonly #time = element('span', { class: 'run-time', testid: 'run-time' })
  readonly #words = element('span', { class: 'run-words' })
  readonly #queue = element('span', { class: 'run-queue', testid: 'queue-count' })
  readonly #fill = element('div', { class: 'run-progress-fill' })
  readonly #progress = element(
    'div',
    {
      class: 'run-progress',
      role: 'progressbar',
      'aria-label': 'Run',
      'aria-valuemin': '0',
      'aria-valuemax': '100',
      testid: 'progress',
    },
    this.#fill,
  )
  readonly #more = symbol('run-menu', 'M4 6.5 8 10.5 12 6.5', STRINGS.runMenu.title, () => {})
  readonly #views = element('div', { class: 'views', role: 'group', 'aria-label': STRINGS.views.group })
  readonly #undo: HTMLButtonElement
  readonly #redo: HTMLButtonElement
  readonly #connection = element('span', { class: 'connection', testid: 'connection' })
  #board: RunBoard | undefined
  #runsOnChange = false

  constructor(bar: HTMLElement, actions: ToolbarActions) {
    this.#run.classList.add('button-primary')
    this.#run.addEventListener('click', () => actions.run())
    this.#more.addEventListener('click', () => actions.runMenu(this.#more.getBoundingClientRect()))
    for (const view of ['graph', 'form'] as const) {
      const choose = button(`view-${view}`, STRINGS.views[view].label, '', STRINGS.views[view].title)
      choose.classList.add('button-quiet')
      choose.addEventListener('click', () => actions.view(view))
      this.#views.append(choose)
    }
    this.#cancel.addEventListener('click', () => actions.cancel())
    const tools = [
      tool('add-node', 'Add node', 'M8 3v10M3 8h10', 'Add a node (double click)', (at) => actions.addNode(at)),
      tool(
        'open',
        'Open',
        'M2 4.5V13h12V5.5H8L6.5 3.5H2z',
        'Open a workflow or a picture that carries one (Ctrl+O)',
        () => actions.open(),
      ),
      tool('save', 'Save', 'M8 2.5v7.5M4.5 7 8 10.5 11.5 7M2.5 13.5h11', 'Save the workflow as a file (Ctrl+S)', () =>
        actions.save(),
      ),
      tool(
        'share',
        STRINGS.share.title,
        'M11 5.5a1.8 1.8 0 1 0 0-.01M5 8a1.8 1.8 0 1 0-.01 0M11 10.5a1.8 1.8 0 1 0 .01 0M6.3 7.1l3.5-1.6M6.4 8.9l3.4 2',
        STRINGS.share.hint,
        (at) => actions.share(at),
      ),
    ]
    this.#undo = symbol('undo', 'M6.5 3 3 6.5 6.5 10M3.5 6.5h5.5a3.5 3.5 0 0 1 0 7h-3', 'Undo (Ctrl+Z)', actions.undo)
    this.#redo = symbol('redo', 'M9.5 3 13 6.5 9.5 10M12.5 6.5h-5.5a3.5 3.5 0 0 0 0 7h3', 'Redo (Ctrl+Y)', actions.redo)
    this.history(false, false)
    const progress = [this.#progress, this.#time, this.#words]
    const status = element('div', { class: 'run-status' }, this.#state, ...progress, this.#queue)
    const brand = element('span', { class: 'brand' }, element('img', { src: './icon.svg', alt: '' }), 'gendr-graph')
    bar.append(
      brand,
      element('span', { class: 'run-buttons' }, this.#run, this.#more),
      this.#cancel,
      status,
      this.#connection,
      element('span', { class: 'spacer' }),
      this.#views,
      this.#undo,
      this.#redo,
      ...tools,
    )
    setInterval(() => this.#showTime(), 100)
  }

  /**
   * @param queued how many runs go on and wait on the host, whoever's they are
   * @param sending what is on its way to the host, in words
   * @param canCancel whether anything goes on that can be stopped
   */
  show(
    board: RunBoard,
    queued: number,
    { sending, canCancel }: { readonly sending?: string | undefined; readonly canCancel: boolean },
  ): void {
    this.#board = board
    const percent = Math.round(progressOf(board) * 100)
    this.#state.textContent = sending ?? STATES[board.state]
    this.#progress.setAttribute('aria-valuenow', String(percent))
    this.#progress.hidden = board.state !== 'running'
    this.#fill.style.width = `${percent}%`
    this.#cancel.disabled = !canCancel
    this.#queue.textContent = queued > 1 ? STRINGS.inQueue(queued - 1) : ''
    this.#run.classList.toggle('button-live', this.#runsOnChange)
    this.#showTime()
  }

  /** Whether there is anything to take back, and to make again. */
  history(canUndo: boolean, canRedo: boolean): void {
    this.#undo.disabled = !canUndo
    this.#redo.disabled = !canRedo
  }

  /** Which of the views is shown. */
  view(view: 'graph' | 'form'): void {
    for (const button of this.#views.querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(button.dataset.testid === `view-${view}`))
    }
  }

  /** Whether every change runs the graph. */
  runsOnChange(isOn: boolean): void {
    this.#runsOnChange = isOn
    this.#run.classList.toggle('button-live', isOn)
  }

  connection(state: 'connecting' | 'connected' | 'lost'): void {
    this.#connection.textContent = state === 'lost' ? 'The host does not answer; connecting again…' : ''
    this.#run.disabled = state !== 'connected'
  }

  #showTime(): void {
    const { startedAt, endedAt, state } = this.#board ?? {}
    const now = Date.now()
    const took = startedAt == null || state === 'idle' ? '' : `${(((endedAt ?? now) - startedAt) / 1000).toFixed(1)} s`
    const words = this.#board?.state === 'running' ? progressWords(this.#board, now) : ''
    if (this.#time.textContent !== took) this.#time.textContent = took
    if (this.#words.textContent !== words) this.#words.textContent = words
  }
}

function button(testid: string, label: string, path: string, title: string): HTMLButtonElement {
  const parts = path === '' ? [label] : [icon(path), label]
  return element('button', { type: 'button', class: 'button', testid, title }, ...parts)
}

function tool(
  testid: string,
  label: string,
  path: string,
  title: string,
  act: (anchor: DOMRect) => void,
): HTMLButtonElement {
  const made = button(testid, label, path, title)
  made.classList.add('button-quiet')
  made.addEventListener('click', () => act(made.getBoundingClientRect()))
  return made
}

/** A button of a drawing alone. */
function symbol(testid: string, path: string, title: string, act: () => void): HTMLButtonElement {
  const made = element(
    'button',
    { type: 'button', class: 'button button-quiet button-symbol', testid, title, 'aria-label': title },
    icon(path),
  )
  made.addEventListener('click', act)
  return made
}
