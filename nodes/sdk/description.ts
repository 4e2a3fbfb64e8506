import { z } from 'zod'
import type { AnyNode, OptionsSource, ParameterMeta, PictureTool } from './node.ts'
import type { SizeRule } from './size-rule.ts'
import type { SocketType } from './values.ts'

/** A node as data: what the host, the browser and the docs know of it. */
export interface NodeDescription {
  readonly id: string
  readonly title: string
  readonly summary: string
  /** Other words for what it does, by which people search it. */
  readonly aliases?: readonly string[]
  /** The folder under nodes/ that the definition is in. */
  readonly category: string
  readonly inputs: readonly InputDescription[]
  readonly parameters: readonly ParameterDescription[]
  readonly outputs: readonly OutputDescription[]
  /** How the editor sets parameters on a picture. */
  readonly tool?: PictureTool
  /** How large its pictures are. */
  readonly size?: SizeRule
  readonly outputNode: boolean
  readonly listInput: boolean
  /** None of its inputs is more than another: their pictures go on side by side, or one of them is chosen. */
  readonly equalInputs?: boolean
  /** Its result depends on its id. */
  readonly perNode?: boolean
}

export interface InputDescription {
  readonly name: string
  readonly type: SocketType
  readonly required: boolean
  /** Computed only when the node asks for it. */
  readonly lazy?: boolean
  /** The node gets the link and not its value. */
  readonly raw?: boolean
  readonly tooltip?: string
}

export interface OutputDescription {
  readonly name: string
  readonly type: SocketType
  readonly list: boolean
  readonly tooltip?: string
}

interface ParameterBase {
  readonly name: string
  /** Whether it may be left out, which means its default. */
  readonly optional?: boolean
  readonly tooltip?: string
}

export interface NumberParameter extends ParameterBase {
  readonly kind: 'INT' | 'FLOAT'
  readonly default: number
  readonly min: number
  readonly max: number
  readonly step: number
}

export interface ComboParameter extends ParameterBase {
  readonly kind: 'COMBO'
  readonly default?: string
  /** Empty where `optionsFrom` says that the host fills them in. */
  readonly options: readonly string[]
  readonly optionsFrom?: OptionsSource
}

export interface StringParameter extends ParameterBase {
  readonly kind: 'STRING'
  readonly default: string
  readonly multiline: boolean
}

export interface BooleanParameter extends ParameterBase {
  readonly kind: 'BOOLEAN'
  readonly default: boolean
}

export type ParameterDescription = NumberParameter | ComboParameter | StringParameter | BooleanParameter

/** Derives the description from the definition. @throws Error when a parameter's schema has no widget. */
export function describeNode(node: AnyNode, category: string): NodeDescription {
  return {
    id: node.id,
    title: node.title,
    summary: node.summary,
    ...(node.aliases === undefined ? {} : { aliases: node.aliases }),
    category,
    inputs: Object.entries(node.inputs).map(([name, input]) => ({
      name,
      type: input.type,
      required: input.optional !== true,
      ...(input.lazy === true ? { lazy: true } : {}),
      ...(input.raw === true ? { raw: true } : {}),
      ...(input.tooltip === undefined ? {} : { tooltip: input.tooltip }),
    })),
    parameters: Object.entries(node.parameters.shape).map(([name, schema]) =>
      describeParameter(node.id, name, schema as z.ZodType),
    ),
    outputs: Object.entries(node.outputs).map(([name, output]) => ({
      name: output.name ?? name,
      type: output.type,
      list: output.list === true,
      ...(output.tooltip === undefined ? {} : { tooltip: output.tooltip }),
    })),
    ...(node.tool === undefined ? {} : { tool: node.tool }),
    ...(node.size === undefined ? {} : { size: node.size }),
    outputNode: node.outputNode === true,
    listInput: node.listInput === true,
    ...(node.equalInputs === true ? { equalInputs: true } : {}),
    ...(node.perNode === true ? { perNode: true } : {}),
  }
}

interface JsonSchema {
  type?: string
  default?: unknown
  enum?: unknown[]
  minimum?: number
  maximum?: number
}

function describeParameter(node: string, name: string, schema: z.ZodType): ParameterDescription {
  const json = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema
  const meta = (schema.meta() ?? {}) as ParameterMeta
  const optional = meta.optional === true ? { optional: true } : {}
  const base = { name, ...optional, ...(meta.tooltip === undefined ? {} : { tooltip: meta.tooltip }) }
  if (meta.optionsFrom !== undefined) {
    return { ...base, kind: 'COMBO', options: [], optionsFrom: meta.optionsFrom, ...defaultString(json) }
  }
  if (json.enum !== undefined) {
    return { ...base, kind: 'COMBO', options: json.enum.map(String), ...defaultString(json) }
  }
  switch (json.type) {
    case 'integer':
    case 'number': {
      if (json.minimum === undefined || json.maximum === undefined || typeof json.default !== 'number') {
        throw new Error(`${node}.${name}: a number needs minimum, maximum and default`)
      }
      return {
        ...base,
        kind: json.type === 'integer' ? 'INT' : 'FLOAT',
        default: json.default,
        min: json.minimum,
        max: json.maximum,
        step: meta.step ?? (json.type === 'integer' ? 1 : 0.01),
      }
    }
    case 'boolean':
      return { ...base, kind: 'BOOLEAN', default: json.default === true }
    case 'string':
      return { ...base, kind: 'STRING', default: String(json.default ?? ''), multiline: meta.multiline === true }
    default:
      throw new Error(`${node}.${name}: no widget for a schema of type ${String(json.type)}`)
  }
}

function defaultString(json: JsonSchema): { default?: string } {
  return typeof json.default === 'string' ? { default: json.default } : {}
}
