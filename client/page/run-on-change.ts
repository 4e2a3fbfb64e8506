import type { RunBoard } from '../host/run-board.ts'

interface RunOnChangeParts {
  /** What would be run now, as text; undefined where it cannot be run. */
  prompt(): string | undefined
  run(): void
  /** Whether a picture is still on its way into the graph: there is a change when it has come. */
  isLoading(): boolean
}

/** Long enough for a gesture to end. */
const PAUSE = 500

/** Runs the graph whenever what would come out has changed; while it runs, changes wait for its end. */
export class RunOnChange {
  readonly #parts: RunOnChangeParts
  #isOn = false
  #isBusy = false
  #ran: string | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(parts: RunOnChangeParts) {
    this.#parts = parts
  }

  get isOn(): boolean {
    return this.#isOn
  }

  set isOn(isOn: boolean) {
    this.#isOn = isOn
    this.#ran = undefined
    clearTimeout(this.#timer)
    if (isOn) this.#check()
  }

  /** The graph was edited; moving a node is an edit too, but changes nothing that is run. */
  edited(): void {
    if (!this.#isOn) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#check(), PAUSE)
  }

  /** Another graph is in view: what it gives now is no change. */
  opened(): void {
    clearTimeout(this.#timer)
    if (this.#isOn) this.#ran = this.#parts.prompt()
  }

  set board({ state }: RunBoard) {
    const wasBusy = this.#isBusy
    this.#isBusy = state === 'running'
    if (wasBusy && !this.#isBusy) this.edited()
  }

  #check(): void {
    if (this.#isBusy || this.#parts.isLoading()) return
    const prompt = this.#parts.prompt()
    if (prompt === undefined || prompt === this.#ran) return
    this.#ran = prompt
    this.#parts.run()
  }
}
