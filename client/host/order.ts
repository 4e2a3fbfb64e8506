import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { Prompt } from '../../server/graph/prompt.ts'
import type { Graph } from '../document/graph.ts'
import { runTitle, whyEmpty } from '../document/run-nodes.ts'
import { writePrompt, writeWorkflow } from '../document/write-workflow.ts'
import type { Drawn } from './refusal.ts'

/** What is run: a graph as the host takes it, with the file that results will carry. */
export interface Order {
  readonly prompt: Prompt
  readonly workflow: unknown
  /** What the run will be called; the host finds a name for it where it is left out. */
  readonly id?: string
  /** For words about it. */
  readonly drawn?: Drawn
  /** Output nodes to run; all of them by default. */
  readonly targets?: readonly string[]
  /** The tab that it is of. */
  readonly origin?: string
  /** Which version of its document it is. */
  readonly version?: number
  readonly upTo?: UpTo
}

/** The node that a run goes up to, and the node of the run that shows its picture, both as the run calls them. */
export interface UpTo {
  readonly node: string
  readonly shown: string
}

/** The graph as it is now, to be run as a whole. @param now for names of files that have the date */
export function orderOf(graph: Graph, types: Catalogue, now: Date = new Date()): Order {
  return {
    prompt: writePrompt(graph, types, now),
    workflow: writeWorkflow(graph, types),
    drawn: {
      titleOf: (node, type) => runTitle(graph, node, types) ?? types.get(type)?.title ?? type,
      whyEmpty: (node, input) => whyEmpty(graph, node, input, types),
    },
  }
}
