import type { InputDescription, NodeDescription, ParameterDescription } from '../../nodes/sdk/description.ts'
import type { PictureTool } from '../../nodes/sdk/node.ts'
import type { SizeRule } from '../../nodes/sdk/size-rule.ts'
import { type Choices, optionsOf } from './catalogue.ts'
import { isWidgetType } from './link-types.ts'

/** A node as ComfyUI's GET /object_info describes it (server.py, node_info). */
export interface ObjectInfo {
  readonly input: { readonly required: Record<string, InputConfig>; readonly optional: Record<string, InputConfig> }
  readonly input_order: { readonly required: readonly string[]; readonly optional: readonly string[] }
  readonly output: readonly string[]
  readonly output_is_list: readonly boolean[]
  readonly output_name: readonly string[]
  readonly output_tooltips?: readonly (string | null)[]
  readonly name: string
  readonly display_name: string
  readonly description: string
  readonly search_aliases?: readonly string[]
  readonly python_module: string
  readonly category: string
  readonly output_node: boolean
  readonly is_input_list: boolean
  /** Ours: what the editor sets on a picture. */
  readonly picture_tool?: PictureTool
  /** Ours: how large its pictures are. */
  readonly picture_size?: SizeRule
}

/** `[type, options]`; the type of a combo is the list of its options. */
export type InputConfig = readonly [string | readonly string[], Readonly<Record<string, unknown>>]

export function objectInfo(node: NodeDescription, choices: Choices): ObjectInfo {
  const all = [...node.inputs, ...node.parameters]
  const required = all.filter((input) => !isOptional(input))
  const optional = all.filter(isOptional)
  return {
    input: { required: configs(required, choices), optional: configs(optional, choices) },
    input_order: { required: required.map((input) => input.name), optional: optional.map((input) => input.name) },
    output: node.outputs.map((output) => output.type),
    output_is_list: node.outputs.map((output) => output.list),
    output_name: node.outputs.map((output) => output.name),
    ...(node.outputs.some((output) => output.tooltip !== undefined)
      ? { output_tooltips: node.outputs.map((output) => output.tooltip ?? null) }
      : {}),
    name: node.id,
    display_name: node.title,
    description: node.summary,
    ...(node.aliases === undefined ? {} : { search_aliases: node.aliases }),
    python_module: 'nodes',
    category: node.category,
    output_node: node.outputNode,
    is_input_list: node.listInput,
    ...(node.tool === undefined ? {} : { picture_tool: node.tool }),
    ...(node.size === undefined ? {} : { picture_size: node.size }),
  }
}

/** Inputs or parameters in the order in which ComfyUI shows them and writes their values: what may be left out comes last. */
export function optionalLast<T extends InputDescription | ParameterDescription>(inputs: readonly T[]): readonly T[] {
  return [...inputs.filter((input) => !isOptional(input)), ...inputs.filter(isOptional)]
}

export function isOptional(input: InputDescription | ParameterDescription): boolean {
  return 'required' in input ? !input.required : input.optional === true
}

/** How one input or parameter stands in /object_info and in validation errors. */
export function inputConfig(input: InputDescription | ParameterDescription, choices: Choices): InputConfig {
  const tooltip = input.tooltip === undefined ? {} : { tooltip: input.tooltip }
  if ('type' in input) {
    const kind = {
      ...(isWidgetType(input.type) && { forceInput: true }),
      ...(input.lazy === true && { lazy: true }),
      ...(input.raw === true && { rawLink: true }),
    }
    return [input.type, { ...kind, ...tooltip }]
  }
  switch (input.kind) {
    case 'INT':
    case 'FLOAT':
      return [input.kind, { default: input.default, min: input.min, max: input.max, step: input.step, ...tooltip }]
    case 'STRING':
      return ['STRING', { default: input.default, multiline: input.multiline, ...tooltip }]
    case 'BOOLEAN':
      return ['BOOLEAN', { default: input.default, ...tooltip }]
    case 'COMBO':
      return [
        optionsOf(input, choices),
        {
          ...(input.default === undefined ? {} : { default: input.default }),
          ...(input.optionsFrom === 'input_images' ? { image_upload: true } : {}),
          ...tooltip,
        },
      ]
  }
}

function configs(
  inputs: readonly (InputDescription | ParameterDescription)[],
  choices: Choices,
): Record<string, InputConfig> {
  return Object.fromEntries(inputs.map((input) => [input.name, inputConfig(input, choices)]))
}
