import type { Prompt } from '../../server/graph/prompt.ts'

/** A graph of nodes that only have ids. */
export function promptOf(...ids: readonly string[]): Prompt {
  return Object.fromEntries(ids.map((id) => [id, { class_type: 'ImageInvert', inputs: {} }]))
}
