import type { SocketType } from '../../nodes/sdk/values.ts'
import type { Task } from './task.ts'

const MODELS: ReadonlySet<SocketType> = new Set(['GENDR_MODEL', 'UPSCALE_MODEL'])
/** Tasks with everything but the model that may wait for it before nothing further is begun: each holds its pictures. */
const AHEAD = 4

/**
 * The tasks of a run that may start. What was just made possible goes first, so that little is held at once. Those that
 * use a model go one after the other, since its calls do so anyway: the first result is there when its own work is done,
 * and only its own pictures are held for it.
 */
export class ReadyTasks {
  /** The next one last. */
  readonly #tasks: Task[] = []
  #atModel: Task | undefined

  get size(): number {
    return this.#tasks.length
  }

  add(task: Task): void {
    this.#tasks.push(task)
  }

  /** Of those that were added since there were so many, the first in the plan go first. */
  arrange(since: number): void {
    const added = this.#tasks.splice(Math.min(since, this.#tasks.length))
    this.#tasks.push(...added.sort((a, b) => b.rank - a.rank))
  }

  /** The next task; undefined where there is none, or all there are wait for the model. */
  take(): Task | undefined {
    let first: Task | undefined
    for (let i = this.#tasks.length - 1, passed = 0; i >= 0 && passed < AHEAD; i--, passed++) {
      const task = this.#tasks[i]!
      if (needsModel(task)) {
        if (this.#atModel === undefined && (first === undefined || task.rank < first.rank)) first = task
      } else if (first === undefined) return this.#remove(task)
      else break
    }
    this.#atModel ??= first
    return first === undefined ? undefined : this.#remove(first)
  }

  /** To be told when a task that was taken is done, or waits for others. */
  release(task: Task): void {
    if (this.#atModel === task) this.#atModel = undefined
  }

  /** One of the last few. */
  #remove(task: Task): Task {
    this.#tasks.splice(this.#tasks.lastIndexOf(task), 1)
    return task
  }
}

/** Whether a task has a model at work, as opposed to those that load one, or only take over what others have computed. */
function needsModel({ planned, twin, unfolding }: Task): boolean {
  const { inputs, parameters } = planned.description
  return (
    twin === undefined &&
    unfolding === undefined &&
    (inputs.some(({ name, type }) => MODELS.has(type) && Object.hasOwn(planned.links, name)) ||
      parameters.some((parameter) => parameter.kind === 'COMBO' && parameter.optionsFrom === 'iqa_models'))
  )
}
