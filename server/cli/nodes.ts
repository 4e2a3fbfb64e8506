import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { WORK_OPTIONS, workSettings } from '../config.ts'
import type { Command } from './command.ts'
import { Workbench } from './workbench.ts'

export const nodesCommand: Command = {
  usage: 'nodes',
  summary: 'List the nodes with their inputs, parameters and outputs',
  options: WORK_OPTIONS,
  operands: [0, 0],
  async run(_operands, flags, environment) {
    const workbench = await Workbench.open(workSettings(flags, environment))
    try {
      const catalogue = await workbench.surroundings.catalogue()
      process.stdout.write(listing([...catalogue.values()]))
      return 0
    } finally {
      await workbench.close()
    }
  },
}

/** The catalogue as text, category by category. */
function listing(nodes: readonly NodeDescription[]): string {
  const categories = [...new Set(nodes.map((node) => node.category))].sort()
  return categories
    .map((category) => {
      const own = nodes.filter((node) => node.category === category).sort((a, b) => a.id.localeCompare(b.id))
      return `${category}\n${own.map(paragraph).join('')}`
    })
    .join('\n')
}

function paragraph(node: NodeDescription): string {
  const inputs = node.inputs.map(({ name, type, required }) => `${name}${required ? '' : '?'}: ${type}`)
  const parameters = node.parameters.map((parameter) =>
    parameter.default === undefined ? parameter.name : `${parameter.name} = ${parameter.default}`,
  )
  const outputs = node.outputs.map(({ name, type, list }) => `${name}: ${type}${list ? ' list' : ''}`)
  return `  ${node.id}(${[...inputs, ...parameters].join(', ')}) → ${outputs.join(', ') || 'saves or shows'}\n    ${node.summary}\n`
}
