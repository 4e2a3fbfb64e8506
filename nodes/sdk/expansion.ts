/** One node of a graph as a node sees it: constants by name, or links `[id, output index]`. */
export interface GraphNode {
  readonly class_type: string
  readonly inputs: Readonly<Record<string, unknown>>
}

export type GraphLink = readonly [id: string, output: number]

/**
 * What a node may return in place of its outputs: a graph to run instead of it (ComfyUI: `expand`).
 * A link names a node of `nodes` if there is one of that id, else one of the graph around it; constants are JSON.
 */
export class Expansion {
  readonly nodes: Readonly<Record<string, GraphNode>>
  /** What the node's own outputs become, by name: links, constants, or for a list output an array of either. */
  readonly outputs: Readonly<Record<string, unknown>>

  constructor(nodes: Readonly<Record<string, GraphNode>>, outputs: Readonly<Record<string, unknown>>) {
    this.nodes = nodes
    this.outputs = outputs
  }
}
