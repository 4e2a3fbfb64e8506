import { type Change, inverse } from './change.ts'
import type { DocumentEvent, GraphDocument } from './document.ts'

/** Edits of one value that follow one another this closely are one gesture, in milliseconds. */
const GESTURE = 700

interface Edit {
  readonly changes: readonly Change[]
  readonly time: number
}

/** Every edit of a document since it was opened, there and back. */
export class EditHistory {
  readonly #document: GraphDocument
  readonly #now: () => number
  #done: Edit[] = []
  #undone: Edit[] = []
  #isReplaying = false

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

  undo(): void {
    this.#replay(this.#done, this.#undone, (edit) => inverse(edit.changes))
  }

  redo(): void {
    this.#replay(this.#undone, this.#done, (edit) => edit.changes)
  }

  #replay(from: Edit[], to: Edit[], changesOf: (edit: Edit) => readonly Change[]): void {
    const edit = from.pop()
    if (edit === undefined) return
    // What follows is a gesture of its own.
    to.push({ ...edit, time: Number.NEGATIVE_INFINITY })
    this.#isReplaying = true
    try {
      this.#document.commit(changesOf(edit))
    } finally {
      this.#isReplaying = false
    }
  }

  #hear(event: DocumentEvent): void {
    if (event.kind === 'opened') {
      this.#done = []
      this.#undone = []
    } else if (!this.#isReplaying) {
      this.#undone = []
      this.#add({ changes: event.changes, time: this.#now() })
    }
  }

  #add(edit: Edit): void {
    const last = this.#done.at(-1)
    const merged = last && edit.time - last.time < GESTURE ? mergedChange(last.changes, edit.changes) : undefined
    if (merged === undefined) this.#done.push(edit)
    else this.#done[this.#done.length - 1] = { changes: [merged], time: edit.time }
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
  return isSame ? { kind: 'change-node', before: a.before, after: b.after } : undefined
}
