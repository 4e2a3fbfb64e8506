import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Catalogue } from './catalogue.ts'
import { type Prompt, type PromptNode, promptNodeSchema } from './prompt.ts'

/**
 * Overrides parameters of a graph: `node.parameter=value`, where node is an id, else a title, else a class_type, or
 * `parameter=value` where only one node of the graph has it. The graph need not be valid; what is no node stays as it is,
 * for validation to refuse.
 * @throws RestorationError `workflow_invalid` when no node or more than one answers to the name, or its class has no such
 *   parameter; what the graph says already may be changed in any case
 */
export function applySettings(prompt: Prompt, settings: readonly string[], catalogue: Catalogue): Prompt {
  if (typeof prompt !== 'object' || prompt === null) return prompt
  const names = namesOf(prompt, catalogue)
  const changes = new Map<string, Map<string, string>>()
  for (const setting of settings) {
    const equals = setting.indexOf('=')
    if (equals < 0) throw malformed(setting)
    const { id, parameter } = placeOf(setting.slice(0, equals), names)
    const isThere = Object.hasOwn({ ...prompt[id]!.inputs }, parameter)
    if (!isThere) refuseStranger(catalogue.get(names.classOf.get(id)!), parameter, setting)
    changes.set(id, (changes.get(id) ?? new Map()).set(parameter, setting.slice(equals + 1)))
  }
  const changed = Array.from(changes, ([id, values]): [string, PromptNode] => {
    const node = prompt[id]!
    return [id, { ...node, inputs: { ...node.inputs, ...Object.fromEntries(values) } }]
  })
  return { ...prompt, ...Object.fromEntries(changed) }
}

/** A parameter of a node of a graph. */
export interface Place {
  readonly id: string
  readonly parameter: string
}

/** Where a setting leads, by what stands before its `=`. @throws RestorationError `workflow_invalid` */
export function placeNamed(prompt: Prompt, name: string, catalogue: Catalogue): Place {
  return placeOf(name, namesOf(prompt, catalogue))
}

/** The id of the node that has a name: an id, else a title, else a class_type. @throws RestorationError `workflow_invalid` */
export function nodeNamed(prompt: Prompt, name: string): string {
  return findNode(namesOf(prompt, new Map()), name, name)
}

/** What the nodes of a graph answer to: the class of each id, and the ids of each title, class and parameter. */
interface Names {
  readonly classOf: ReadonlyMap<string, string>
  readonly byTitle: ReadonlyMap<string, readonly string[]>
  readonly byClass: ReadonlyMap<string, readonly string[]>
  readonly byParameter: ReadonlyMap<string, readonly string[]>
}

/** Read once for all settings: there may be as many of them as a graph has nodes. */
function namesOf(prompt: Prompt, catalogue: Catalogue): Names {
  const classOf = new Map<string, string>()
  const byTitle = new Map<string, string[]>()
  const byClass = new Map<string, string[]>()
  const byParameter = new Map<string, string[]>()
  for (const [id, value] of Object.entries(prompt)) {
    const { data: node } = promptNodeSchema.safeParse(value)
    if (node === undefined) continue
    classOf.set(id, node.class_type)
    add(byClass, node.class_type, id)
    if (node._meta?.title !== undefined) add(byTitle, node._meta.title, id)
    for (const { name } of catalogue.get(node.class_type)?.parameters ?? []) add(byParameter, name, id)
  }
  return { classOf, byTitle, byClass, byParameter }
}

function add(ids: Map<string, string[]>, name: string, id: string): void {
  const known = ids.get(name)
  if (known === undefined) ids.set(name, [id])
  else known.push(id)
}

/** Ids, or names of parameters, that an error names. */
const MOST_NAMED = 30

function placeOf(name: string, names: Names): Place {
  const dot = name.lastIndexOf('.')
  if (dot === 0 || dot === name.length - 1) throw malformed(name)
  if (dot < 0) return { id: onlyNodeWith(name, names), parameter: name }
  return { id: findNode(names, name.slice(0, dot), name), parameter: name.slice(dot + 1) }
}

function malformed(setting: string): RestorationError {
  return new RestorationError(
    'workflow_invalid',
    `Expected node.parameter=value but received '${setting}'.`,
    'Write for example LoadImage.image=photo.jpg.',
  )
}

function onlyNodeWith(parameter: string, { classOf, byParameter }: Names): string {
  const found = byParameter.get(parameter) ?? []
  if (found.length === 1) return found[0]!
  const named = found.slice(0, MOST_NAMED).map((id) => `${id}.${parameter} (${classOf.get(id)})`)
  const alone = [...byParameter].filter(([, ids]) => ids.length === 1).map(([name]) => name)
  throw new RestorationError(
    'workflow_invalid',
    `${found.length === 0 ? 'No node of the graph has' : `${found.length} nodes of the graph have`} a parameter '${parameter}'.`,
    found.length === 0
      ? `Write node.parameter=value, or name one of: ${alone.slice(0, MOST_NAMED).join(', ')}.`
      : `Name one: ${named.join(', ')}.`,
  )
}

function findNode({ classOf, byTitle, byClass }: Names, name: string, asked: string): string {
  if (classOf.has(name)) return name
  const found = byTitle.get(name) ?? byClass.get(name) ?? []
  if (found.length === 1) return found[0]!
  const named = (found.length === 0 ? [...classOf.keys()] : found).slice(0, MOST_NAMED)
  throw new RestorationError(
    'workflow_invalid',
    `'${asked}' names ${found.length === 0 ? 'no node' : `${found.length} nodes`} of the graph.`,
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
