import { element } from '../browser/element.ts'
import type { FileReference } from '../host/address.ts'
import { progressOf, type RunBoard, timeLeft } from '../host/run-board.ts'
import { isOver, type RunEntry, type RunStage, type RunsNow } from '../host/run-list.ts'
import { STRINGS } from '../strings.ts'
import { keepFocus } from './keep-focus.ts'
import { openMenu } from './menu.ts'
import { carryPicture } from './picture-drag.ts'
import { sidePanel } from './side-bar.ts'
import { type NodeSpan, timeline } from './timeline.ts'

export interface RunsActions {
  /** What the host knows, with so many of those that wait. */
  list(waiting: number): Promise<RunsNow>
  address(file: FileReference): string
  original(file: FileReference): string
  show(title: string, pictures: readonly FileReference[]): void
  openGraph(entry: RunEntry): void
  zip(entry: RunEntry, saved: readonly FileReference[]): Promise<void>
  titleOf(type: string): string
  again(entry: RunEntry): Promise<void>
  cancel(entry: RunEntry): Promise<void>
  toFront(entry: RunEntry): Promise<void>
  forget(entry: RunEntry): Promise<void>
  clearWaiting(): Promise<void>
  forgetAll(): Promise<void>
  failed(error: unknown): void
  close(): void
}

const WORDS = STRINGS.runs
const THUMBNAILS = 4
/** Items that wait, and that are over, in the list at first, and more at each wish. */
const PAGE = 30

/** The queue beside the graph: what goes on, what waits, what came out of the earlier runs. */
export class RunsPanel {
  readonly root: HTMLElement
  readonly #list = element('ol', { class: 'runs-list', testid: 'runs-list' })
  readonly #actions: RunsActions
  /** Runs whose timeline is shown. */
  readonly #unfolded = new Set<string>()
  #now: RunsNow = { runs: [], waiting: 0 }
  #board: RunBoard | undefined
  #shownWaiting = PAGE
  #shownOver = PAGE
  #stale: ReturnType<typeof setTimeout> | undefined

