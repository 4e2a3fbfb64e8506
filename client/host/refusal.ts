import { z } from 'zod'
import { fieldLabel } from '../document/parameters.ts'

const problem = z.looseObject({
  type: z.string().default(''),
  message: z.string().default(''),
  details: z.string().default(''),
  extra_info: z
    .looseObject({
      remedy: z.string().optional(),
      input_name: z.string().optional(),
      received_value: z.unknown().optional(),
    })
    .default({}),
})
const refusalSchema = z.looseObject({
  error: problem.optional(),
  node_errors: z
    .record(z.string(), z.looseObject({ errors: z.array(problem).default([]), class_type: z.string().default('') }))
    .default({})
    .catch({}),
})

const MOST_LISTED = 4
/** ComfyUI's own words for it say nothing to who drew the graph; what is wrong comes below. */
const CANNOT_RUN = 'This graph cannot run yet.'

export interface Refusal {
  readonly message: string
  readonly remedy: string
  /** A sentence for each node that is to blame. */
  readonly nodes: ReadonlyMap<string, string>
}

/** The graph that was refused, as it is drawn. */
export interface Drawn {
  /** @param type what the host calls it, for a node that is not drawn */
  titleOf(node: string, type: string): string
  /** Why nothing comes through the link into an input; undefined where there is no link. */
  whyEmpty(node: string, input: string): string | undefined
}

const UNSEEN: Drawn = { titleOf: (_, type) => type, whyEmpty: () => undefined }

/** Says in words why the host refused; it also answers 200 with errors, when only a part of the graph runs. */
export function readRefusal(body: unknown, drawn = UNSEEN): Refusal {
  const parsed = refusalSchema.safeParse(body)
  const { error, node_errors } = parsed.success ? parsed.data : { error: undefined, node_errors: {} }
  const nodes = Object.entries(node_errors).map(([id, { errors }]): [string, string] => [
    id,
    errors.map((problem) => say(problem, (input) => drawn.whyEmpty(id, input))).join('\n'),
  ])
  const named = Object.entries(node_errors).map(
    ([id, { class_type }], i) => `${drawn.titleOf(id, class_type)}: ${nodes[i]?.[1]}`,
  )
  return {
    message: nodes.length > 0 ? CANNOT_RUN : error?.message || 'The host refused this graph.',
    remedy: error?.extra_info.remedy ?? listed(named),
    nodes: new Map(nodes),
  }
}

/** The first few; the nodes themselves say the rest. */
function listed(sentences: readonly string[]): string {
  const more = sentences.length - MOST_LISTED
  return [...sentences.slice(0, MOST_LISTED), ...(more > 0 ? [`… and ${more} more, each with a red frame.`] : [])].join(
    '\n',
  )
}

type Problem = z.output<typeof problem>

function say(
  { type, message, details, extra_info: { input_name, remedy, received_value: value } }: Problem,
  whyEmpty: (input: string) => string | undefined,
): string {
  const name = input_name ?? details
  const input = fieldLabel(name)
  switch (type) {
    case 'required_input_missing':
      return whyEmpty(name) ?? `‘${input}’ is not connected. Draw a link to it.`
    case 'return_type_mismatch':
      return `‘${input}’ receives the wrong kind of value. ${details}`
    case 'value_smaller_than_min':
    case 'value_bigger_than_max':
      return sentences(`‘${input}’: ${message}.`, remedy)
    case 'value_not_in_list':
      return sentences(`‘${input}’ is ‘${String(value)}’, which this host does not have.`, remedy)
    default:
      return [message, details === message ? '' : details, remedy].filter((part) => part).join('. ')
  }
}

function sentences(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part).join(' ')
}
