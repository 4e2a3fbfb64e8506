import type { RunContext } from '../../nodes/sdk/context.ts'
import type { AnyNode } from '../../nodes/sdk/node.ts'
import type { PlannedNode } from '../graph/plan.ts'
import { parseParameters } from './call-node.ts'

/** The folder of the nodes that only hold a value. */
const CATEGORY = 'primitive'

/** The parameters of a graph's nodes as far as they are known before anything runs: typed in, or held by another node. */
export class Constants {
  /** What nodes that only hold a value give, by output. */
  readonly #held = new Map<string, readonly unknown[]>()

  /** Notes what a node holds. Sources come first. */
  async add(planned: PlannedNode, node: AnyNode, contextOf: () => RunContext): Promise<void> {
    if (planned.description.category !== CATEGORY) return
    try {
      const parameters = this.parametersOf(planned, node)
      if (parameters === undefined) return
      const outputs = await node.run({}, parameters, contextOf())
      this.#held.set(
        planned.id,
        Object.keys(node.outputs).map((name) => outputs[name]),
      )
    } catch {
      // A value that it cannot hold is told of when it runs.
    }
  }

  /** The value of one parameter; undefined where it comes from a node that does more than to hold a value. */
  valueOf({ values, links }: PlannedNode, name: string): unknown {
    if (!Object.hasOwn(links, name)) return values[name]
    const [source, slot] = links[name]!
    return this.#held.get(source)?.[slot]
  }

  /**
   * The parameters of a node; undefined where one comes from a node that does more than to hold a value.
   * @throws RestorationError `invalid_input` where one cannot be what it is
   */
  parametersOf({ values, links }: PlannedNode, node: AnyNode): unknown {
    const all = { ...values }
    for (const name of Object.keys(node.parameters.shape)) {
      if (!Object.hasOwn(links, name)) continue
      const [source, slot] = links[name]!
      const held = this.#held.get(source)
      if (held === undefined) return undefined
      all[name] = held[slot]
    }
    return parseParameters(node, all)
  }
}
