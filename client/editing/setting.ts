import type { GraphDocument, Step } from '../document/document.ts'
import { setParam } from '../document/edits.ts'

/** A parameter of a node. */
export interface Setting {
  readonly node: string
  readonly parameter: string
  /**
   * The way to its level.
   * @default the outermost level, which the form is of
   */
  readonly path?: readonly Step[]
}

/** Changes a parameter; its level comes into view, whatever an undo or another tab has left there. */
export function setParameter(document: GraphDocument, { node, parameter, path = [] }: Setting, value: unknown): void {
  document.enter(path)
  document.commit(setParam(document.graph, node, parameter, value))
}
