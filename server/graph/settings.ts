import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Catalogue } from './catalogue.ts'
import { type Prompt, type PromptNode, promptNodeSchema } from './prompt.ts'

/**
 * Overrides parameters of a graph: `node.parameter=value`, where node is an id, else a title, else a class_type.
 * The graph need not be valid; what is no node stays as it is, for validation to refuse.
 * @throws RestorationError `workflow_invalid` when no node or more than one answers to the name, or its class has no such
 *   parameter; what the graph says already may be changed in any case
 */
export function applySettings(prompt: Prompt, settings: readonly string[], catalogue: Catalogue): Prompt {
  if (typeof prompt !== 'object' || prompt === null) return prompt
  const names = namesOf(prompt)
  const changes = new Map<string, Map<string, string>>()
  for (const setting of settings) {
    const { node, parameter, value } = parseSetting(setting)
    const id = findNode(names, node, setting)
    const isThere = Object.hasOwn({ ...prompt[id]!.inputs }, parameter)
    if (!isThere) refuseStranger(catalogue.get(names.classOf.get(id)!), parameter, setting)
    changes.set(id, (changes.get(id) ?? new Map()).set(parameter, value))
  }
  const changed = Array.from(changes, ([id, values]): [string, PromptNode] => {
    const node = prompt[id]!
    return [id, { ...node, inputs: { ...node.inputs, ...Object.fromEntries(values) } }]
  })
  return { ...prompt, ...Object.fromEntries(changed) }
}

/** What the nodes of a graph answer to: the class of each id, and the ids of each title and class. */
interface Names {
  readonly classOf: ReadonlyMap<string, string>
  readonly byTitle: ReadonlyMap<string, readonly string[]>
  readonly byClass: ReadonlyMap<string, readonly string[]>
}

/** Read once for all settings: there may be as many of them as a graph has nodes. */
function namesOf(prompt: Prompt): Names {
  const classOf = new Map<string, string>()
  const byTitle = new Map<string, string[]>()
  const byClass = new Map<string, string[]>()
  for (const [id, value] of Object.entries(prompt)) {
    const { data: node } = promptNodeSchema.safeParse(value)
    if (node === undefined) continue
    classOf.set(id, node.class_type)
    add(byClass, node.class_type, id)
    if (node._meta?.title !== undefined) add(byTitle, node._meta.title, id)
  }
  return { classOf, byTitle, byClass }
}

function add(ids: Map<string, string[]>, name: string, id: string): void {
  const known = ids.get(name)
  if (known === undefined) ids.set(name, [id])
  else known.push(id)
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

/** Ids that an error names. */
const MOST_NAMED = 30

function findNode({ classOf, byTitle, byClass }: Names, name: string, setting: string): string {
  if (classOf.has(name)) return name
  const found = byTitle.get(name) ?? byClass.get(name) ?? []
  if (found.length === 1) return found[0]!
  const named = (found.length === 0 ? [...classOf.keys()] : found).slice(0, MOST_NAMED)
  throw new RestorationError(
    'workflow_invalid',
    `'${setting}' names ${found.length === 0 ? 'no node' : `${found.length} nodes`} of the graph.`,
    found.length === 0
      ? `Name one of: ${named.map((id) => `${id} (${classOf.get(id)})`).join(', ')}.`
      : `Use the id: ${named.join(', ')}.`,
  )
}

/** A misspelt parameter would be ignored, as everything is that a node does not know. */
function refuseStranger(description: NodeDescription | undefined, parameter: string, setting: string): void {
  if (description === undefined) return
  const own = [...description.parameters, ...description.inputs].map(({ name }) => name)
  if (own.includes(parameter)) return
  throw new RestorationError(
    'workflow_invalid',
    `'${setting}' names no parameter of ${description.id}.`,
    own.length === 0 ? 'It has none.' : `Name one of: ${own.join(', ')}.`,
  )
}