  constructor(actions: RunsActions) {
    this.#actions = actions
    const clear = element(
      'button',
      { type: 'button', class: 'button button-quiet', testid: 'runs-clear' },
      WORDS.forgetAll,
    )
    clear.addEventListener('click', () => this.#askToForget(clear.getBoundingClientRect()))
    this.root = sidePanel('runs', WORDS.title, [clear], () => actions.close(), this.#list)
    setInterval(() => this.#follow(), 500)
  }

  /** The queue has changed; messages come in bursts, so the list is filled a little later. */
  changed(): void {
    if (this.root.hidden || this.#stale !== undefined) return
    this.#stale = setTimeout(() => {
      this.#stale = undefined
      void this.fill()
    }, 150)
  }

  set board(board: RunBoard) {
    this.#board = board
    this.#follow()
  }

  async fill(): Promise<void> {
    try {
      this.#now = await this.#actions.list(this.#shownWaiting)
      this.#draw()
    } catch (error) {
      this.#actions.failed(error)
    }
  }

  #draw(): void {
    const { runs } = this.#now
    const waiting = runs.filter(({ stage }) => stage === 'waiting')
    const running = runs.filter(({ stage }) => stage === 'running')
    const over = runs.filter(({ stage }) => isOver(stage))
    const moreWaiting = () => {
      this.#shownWaiting += PAGE
      return this.fill()
    }
    const moreOver = () => {
      this.#shownOver += PAGE
      this.#draw()
    }
    const items = [
      ...running.map((entry) => this.#item(entry)),
      ...(waiting.length > 0 ? [this.#waitingHead(this.#now.waiting)] : []),
      ...waiting.map((entry, i) => this.#item(entry, i)),
      ...(waiting.length < this.#now.waiting ? [moreItem('runs-more-waiting', moreWaiting)] : []),
      ...(over.length > 0 && over.length < runs.length ? [heading(WORDS.over)] : []),
      ...over.slice(0, this.#shownOver).map((entry) => this.#item(entry)),
      ...(over.length > this.#shownOver ? [moreItem('runs-more', moreOver)] : []),
    ]
    const none = element('li', { class: 'side-none' }, WORDS.nothing)
    keepFocus(this.#list, () => this.#list.replaceChildren(...(items.length === 0 ? [none] : items)))
    this.#follow()
  }

  /** The gallery is made from runs, too. */
  #askToForget({ left, bottom }: DOMRect): void {
    const items = [
      {
        label: WORDS.forgetAllNow,
        note: WORDS.filesStay,
        testid: 'runs-clear-now',
        act: () => void this.#do(() => this.#actions.forgetAll()),
      },
      { label: WORDS.forgetNothing, act: () => {} },
    ]
    openMenu(WORDS.forgetAll, items, { x: left, y: bottom + 4 })
  }

  #waitingHead(count: number): HTMLElement {
    const head = heading(WORDS.waitingCount(count))
    head.append(this.#button(WORDS.removeAll, 'runs-clear-waiting', () => this.#actions.clearWaiting()))
    return head
  }

  #item(entry: RunEntry, place = 0): HTMLElement {
    const { id, stage, error, title } = entry
    return element(
      'li',
      { class: 'runs-item', 'data-stage': stage, 'data-run': id },
      element('span', { class: 'runs-title' }, title === '' ? WORDS.untitled(Object.keys(entry.prompt).length) : title),
      element('span', { class: 'runs-stage' }, WORDS.stages[stage]),
      ...(stage === 'running' ? [progressLine()] : []),
      ...(entry.endedAt === null ? [] : [element('span', { class: 'runs-time' }, timeOf(entry))]),
      ...(error === null ? [] : [element('p', { class: 'runs-words runs-error' }, error)]),
      ...this.#warnings(entry),
      ...this.#thumbnails(entry),
      element('div', { class: 'runs-buttons' }, ...this.#buttons(entry, stage, place)),
      ...(this.#unfolded.has(id) ? [element('div', { class: 'runs-timeline' }, timeline(this.#spans(entry)))] : []),
    )
  }

  #warnings({ prompt, warnings }: RunEntry): HTMLElement[] {
    if (warnings.length === 0) return []
    const lines = warnings.flatMap(({ node, text }) =>
      text.split('\n').map((line) => `${this.#titleIn(prompt, node)}: ${line}`),
    )
    return [element('p', { class: 'runs-words runs-warnings' }, [...new Set(lines)].join('\n'))]
  }

  #buttons(entry: RunEntry, stage: RunStage, place: number): HTMLElement[] {
    const actions = this.#actions
    const chart = this.#button(WORDS.timelineButton, 'run-timeline', () => {
      if (!this.#unfolded.delete(entry.id)) this.#unfolded.add(entry.id)
      this.#draw()
    })
    chart.setAttribute('aria-expanded', String(this.#unfolded.has(entry.id)))
    const graph = this.#button(WORDS.graph, 'run-graph', () => actions.openGraph(entry))
    switch (stage) {
      case 'running':
        return [this.#button(WORDS.stop, 'run-cancel', () => actions.cancel(entry)), chart]
      case 'waiting':
        return [
          ...(place > 0 ? [this.#button(WORDS.toFront, 'run-front', () => actions.toFront(entry))] : []),
          this.#button(WORDS.remove, 'run-cancel', () => actions.cancel(entry)),
        ]
      default:
        return [
          graph,
          this.#button(WORDS.again, 'run-again', () => actions.again(entry)),
          ...(savedBy(entry).length > 1 ? [this.#zipButton(entry)] : []),
          ...(entry.times.size > 0 || this.#isOnBoard(entry) ? [chart] : []),
          this.#button(WORDS.forget, 'run-forget', () => actions.forget(entry)),
        ]
    }
  }

  #zipButton(entry: RunEntry): HTMLButtonElement {
    const button = this.#button(STRINGS.zip.label, 'run-zip', () => this.#actions.zip(entry, savedBy(entry)))
    button.title = STRINGS.zip.all
    return button
  }

  /** What was saved; where nothing was, what was shown, as long as the host keeps it. */
  #thumbnails(entry: RunEntry): HTMLElement[] {
    const saved = savedBy(entry)
    const pictures = saved.length > 0 ? saved : entry.pictures
    if (pictures.length === 0) return []
    const shown = pictures.slice(0, THUMBNAILS).map((file, i) => {
      const address = this.#actions.address(file)
      const picture = element('img', { src: address, alt: file.filename, loading: 'lazy', decoding: 'async' })
      const open = element('button', { type: 'button', class: 'runs-picture', title: file.filename }, picture)
      open.addEventListener('click', () => this.#actions.show(file.filename, [file, ...pictures.toSpliced(i, 1)]))
      open.addEventListener('dragstart', (event) => carryPicture(event, file, this.#actions.original(file)))
      open.draggable = true
      picture.addEventListener('error', () => open.remove())
      return open
    })
    const more = pictures.length - shown.length
    const rest = more > 0 ? [element('span', { class: 'runs-more' }, `+${more}`)] : []
    return [element('div', { class: 'runs-pictures' }, ...shown, ...rest)]
  }

  /** Progress and time left of the run under way, and its timeline if that is unfolded. */
  #follow(): void {
    const board = this.#board
    if (board === undefined || board.run === null || this.root.hidden) return
    const item = [...this.#list.children].find((one) => one.getAttribute('data-run') === board.run)
    if (item?.getAttribute('data-stage') !== 'running') return
    const percent = Math.round(progressOf(board) * 100)
    const fill = item.querySelector<HTMLElement>('.runs-progress-fill')
    if (fill !== null) fill.style.width = `${percent}%`
    item.querySelector('.runs-progress')?.setAttribute('aria-valuenow', String(percent))
    const words = item.querySelector('.runs-progress-words')
    if (words !== null) words.textContent = progressWords(board)
    const entry = this.#now.runs.find(({ id }) => id === board.run)
    const chart = item.querySelector('.runs-timeline')
    if (chart !== null && entry !== undefined) chart.replaceChildren(timeline(this.#spans(entry)))
  }

  #isOnBoard({ id }: RunEntry): boolean {
    return this.#board?.run === id && [...this.#board.nodes.values()].some(({ startedAt }) => startedAt !== undefined)
  }

  #spans(entry: RunEntry): NodeSpan[] {
    const title = (id: string) => this.#titleIn(entry.prompt, id)
    const board = this.#board
    if (board !== undefined && this.#isOnBoard(entry)) {
      const first = Math.min(...[...board.nodes.values()].map(({ startedAt = Number.POSITIVE_INFINITY }) => startedAt))
      return [...board.nodes]
        .flatMap(([id, { startedAt, took, state }]) => {
          if (startedAt === undefined) return []
          const length = took ?? (board.endedAt ?? Date.now()) - startedAt
          return [{ id, title: title(id), start: startedAt - first, length, isRunning: state === 'running' }]
        })
        .sort((a, b) => a.start - b.start)
    }
    return [...entry.times].map(([id, length]) => ({
      id,
      title: title(id),
      start: undefined,
      length,
      isRunning: false,
    }))
  }

  #titleIn(prompt: RunEntry['prompt'], node: string): string {
    return this.#actions.titleOf(prompt[node]?.class_type ?? node)
  }

  #button(label: string, testid: string, act: () => Promise<void> | void): HTMLButtonElement {
    const made = element('button', { type: 'button', class: 'button button-quiet', testid }, label)
    made.addEventListener('click', () => void this.#do(act))
    return made
  }

  /** Does something, says where it failed, and shows the list as it is then. */
  async #do(act: () => Promise<void> | void): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.#actions.failed(error)
    }
    await this.fill()
  }
}

function savedBy({ pictures }: RunEntry): readonly FileReference[] {
  return pictures.filter(({ type }) => type === 'output')
}

function heading(text: string): HTMLElement {
  return element('li', { class: 'runs-heading' }, element('span', {}, text))
}

function moreItem(testid: string, act: () => void): HTMLElement {
  const button = element('button', { type: 'button', class: 'button', testid }, WORDS.more)
  button.addEventListener('click', act)
  return element('li', { class: 'runs-more-item' }, button)
}

function progressLine(): HTMLElement {
  return element(
    'div',
    { class: 'runs-progress-box' },
    element(
      'div',
      {
        class: 'runs-progress',
        role: 'progressbar',
        'aria-label': WORDS.progress,
        'aria-valuemin': '0',
        'aria-valuemax': '100',
      },
      element('div', { class: 'runs-progress-fill' }),
    ),
    element('span', { class: 'runs-progress-words', testid: 'run-words' }),
  )
}

/** `Tile 3 of 12 · 8 s left` for the node that says how far it is; else how many nodes are done. */
export function progressWords(board: RunBoard, now = Date.now()): string {
  for (const status of board.nodes.values()) {
    if (status.state !== 'running' || status.max <= 1) continue
    const left = timeLeft(status, now)
    const step = WORDS.step(status.value, status.max)
    return left === undefined ? step : `${step} · ${WORDS.left(left)}`
  }
  const done = [...board.nodes.values()].filter(({ state }) => state === 'done').length
  return board.total > 0 ? WORDS.nodes(done, board.total) : ''
}

function timeOf({ startedAt, endedAt }: RunEntry): string {
  if (startedAt === null || endedAt === null) return ''
  const at = new Date(endedAt).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  return `${STRINGS.seconds(endedAt - startedAt)} · ${at}`
}
