import { z } from 'zod'

const problem = z.looseObject({
  type: z.string().default(''),
  message: z.string().default(''),
  details: z.string().default(''),
  extra_info: z.looseObject({ remedy: z.string().optional(), input_name: z.string().optional() }).default({}),
})
const refusalSchema = z.looseObject({
  error: problem.optional(),
  node_errors: z
    .record(z.string(), z.looseObject({ errors: z.array(problem).default([]), class_type: z.string().default('') }))
    .default({})
    .catch({}),
})

const MOST_LISTED = 4

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
    message: error === undefined ? 'The host refused this graph.' : error.message || 'The host refused this.',
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
  { type, message, details, extra_info: { input_name, remedy } }: Problem,
  whyEmpty: (input: string) => string | undefined,
): string {
  const input = input_name ?? details
  switch (type) {
    case 'required_input_missing':
      return whyEmpty(input) ?? `‘${input}’ is not connected. Draw a link to it.`
    case 'return_type_mismatch':
      return `‘${input}’ receives the wrong kind of value. ${details}`
    case 'value_smaller_than_min':
    case 'value_bigger_than_max':
      return `‘${input}’: ${message}.`
    case 'value_not_in_list':
      return `‘${input}’ is not one of the choices. ${details}`
    default:
      return [message, details === message ? '' : details, remedy].filter((part) => part).join('. ')
  }
}
