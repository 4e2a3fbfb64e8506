import { createHash } from 'node:crypto'
import type { Plan, PlannedNode } from './plan.ts'

/**
 * What a node's result depends on, as one hash per node: its class, its constants, the fingerprint of what lies outside
 * the graph, and the signatures of its inputs (a Merkle tree). Linear in the graph; ids and key order do not enter.
 * @param known signatures of nodes that the plan leaves out and that its links lead to
 */
export function signatures(
  plan: Plan,
  fingerprints: ReadonlyMap<string, string>,
  known: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const signed = new Map<string, string>()
  const signatureOf = (id: string) => signed.get(id) ?? known.get(id)
  for (const id of plan.order) {
    const node = plan.nodes.get(id)!
    const text = JSON.stringify(material(node, signatureOf, fingerprints.get(id)))
    signed.set(id, createHash('sha256').update(text).digest('hex'))
  }
  return signed
}

function material(
  node: PlannedNode,
  signatureOf: (id: string) => string | undefined,
  fingerprint: string | undefined,
): unknown {
  const { description } = node
  const inputs = [...description.inputs, ...description.parameters].map(({ name }) => {
    const link = node.links[name]
    if (link !== undefined) return [name, 'link', signatureOf(link[0]), link[1]]
    return Object.hasOwn(node.values, name) ? [name, 'value', node.values[name]] : [name, 'absent']
  })
  return [description.id, fingerprint ?? null, inputs, ...(description.perNode === true ? [node.id] : [])]
}
