import { z } from 'zod'
import type { NodeDescription, ParameterDescription } from '../../nodes/sdk/description.ts'
import type { PictureTool } from '../../nodes/sdk/node.ts'
import type { SocketType } from '../../nodes/sdk/values.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { toolParameters } from './picture-tools.ts'

/**
 * Reads GET /object_info, ComfyUI's description of all nodes, back into ours. A node that cannot be read is left out:
 * one odd plugin must not take the editor away.
 */
export function readNodeTypes(objectInfo: unknown): Catalogue {
  const types = new Map<string, NodeDescription>()
  for (const [id, info] of Object.entries(z.record(z.string(), z.unknown()).parse(objectInfo))) {
    const parsed = infoSchema.safeParse(info)
    if (parsed.success) types.set(id, describe(id, parsed.data))
  }
  return types
}

/** Plugins bring types of their own; names are only ever compared. */
const socketType = z.custom<SocketType>((name) => typeof name === 'string')
/** `["IMAGE"]`, `["INT", {…}]`, `[["a", "b"], {…}]`, `["COMBO", {options: […]}]` */
const config = z.tuple([z.union([z.string(), z.array(z.unknown())])]).rest(z.unknown())
const configs = z.record(z.string(), config).default({})
const toolSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('rectangle'),
    on: z.string(),
    x: z.string(),
    y: z.string(),
    width: z.string(),
    height: z.string(),
  }),
  z.object({ kind: z.literal('level'), on: z.string(), angle: z.string() }),
])
const sizeSchema = z.object({
  of: z.string(),
  times: z.string().optional(),
  rectangle: z.object({ x: z.string(), y: z.string(), width: z.string(), height: z.string() }).optional(),
  turned: z.object({ angle: z.string(), border: z.string() }).optional(),
})
const infoSchema = z.looseObject({
  input: z.looseObject({ required: configs, optional: configs }).default({ required: {}, optional: {} }),
  input_order: z
    .looseObject({ required: z.array(z.string()).default([]), optional: z.array(z.string()).default([]) })
    .optional(),
  output: z.array(z.unknown()).default([]),
  output_is_list: z.array(z.boolean()).default([]),
  output_name: z.array(z.string()).default([]),
  output_tooltips: z.array(z.string().nullable()).nullish(),
  display_name: z.string().nullish(),
  description: z.string().nullish(),
  search_aliases: z.array(z.string()).nullish().catch(undefined),
  category: z.string().default(''),
  output_node: z.boolean().default(false),
  is_input_list: z.boolean().default(false),
  picture_tool: toolSchema.nullish().catch(undefined),
  picture_size: sizeSchema.nullish().catch(undefined),
})
const options = z
  .looseObject({
    default: z.unknown().optional(),
    min: z.number().optional().catch(undefined),
    max: z.number().optional().catch(undefined),
    step: z.number().positive().optional().catch(undefined),
    multiline: z.boolean().optional().catch(undefined),
    tooltip: z.string().optional().catch(undefined),
    options: z.array(z.unknown()).optional().catch(undefined),
    image_upload: z.boolean().optional().catch(undefined),
    forceInput: z.boolean().optional().catch(undefined),
  })
  .catch({})

type Info = z.output<typeof infoSchema>
type Config = z.output<typeof config>
type Options = z.output<typeof options>

function describe(id: string, info: Info): NodeDescription {
  const inputs: NodeDescription['inputs'][number][] = []
  const parameters: ParameterDescription[] = []
  for (const part of ['required', 'optional'] as const) {
    for (const [name, entry] of inOrder(info.input[part], info.input_order?.[part])) {
      const settings = options.parse(entry[1] ?? {})
      const parameter = settings.forceInput === true ? undefined : readParameter(name, entry, settings)
      const tooltip = settings.tooltip === undefined ? {} : { tooltip: settings.tooltip }
      if (parameter !== undefined)
        parameters.push({ ...parameter, ...tooltip, ...(part === 'optional' && { optional: true }) })
      else inputs.push({ name, type: socketType.parse(String(entry[0])), required: part === 'required', ...tooltip })
    }
  }
  return {
    id,
    title: info.display_name || id,
    summary: info.description ?? '',
    ...(info.search_aliases && { aliases: info.search_aliases }),
    category: info.category,
    inputs,
    parameters,
    outputs: info.output.map((type, i) => {
      const tooltip = info.output_tooltips?.[i]
      return {
        name: info.output_name[i] ?? String(type),
        type: socketType.parse(String(type)),
        list: info.output_is_list[i] === true,
        ...(tooltip === undefined || tooltip === null ? {} : { tooltip }),
      }
    }),
    outputNode: info.output_node,
    listInput: info.is_input_list,
    ...(info.picture_size && { size: info.picture_size }),
    ...(info.picture_tool && fits(info.picture_tool, inputs, parameters) && { tool: info.picture_tool }),
  }
}

/** Whether a node has what its tool speaks of: a picture that goes in, and numbers, those of a rectangle whole. */
function fits(
  tool: PictureTool,
  inputs: NodeDescription['inputs'],
  parameters: readonly ParameterDescription[],
): boolean {
  const kinds = tool.kind === 'rectangle' ? ['INT'] : ['INT', 'FLOAT']
  return (
    inputs.some(({ name, type }) => name === tool.on && type === 'IMAGE') &&
    toolParameters(tool).every((name) =>
      parameters.some((parameter) => parameter.name === name && kinds.includes(parameter.kind)),
    )
  )
}

/** JSON keeps no order that one may trust; `input_order` says it. */
function inOrder(entries: Readonly<Record<string, Config>>, order: readonly string[] | undefined): [string, Config][] {
  const rank = (name: string) => {
    const at = order?.indexOf(name) ?? -1
    return at < 0 ? Number.POSITIVE_INFINITY : at
  }
  return Object.entries(entries).sort(([a], [b]) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)))
}

/** Undefined for a socket. */
function readParameter(name: string, [type]: Config, settings: Options): ParameterDescription | undefined {
  if (Array.isArray(type) || type === 'COMBO') {
    const values = (Array.isArray(type) ? type : (settings.options ?? [])).map(String)
    return {
      name,
      kind: 'COMBO',
      options: values,
      ...(typeof settings.default === 'string' ? { default: settings.default } : {}),
      ...(settings.image_upload === true ? { optionsFrom: 'input_images' } : {}),
    }
  }
  switch (type) {
    case 'INT':
    case 'FLOAT': {
      const start = typeof settings.default === 'number' ? settings.default : 0
      return {
        name,
        kind: type,
        default: start,
        min: settings.min ?? Number.NEGATIVE_INFINITY,
        max: settings.max ?? Number.POSITIVE_INFINITY,
        step: settings.step ?? (type === 'INT' ? 1 : 0.01),
      }
    }
    case 'STRING':
      return {
        name,
        kind: 'STRING',
        default: typeof settings.default === 'string' ? settings.default : '',
        multiline: settings.multiline === true,
      }
    case 'BOOLEAN':
      return { name, kind: 'BOOLEAN', default: settings.default === true }
    default:
      return undefined
  }
}
