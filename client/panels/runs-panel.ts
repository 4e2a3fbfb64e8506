import type { FileReference } from '../host/address.ts'
import type { RunEntry, RunStage } from '../host/run-list.ts'
import { element } from './element.ts'

export interface RunsActions {
  /** What the host knows, the newest first. */
  list(): Promise<readonly RunEntry[]>
  address(file: FileReference): string
  show(title: string, pictures: readonly FileReference[]): void
  openGraph(entry: RunEntry): void
  again(entry: RunEntry): Promise<void>
  cancel(entry: RunEntry): Promise<void>
  forget(entry: RunEntry): Promise<void>
  clear(): Promise<void>
  failed(error: unknown): void
}

const STAGES: Readonly<Record<RunStage, string>> = {
  running: 'Running',
  waiting: 'Waiting',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Stopped',
}

const THUMBNAILS = 4

/** The list of runs beside the graph: what goes on, what waits, what came out of the earlier ones. */
export class RunsPanel {
  readonly #root: HTMLElement
  readonly #list = element('ol', { class: 'runs-list', testid: 'runs-list' })
  readonly #actions: RunsActions
  readonly #onResize: () => void
  #stale: ReturnType<typeof setTimeout> | undefined

  constructor(parent: HTMLElement, actions: RunsActions, onResize: () => void) {
    this.#actions = actions
    this.#onResize = onResize
    const clear = this.#button('Forget all', 'runs-clear', () => actions.clear())
    const close = element('button', { type: 'button', class: 'button button-quiet', 'aria-label': 'Close' }, '✕')
    close.addEventListener('click', () => this.toggle())
    this.#root = element(
      'aside',
      { class: 'runs', testid: 'runs', 'aria-label': 'Runs', hidden: true },
      element('div', { class: 'runs-head' }, element('h2', {}, 'Runs'), clear, close),
      this.#list,
    )
    parent.prepend(this.#root)
  }

  toggle(): void {
    this.#root.hidden = !this.#root.hidden
    this.#onResize()
    void this.#fill()
  }

  /** The queue has changed; messages come in bursts, so the list is filled a little later. */
  changed(): void {
    if (this.#root.hidden || this.#stale !== undefined) return
    this.#stale = setTimeout(() => {
      this.#stale = undefined
      void this.#fill()
    }, 150)
  }

  async #fill(): Promise<void> {
    if (this.#root.hidden) return
    try {
      const entries = await this.#actions.list()
      this.#list.replaceChildren(
        ...(entries.length === 0
          ? [element('li', { class: 'runs-none' }, 'Nothing has run yet.')]
          : entries.map((entry) => this.#item(entry))),
      )
    } catch (error) {
      this.#actions.failed(error)
    }
  }

  #item(entry: RunEntry): HTMLElement {
    const { id, stage, error } = entry
    const isOver = stage !== 'running' && stage !== 'waiting'
    const buttons = isOver
      ? [
          this.#button('Graph', 'run-graph', () => this.#actions.openGraph(entry)),
          this.#button('Again', 'run-again', () => this.#actions.again(entry)),
          this.#button('Forget', 'run-forget', () => this.#actions.forget(entry)),
        ]
      : [this.#button(stage === 'running' ? 'Stop' : 'Remove', 'run-cancel', () => this.#actions.cancel(entry))]
    return element(
      'li',
      { class: 'runs-item', 'data-stage': stage, 'data-run': id },
      element('span', { class: 'runs-stage' }, STAGES[stage]),
      element('span', { class: 'runs-time' }, timeOf(entry)),
      ...(error === null ? [] : [element('p', { class: 'runs-error' }, error)]),
      ...this.#thumbnails(entry),
      element('div', { class: 'runs-buttons' }, ...buttons),
    )
  }

  #thumbnails({ pictures }: RunEntry): HTMLElement[] {
    if (pictures.length === 0) return []
    const addresses = pictures.map((file) => this.#actions.address(file))
    const shown = pictures.slice(0, THUMBNAILS).map(({ filename }, i) => {
      const picture = element('img', { src: addresses[i]!, alt: filename, loading: 'lazy', decoding: 'async' })
      const open = element('button', { type: 'button', class: 'runs-picture', title: filename }, picture)
      open.addEventListener('click', () => this.#actions.show(filename, [pictures[i]!, ...pictures.toSpliced(i, 1)]))
      return open
    })
    const more = pictures.length - shown.length
    const rest = more > 0 ? [element('span', { class: 'runs-more' }, `+${more}`)] : []
    return [element('div', { class: 'runs-pictures' }, ...shown, ...rest)]
  }

  #button(label: string, testid: string, act: () => Promise<void> | void): HTMLButtonElement {
    const made = element('button', { type: 'button', class: 'button button-quiet', testid }, label)
    made.addEventListener('click', async () => {
      try {
        await act()
      } catch (error) {
        this.#actions.failed(error)
      }
      await this.#fill()
    })
    return made
  }
}

function timeOf({ startedAt, endedAt }: RunEntry): string {
  if (startedAt === null || endedAt === null) return ''
  const at = new Date(endedAt).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  return `${((endedAt - startedAt) / 1000).toFixed(1)} s · ${at}`
}
