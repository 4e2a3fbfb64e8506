import { RestorationError } from '../../nodes/sdk/error.ts'
import { type Prompt, type PromptNode, promptNodeSchema } from './prompt.ts'

/**
 * Overrides parameters of a graph: `node.parameter=value`, where node is an id, else a title, else a class_type.
 * The graph need not be valid; what is no node stays as it is, for validation to refuse.
 * @throws RestorationError `workflow_invalid` when no node or more than one answers to the name
 */
export function applySettings(prompt: Prompt, settings: readonly string[]): Prompt {
  if (typeof prompt !== 'object' || prompt === null) return prompt
  const changed: Record<string, PromptNode> = { ...prompt }
  for (const setting of settings) {
    const { node, parameter, value } = parseSetting(setting)
    const id = findNode(changed, node, setting)
    const target = changed[id]!
    changed[id] = { ...target, inputs: { ...target.inputs, [parameter]: value } }
  }
  return changed
}

function parseSetting(setting: string): { node: string; parameter: string; value: string } {
  const equals = setting.indexOf('=')
  const dot = setting.lastIndexOf('.', equals)
  if (equals < 0 || dot <= 0 || dot + 1 === equals) {
    throw new RestorationError(
      'workflow_invalid',
      `Expected node.parameter=value but received '${setting}'.`,
      'Write for example LoadImage.image=photo.jpg.',
    )
  }
  return { node: setting.slice(0, dot), parameter: setting.slice(dot + 1, equals), value: setting.slice(equals + 1) }
}

function findNode(prompt: Prompt, name: string, setting: string): string {
  const entries = Object.entries(prompt).filter(([, node]) => promptNodeSchema.safeParse(node).success)
  if (entries.some(([id]) => id === name)) return name
  const titled = entries.filter(([, node]) => node._meta?.title === name)
  const found = titled.length > 0 ? titled : entries.filter(([, node]) => node.class_type === name)
  if (found.length === 1) return found[0]![0]
  const names = entries.slice(0, 30).map(([id, node]) => `${id} (${node.class_type})`)
  throw new RestorationError(
    'workflow_invalid',
    `'${setting}' names ${found.length === 0 ? 'no node' : `${found.length} nodes`} of the graph.`,
    found.length === 0 ? `Name one of: ${names.join(', ')}.` : `Use the id: ${found.map(([id]) => id).join(', ')}.`,
  )
}
