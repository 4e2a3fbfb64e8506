import { type Change, inverse } from './change.ts'
import type { DocumentEvent, GraphDocument, Step } from './document.ts'

/** Edits of one value that follow one another this closely are one gesture, in milliseconds. */
const GESTURE = 700

interface Edit {
  readonly changes: readonly Change[]
  readonly time: number
  /** The level that was in view. */
  readonly path: readonly Step[]
}

/** What a history holds, to put it aside and take it up again. */
export interface HistoryState {
  readonly done: Edit[]
  readonly undone: Edit[]
}

/** Every edit of a document since it was opened, there and back. */
export class EditHistory {
  readonly #document: GraphDocument
  readonly #now: () => number
  readonly #listeners = new Set<() => void>()
  #done: Edit[] = []
  #undone: Edit[] = []
  #isReplaying = false
  /** Edits so far of the gesture that is under way. */
  #gesture: { readonly changes: Change[]; readonly path: readonly Step[] } | undefined

  constructor(document: GraphDocument, now: () => number = () => performance.now()) {
    this.#document = document
    this.#now = now
    document.subscribe((event) => this.#hear(event))
  }

  get canUndo(): boolean {
    return this.#done.length > 0
  }

  get canRedo(): boolean {
    return this.#undone.length > 0
  }

  get state(): HistoryState {
    return { done: this.#done, undone: this.#undone }
  }

  set state({ done, undone }: HistoryState) {
    this.#done = done
    this.#undone = undone
    this.#tell()
  }

  undo(): void {
    this.#replay(this.#done, this.#undone, (edit) => inverse(edit.changes))
  }

  redo(): void {
    this.#replay(this.#undone, this.#done, (edit) => edit.changes)
  }

  /** Whatever is edited meanwhile is one step. */
  together<Result>(act: () => Result): Result {
    if (this.#gesture !== undefined) return act()
    this.begin()
    try {
      return act()
    } finally {
      this.end()
    }
  }

  /** Until `end`, whatever is edited is one step. */
  begin(): void {
    this.end()
    this.#gesture = { changes: [], path: this.#document.path }
  }

  end(): void {
    const gesture = this.#gesture
    this.#gesture = undefined
    if (gesture !== undefined && gesture.changes.length > 0) this.#add({ ...gesture, time: this.#now() })
  }

  /** Calls whenever there may be more or less to undo. @returns a function that ends the subscription */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #replay(from: Edit[], to: Edit[], changesOf: (edit: Edit) => readonly Change[]): void {
    this.end()
    const edit = from.pop()
    if (edit === undefined) return
    // What follows is a gesture of its own.
    to.push({ ...edit, time: Number.NEGATIVE_INFINITY })
    this.#isReplaying = true
    try {
      this.#document.enter(edit.path)
      this.#document.commit(changesOf(edit))
    } finally {
      this.#isReplaying = false
    }
    this.#tell()
  }

  #hear(event: DocumentEvent): void {
    if (event.kind === 'opened') {
      this.#done = []
      this.#undone = []
      this.#gesture = undefined
      this.#tell()
    } else if (event.kind === 'edited' && !this.#isReplaying) {
      this.#undone = []
      if (this.#gesture !== undefined) this.#gesture.changes.push(...event.changes)
      else this.#add({ changes: event.changes, time: this.#now(), path: this.#document.path })
    }
  }

  #add(edit: Edit): void {
    const last = this.#done.at(-1)
    const merged = last && edit.time - last.time < GESTURE ? mergedChange(last.changes, edit.changes) : undefined
    if (merged === undefined) this.#done.push(edit)
    else this.#done[this.#done.length - 1] = { ...edit, changes: [merged] }
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** One change of a node's parameter after another of the same, such as a slider that is drawn, as a single one. */
function mergedChange(first: readonly Change[], second: readonly Change[]): Change | undefined {
  const [a, b] = [first[0], second[0]]
  if (first.length !== 1 || second.length !== 1 || a?.kind !== 'change-node' || b?.kind !== 'change-node')
    return undefined
  const changed = (change: typeof a) =>
    Object.keys({ ...change.before.params, ...change.after.params }).filter(
      (name) => change.before.params[name] !== change.after.params[name],
    )
  const [one, other] = [changed(a), changed(b)]
  const isSame = a.after === b.before && one.length === 1 && other.length === 1 && one[0] === other[0]
  return isSame ? { ...b, before: a.before } : undefined
}
