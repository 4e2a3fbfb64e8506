import type { Prompt } from '../../../server/graph/prompt.ts'
import { Narrator } from '../../../server/narration/narrator.ts'

/** What tells of the run `run` of a graph, to its client `me`. */
export function narratorOf(prompt: Prompt): Narrator {
  const shape = { classes: {}, bytes: 0 }
  return new Narrator({ id: 'run', number: 0, sequence: 0, delivery: 'files', shape, clientId: 'me', prompt })
}
