import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { harmless, partsOf } from '../../nodes/sdk/file-name.ts'
import type { Catalogue } from './catalogue.ts'
import { pictureName } from './loaded-pictures.ts'
import type { Prompt, PromptNode } from './prompt.ts'
import { firstValue, parameterValues } from './widget-values.ts'
import type { WorkflowNode } from './workflow.ts'

/** Nodes that save go by the same field as ComfyUI's. */
const FILENAME = 'filename_prefix'
/** No file system takes a longer path, and none of its parts may be longer than the second. */
const LONGEST = 4096
const LONGEST_PART = 255

/** The names that nodes of a workflow save by, filled in. @param nodes all of its nodes, those inside of subgraphs too */
export function withFilenames(prompt: Prompt, nodes: readonly WorkflowNode[], catalogue: Catalogue, now: Date): Prompt {
  const fieldOf = fieldValues(nodes, prompt, catalogue)
  const filled = Object.entries(prompt).flatMap(([id, node]): [string, PromptNode][] => {
    const prefix = node.inputs[FILENAME]
    const isSaving = catalogue.get(node.class_type)?.outputNode === true
    if (!isSaving || typeof prefix !== 'string' || !prefix.includes('%')) return []
    return [[id, { ...node, inputs: { ...node.inputs, [FILENAME]: fillFilename(prefix, fieldOf, now) } }]]
  })
  return filled.length === 0 ? prompt : { ...prompt, ...Object.fromEntries(filled) }
}

/** The value of a node's field; undefined where there is no such node, or no such field. */
export type FieldValue = (node: string, field: string) => unknown

/**
 * A `filename_prefix` with what ComfyUI's browser fills in before it sends a graph (searchAndReplace.ts): `%date:FORMAT%`,
 * and `%node.field%`, in which no character stays that a name must not have. `%node.field.stem%` is ours: of a file only
 * its name, without folder and extension. Everything else is left for the host, and so is what would be longer than any path.
 */
export function fillFilename(prefix: string, fieldOf: FieldValue, now: Date): string {
  if (prefix.length > LONGEST) return prefix
  const filled = prefix.replaceAll(/%([^%]+)%/g, (pattern, text: string) => {
    if (text.startsWith('date:')) return formatDate(text.slice('date:'.length), now)
    const [node = '', field, part, ...more] = text.split('.')
    const isKnown = field !== undefined && (part === undefined || part === 'stem') && more.length === 0
    const value = isKnown ? fieldOf(node, field) : undefined
    if (value === undefined || value === null) return pattern
    return harmless((part === 'stem' ? stemOf(String(value)) : String(value)).slice(0, LONGEST_PART))
  })
  return filled.length > LONGEST ? prefix : filled
}

/** `old/photo.png [output]` is `photo`. */
export function stemOf(file: string): string {
  return partsOf(pictureName(file)).stem
}

/** ComfyUI's formatUtil.ts: a letter is the number, two are two digits of it, `yyyy` is the whole year. */
function formatDate(format: string, date: Date): string {
  const numbers: Readonly<Record<string, number>> = {
    d: date.getDate(),
    M: date.getMonth() + 1,
    h: date.getHours(),
    m: date.getMinutes(),
    s: date.getSeconds(),
  }
  return format.replaceAll(/dd?|MM?|hh?|mm?|ss?|yyyy|yy/g, (part) => {
    const year = String(date.getFullYear())
    return part.startsWith('y') ? year.slice(-part.length) : String(numbers[part[0]!]).padStart(part.length, '0')
  })
}

/**
 * The fields of a file's nodes by what people call them: the first node that has this name in its properties counts, else
 * the first that has it as its title. Nothing is gathered of a node twice, nor of one that nobody asks for.
 */
function fieldValues(nodes: readonly WorkflowNode[], prompt: Prompt, catalogue: Catalogue): FieldValue {
  let called: ReadonlyMap<string, WorkflowNode> | undefined
  const known = new Map<WorkflowNode, ReadonlyMap<string, unknown>>()
  return (name, field) => {
    called ??= nodesByName(nodes, catalogue)
    const node = called.get(name)
    if (node === undefined) return undefined
    const fields = known.get(node) ?? fieldsOf(node, prompt[String(node.id)], catalogue.get(node.type))
    known.set(node, fields)
    const value = fields.get(field)
    return typeof value === 'object' ? undefined : value
  }
}

function fieldsOf(
  node: WorkflowNode,
  run: PromptNode | undefined,
  description: NodeDescription | undefined,
): ReadonlyMap<string, unknown> {
  // A list is a link; what the field has itself is what a person sees there.
  const values = Object.entries(run?.inputs ?? {}).filter(([, value]) => !Array.isArray(value))
  return new Map([...Object.entries(ownFields(node, description)), ...values])
}

function ownFields(node: WorkflowNode, description: NodeDescription | undefined): Record<string, unknown> {
  if (node.type === 'PrimitiveNode') return { value: firstValue(node) }
  const named = node.rest.widgets_values_named
  return { ...(typeof named === 'object' ? named : {}), ...parameterValues(node, description) }
}

function nodesByName(nodes: readonly WorkflowNode[], catalogue: Catalogue): ReadonlyMap<string, WorkflowNode> {
  const reversed = [...nodes].reverse()
  const titles = reversed.map((node): [string, WorkflowNode] => [
    node.title ?? catalogue.get(node.type)?.title ?? node.type,
    node,
  ])
  const names = reversed.flatMap((node): [string, WorkflowNode][] => {
    const name = node.properties['Node name for S&R'] ?? (catalogue.has(node.type) ? node.type : undefined)
    return typeof name === 'string' ? [[name, node]] : []
  })
  return new Map([...titles, ...names])
}
