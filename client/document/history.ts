import { type Change, inverse } from './change.ts'
import type { DocumentEvent, GraphDocument, Step } from './document.ts'

/** Edits of one value that follow one another this closely are one gesture, in milliseconds. */
const GESTURE = 700

interface Edit {
  readonly changes: readonly Change[]
  readonly time: number
  /** The level that was in view. */
  readonly path: readonly Step[]
  /** Made with one press of the pointer: the next press is another step. */
  readonly isWhole?: boolean
}

/** What a history holds, to put it aside and take it up again. */
export interface HistoryState {
  readonly done: Edit[]
  readonly undone: Edit[]
}

/** What the latest edit that stands has changed: the same object however often it is taken back and made again. */
export function latestOf({ done }: HistoryState): readonly Change[] | undefined {
  return done.at(-1)?.changes
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
    if (gesture !== undefined && gesture.changes.length > 0) this.#add({ ...gesture, time: this.#now(), isWhole: true })
  }

  /** Ends the gesture as if there had been none: what it has edited is put back, and is no step. */
  abandon(): void {
    const gesture = this.#gesture
    this.#gesture = undefined
    if (gesture !== undefined) this.#repeat(gesture.path, inverse(gesture.changes))
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
    this.#repeat(edit.path, changesOf(edit))
    this.#tell()
  }

  /** Edits that are no step of their own. */
  #repeat(path: readonly Step[], changes: readonly Change[]): void {
    this.#isReplaying = true
    try {
      this.#document.enter(path)
      this.#document.commit(changes)
    } finally {
      this.#isReplaying = false
    }
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
    const isNear = last !== undefined && edit.time - last.time < GESTURE
    const merged = isNear ? mergedChanges(last, edit) : undefined
    if (merged === undefined) this.#done.push(edit)
    else this.#done[this.#done.length - 1] = { ...edit, changes: merged }
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** An edit after another of the same thing as a single one: a slider that is drawn, nodes that a held key moves. */
function mergedChanges(first: Edit, second: Edit): Change[] | undefined {
  if (first.changes.length !== second.changes.length) return undefined
  const isMove = first.isWhole !== true && second.isWhole !== true
  const merged = first.changes.flatMap((a, i): Change[] => {
    const b = second.changes[i]
    if (b === undefined || !('before' in a && 'before' in b) || a.after !== b.before) return []
    const isOne = first.changes.length === 1 && a.kind === 'change-node' && b.kind === 'change-node'
    const isSame = (isMove && isMoved(a) && isMoved(b)) || (isOne && isSameParameter(a, b))
    return isSame ? [{ ...b, before: a.before } as Change] : []
  })
  return merged.length === first.changes.length ? merged : undefined
}

type NodeChange = Extract<Change, { kind: 'change-node' }>

/** Whether a node, a group or a point went elsewhere and is the same else. */
function isMoved(change: Change): boolean {
  switch (change.kind) {
    case 'change-node':
    case 'change-reroute':
      return isSameBut('position', change.before, change.after)
    case 'change-group': {
      const [before, after] = [change.before.bounding, change.after.bounding]
      return before[2] === after[2] && before[3] === after[3] && isSameBut('bounding', change.before, change.after)
    }
    default:
      return false
  }
}

function isSameBut<Thing extends object>(key: keyof Thing, before: Thing, after: Thing): boolean {
  return (Object.keys(after) as (keyof Thing)[]).every((each) => each === key || after[each] === before[each])
}

/** Whether both are of one parameter, and of nothing more. */
function isSameParameter(a: NodeChange, b: NodeChange): boolean {
  const changed = ({ before, after }: NodeChange) =>
    Object.keys({ ...before.params, ...after.params }).filter((name) => before.params[name] !== after.params[name])
  const [one, other] = [changed(a), changed(b)]
  return one.length === 1 && other.length === 1 && one[0] === other[0]
}
