import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Plan, PlannedNode } from './plan.ts'

/**
 * What a node's result depends on, as one hash per node: its class, its constants, the fingerprint of what lies outside
 * the graph, and the signatures of its inputs (a Merkle tree). Linear in the graph; ids and key order do not enter.
 */
export function signatures(plan: Plan, fingerprints: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const known = new Map<string, string>()
  for (const id of plan.order) {
    const node = plan.nodes.get(id)!
    known.set(id, bytesToHex(sha256(utf8ToBytes(JSON.stringify(material(node, known, fingerprints.get(id)))))))
  }
  return known
}

function material(node: PlannedNode, known: ReadonlyMap<string, string>, fingerprint: string | undefined): unknown {
  const inputs = [...node.description.inputs, ...node.description.parameters].map(({ name }) => {
    const link = node.links[name]
    if (link !== undefined) return [name, 'link', known.get(link[0]), link[1]]
    return Object.hasOwn(node.values, name) ? [name, 'value', node.values[name]] : [name, 'absent']
  })
  return [node.description.id, fingerprint ?? null, inputs]
}
