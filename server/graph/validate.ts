import type { InputDescription, NodeDescription, ParameterDescription } from '../../nodes/sdk/description.ts'
import { installedAs } from '../../nodes/sdk/model-name.ts'
import { type Catalogue, type Choices, optionsOf } from './catalogue.ts'
import { coerce, unwrap } from './coerce.ts'
import { canConnect, isWidgetType } from './link-types.ts'
import { inputConfig } from './object-info.ts'
import { isLink, type Prompt, type PromptNode, promptNodeSchema } from './prompt.ts'

/** One complaint about one input; types and messages are ComfyUI's (execution.py, validate_inputs). */
export interface InputError {
  readonly type: string
  readonly message: string
  readonly details: string
  readonly extra_info: Readonly<Record<string, unknown>>
}

export interface NodeError {
  readonly errors: readonly InputError[]
  readonly dependent_outputs: readonly string[]
  readonly class_type: string
}

export type NodeErrors = Readonly<Record<string, NodeError>>

/** The `error` of a refused prompt. */
export interface PromptError extends InputError {}

export type Validation =
  | {
      readonly ok: true
      /** The graph with its constants coerced. */
      readonly prompt: Prompt
      /** The output nodes that can run. */
      readonly outputs: readonly string[]
      readonly nodeErrors: NodeErrors
    }
  | { readonly ok: false; readonly error: PromptError; readonly nodeErrors: NodeErrors }

/**
 * Checks a graph as ComfyUI does: every class must exist; then only what an output reaches is looked at. An output
 * that cannot run is dropped as long as another one can. Linear in the graph, and iterative, so depth has no limit.
 */
export function validatePrompt(
  input: unknown,
  catalogue: Catalogue,
  choices: Choices,
  targets?: readonly string[],
): Validation {
  const parsed = parseNodes(input, catalogue)
  if (!parsed.ok) return parsed
  const nodes = parsed.prompt
  const outputs = Object.keys(nodes).filter(
    (id) => describe(catalogue, nodes[id]).outputNode && (targets === undefined || targets.includes(id)),
  )
  if (outputs.length === 0) return refuse('prompt_no_outputs', 'Prompt has no outputs', '')

  const check = new GraphCheck(nodes, catalogue, choices, new Set(outputs))
  const good = outputs.filter((output) => check.isSound(output))
  const nodeErrors = check.nodeErrors(outputs)
  if (good.length === 0) {
    const own = outputs.flatMap((id) => check.errors.get(id) ?? [])
    return {
      ...refuse(
        'prompt_outputs_failed_validation',
        'Prompt outputs failed validation',
        own.map((e) => e.details).join('\n'),
      ),
      nodeErrors,
    }
  }
  return { ok: true, prompt: check.coerced(), outputs: good, nodeErrors }
}

type Parsed = { readonly ok: true; readonly prompt: Prompt } | Extract<Validation, { ok: false }>

function parseNodes(input: unknown, catalogue: Catalogue): Parsed {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return refuse(
      'invalid_prompt',
      'A prompt is an object of nodes by id',
      `received ${JSON.stringify(input)?.slice(0, 80)}`,
    )
  }
  const nodes: [string, PromptNode][] = []
  const missing: { readonly node_id: string; readonly class_type: string; readonly node_title: string }[] = []
  for (const [id, value] of Object.entries(input)) {
    const node = promptNodeSchema.safeParse(value)
    if (!node.success) {
      return refuse(
        'invalid_prompt',
        'Cannot execute because a node is missing the class_type property.',
        `Node ID '#${id}'`,
      )
    }
    const { class_type, _meta } = node.data
    if (!catalogue.has(class_type)) missing.push({ node_id: id, class_type, node_title: _meta?.title ?? class_type })
    nodes.push([id, node.data])
  }
  const [first] = missing
  if (first === undefined) return { ok: true, prompt: Object.fromEntries(nodes) }
  const classes = [...new Set(missing.map(({ class_type }) => `'${class_type}'`))].join(', ')
  const ids = missing.map(({ node_id }) => node_id)
  const which = ids.length === 1 ? `node ${ids[0]}` : `the nodes ${ids.join(', ')}`
  return refuse(
    'invalid_prompt',
    `Cannot execute because node ${first.class_type} does not exist.`,
    `Node ID '#${first.node_id}'`,
    {
      ...first,
      missing_nodes: missing,
      remedy: `Remove ${which}, or install what provides ${classes}; /object_info lists the nodes that are here.`,
    },
  )
}

function refuse(type: string, message: string, details: string, extra: Record<string, unknown> = {}) {
  return { ok: false as const, error: { type, message, details, extra_info: extra }, nodeErrors: {} }
}

function describe(catalogue: Catalogue, node: PromptNode | undefined): NodeDescription {
  return catalogue.get(node?.class_type ?? '')!
}

/** Nodes with errors that are followed to the outputs which need them; a graph of thousands would take minutes. */
const MOST_FOLLOWED = 500

/** Cycles that are told of one graph, each with all its nodes; to break one may break the others. */
const MOST_CYCLES = 20

function reach(start: string, next: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const seen = new Set([start])
  for (const id of seen) for (const other of next.get(id) ?? []) seen.add(other)
  return seen
}

/** The state of one validation: which nodes were visited, what is wrong with each, what their constants became. */
class GraphCheck {
  readonly errors = new Map<string, InputError[]>()
  readonly #nodes: Prompt
  readonly #catalogue: Catalogue
  readonly #choices: Choices
  readonly #outputs: ReadonlySet<string>
  readonly #sound = new Map<string, boolean>()
  readonly #constants = new Map<string, Record<string, unknown>>()
  readonly #sources = new Map<string, readonly string[]>()
  #cycles = 0

  constructor(nodes: Prompt, catalogue: Catalogue, choices: Choices, outputs: ReadonlySet<string>) {
    this.#nodes = nodes
    this.#catalogue = catalogue
    this.#choices = choices
    this.#outputs = outputs
  }

  /** Whether a node and everything upstream of it can run. Depth first with a stack of its own. */
  isSound(root: string): boolean {
    const path = new Set<string>()
    const stack = [root]
    while (stack.length > 0) {
      const id = stack[stack.length - 1]!
      if (this.#sound.has(id)) {
        stack.pop()
        continue
      }
      const upstream = this.#upstream(id)
      if (!path.has(id)) {
        path.add(id)
        this.#checkNode(id)
        const open = upstream.filter((other) => !this.#sound.has(other))
        const back = open.find((other) => path.has(other))
        if (back !== undefined && this.#cycles++ < MOST_CYCLES) {
          const visited = [...path]
          this.#reportCycle(visited.slice(visited.indexOf(back)))
        }
        stack.push(...open.filter((other) => !path.has(other)))
        continue
      }
      stack.pop()
      path.delete(id)
      const own = (this.errors.get(id)?.length ?? 0) === 0
      this.#sound.set(id, own && upstream.every((other) => this.#sound.get(other) === true))
    }
    return this.#sound.get(root) === true
  }

  /** The graph with coerced constants. */
  coerced(): Prompt {
    return Object.fromEntries(
      Object.entries(this.#nodes).map(([id, node]) => [
        id,
        { ...node, inputs: { ...node.inputs, ...this.#constants.get(id) } },
      ]),
    )
  }

  /** Only nodes with errors of their own, each with the outputs that cannot run because of it. */
  nodeErrors(outputs: readonly string[]): NodeErrors {
    const bad = outputs.filter((output) => this.#sound.get(output) !== true)
    const downstream = this.#downstream()
    return Object.fromEntries(
      Array.from(this.errors, ([id, errors], i) => {
        const reached = i < MOST_FOLLOWED ? reach(id, downstream) : new Set([id])
        const dependents = bad.filter((output) => reached.has(output))
        return [id, { errors, dependent_outputs: dependents, class_type: this.#nodes[id]!.class_type }]
      }),
    )
  }

  /** Of every node that was visited those that take something from it. */
  #downstream(): ReadonlyMap<string, readonly string[]> {
    const takers = new Map<string, string[]>()
    for (const id of this.#sound.keys()) {
      for (const source of this.#upstream(id)) {
        const known = takers.get(source)
        if (known === undefined) takers.set(source, [id])
        else known.push(id)
      }
    }
    return takers
  }

  #upstream(id: string): readonly string[] {
    const known = this.#sources.get(id) ?? this.#sourcesOf(id)
    this.#sources.set(id, known)
    return known
  }

  #sourcesOf(id: string): string[] {
    const node = this.#nodes[id]!
    const known = inputsOf(describe(this.#catalogue, node))
    const sources = new Set<string>()
    for (const [name, value] of Object.entries(node.inputs)) {
      if (known.has(name) && isLink(value) && Object.hasOwn(this.#nodes, value[0])) sources.add(value[0])
    }
    return [...sources]
  }

  #checkNode(id: string): void {
    const node = this.#nodes[id]!
    const description = describe(this.#catalogue, node)
    const constants: Record<string, unknown> = {}
    for (const input of description.inputs) {
      if (!Object.hasOwn(node.inputs, input.name)) {
        if (input.required) this.#add(id, missing(description, input.name))
        continue
      }
      const value = node.inputs[input.name]
      if (Array.isArray(value)) this.#checkLink(id, input, value)
      else if (input.type === '*') constants[input.name] = unwrap(value)
      else if (isWidgetType(input.type)) this.#checkConstant(id, input, input.type, value, constants)
      else this.#add(id, badLink(input, this.#choices, value))
    }
    for (const parameter of description.parameters) {
      if (!Object.hasOwn(node.inputs, parameter.name)) {
        if (parameter.optional) constants[parameter.name] = parameter.default
        else this.#add(id, missing(description, parameter.name))
        continue
      }
      const value = node.inputs[parameter.name]
      if (Array.isArray(value)) {
        this.#checkLink(id, parameter, value)
        continue
      }
      if (!this.#checkConstant(id, parameter, parameter.kind, value, constants)) continue
      const option = optionFor(parameter, this.#choices, constants[parameter.name])
      constants[parameter.name] = option
      this.#add(id, ...constantErrors(parameter, this.#choices, option))
    }
    this.#constants.set(id, constants)
  }

  /** Puts a constant of that kind among the others. @returns whether it can be one */
  #checkConstant(
    id: string,
    target: InputDescription | ParameterDescription,
    kind: ParameterDescription['kind'],
    value: unknown,
    constants: Record<string, unknown>,
  ): boolean {
    const coerced = coerce(kind, unwrap(value))
    if (coerced.ok) constants[target.name] = coerced.value
    else this.#add(id, notConvertible(target, kind, this.#choices, value, coerced.reason))
    return coerced.ok
  }

  #checkLink(id: string, target: InputDescription | ParameterDescription, value: readonly unknown[]): void {
    if (value.length !== 2) {
      this.#add(id, badLink(target, this.#choices, value))
      return
    }
    const source = isLink(value) && Object.hasOwn(this.#nodes, value[0]) ? this.#nodes[value[0]] : undefined
    if (!isLink(value) || source === undefined) {
      const reason = isLink(value)
        ? `Input '${target.name}' of node ${id} is linked to node '${value[0]}', which is not in the graph.`
        : `Input '${target.name}' of node ${id} holds ${JSON.stringify(value)}; a link is ["node id", output index].`
      this.#add(id, this.#brokenLink(id, target, value, reason, 'KeyError'))
      return
    }
    const output = describe(this.#catalogue, source).outputs[value[1]]
    if (output === undefined) {
      const count = describe(this.#catalogue, source).outputs.length
      const reason = `Input '${target.name}' of node ${id} takes output ${value[1]} of node '${value[0]}' (${source.class_type}), which has ${count}.`
      this.#add(id, this.#brokenLink(id, target, value, reason, 'IndexError'))
      return
    }
    const expected = 'type' in target ? target.type : target.kind === 'COMBO' ? 'STRING' : target.kind
    if (!canConnect(output.type, expected)) {
      this.#add(id, {
        type: 'return_type_mismatch',
        message: 'Return type mismatch between linked nodes',
        details: `${target.name}, received_type(${output.type}) mismatch input_type(${expected})`,
        extra_info: {
          input_name: target.name,
          input_config: inputConfig(target, this.#choices),
          received_type: output.type,
          linked_node: value,
          remedy: `Link '${target.name}' to an output of type ${expected}.`,
        },
      })
    }
  }

  /** ComfyUI reports a link to nowhere as the exception that it raises while following it. */
  #brokenLink(
    id: string,
    target: InputDescription | ParameterDescription,
    link: readonly unknown[],
    reason: string,
    exception: string,
  ): InputError {
    const inner = !this.#outputs.has(id)
    return {
      type: inner ? 'exception_during_inner_validation' : 'exception_during_validation',
      message: inner ? 'Exception when validating inner node' : 'Exception when validating node',
      details: reason,
      extra_info: {
        input_name: target.name,
        input_config: inputConfig(target, this.#choices),
        exception_message: reason,
        exception_type: exception,
        traceback: [],
        linked_node: link,
        remedy: `Connect '${target.name}' to a node that exists.`,
      },
    }
  }

  #reportCycle(cycle: readonly string[]): void {
    const first = cycle[0]!
    const named = [...cycle, first].map((id) => `${id} (${this.#nodes[id]!.class_type})`)
    this.#add(first, {
      type: 'dependency_cycle',
      message: 'Dependency cycle detected',
      details: named.join(' -> '),
      extra_info: { node_id: first, cycle_nodes: cycle, remedy: 'Remove one of the links of the cycle.' },
    })
  }

  #add(id: string, ...errors: InputError[]): void {
    if (errors.length > 0) this.errors.set(id, [...(this.errors.get(id) ?? []), ...errors])
  }
}

function inputsOf(description: NodeDescription): Set<string> {
  return new Set([...description.inputs, ...description.parameters].map((input) => input.name))
}

function missing(description: NodeDescription, name: string): InputError {
  const socket = description.inputs.find((input) => input.name === name)
  return {
    type: 'required_input_missing',
    message: 'Required input is missing',
    details: name,
    extra_info: {
      input_name: name,
      remedy: socket === undefined ? `Give '${name}' a value.` : `Link '${name}' to an output of type ${socket.type}.`,
    },
  }
}

function badLink(target: InputDescription | ParameterDescription, choices: Choices, value: unknown): InputError {
  return {
    type: 'bad_linked_input',
    message: 'Bad linked input, must be a length-2 list of [node_id, slot_index]',
    details: target.name,
    extra_info: {
      input_name: target.name,
      input_config: inputConfig(target, choices),
      received_value: value,
      remedy: `Link '${target.name}' to another node's output.`,
    },
  }
}

function notConvertible(
  target: InputDescription | ParameterDescription,
  kind: string,
  choices: Choices,
  value: unknown,
  reason: string,
): InputError {
  return {
    type: 'invalid_input_type',
    message: `Failed to convert an input value to a ${kind} value`,
    details: `${target.name}, ${typeof value === 'string' ? value : JSON.stringify(value)}, ${reason}`,
    extra_info: {
      input_name: target.name,
      input_config: inputConfig(target, choices),
      received_value: value,
      exception_message: reason,
    },
  }
}

/** The option that a value stands for: an upscaler may be named by its file, and is one to the caches all the same. */
function optionFor(parameter: ParameterDescription, choices: Choices, value: unknown): unknown {
  if (parameter.kind !== 'COMBO' || parameter.optionsFrom !== 'upscale_models' || typeof value !== 'string')
    return value
  return installedAs(value, choices.upscale_models) ?? value
}

function constantErrors(parameter: ParameterDescription, choices: Choices, value: unknown): InputError[] {
  const extra = (remedy: string) => ({
    input_name: parameter.name,
    input_config: inputConfig(parameter, choices),
    received_value: value,
    remedy,
  })
  if ((parameter.kind === 'INT' || parameter.kind === 'FLOAT') && typeof value === 'number') {
    const show = (number: number) => (parameter.kind === 'FLOAT' ? pythonFloat(number) : String(number))
    const remedy = `Choose a value from ${show(parameter.min)} to ${show(parameter.max)}.`
    const side =
      value < parameter.min
        ? { type: 'value_smaller_than_min', words: 'smaller than min', limit: parameter.min }
        : value > parameter.max
          ? { type: 'value_bigger_than_max', words: 'bigger than max', limit: parameter.max }
          : undefined
    if (side === undefined) return []
    const message = `Value ${show(value)} ${side.words} of ${show(side.limit)}`
    return [{ type: side.type, message, details: parameter.name, extra_info: extra(remedy) }]
  }
  if (parameter.kind !== 'COMBO') return []
  const options = optionsOf(parameter, choices)
  if (typeof value === 'string' && options.includes(value)) return []
  if (parameter.optionsFrom === 'input_images') {
    if (typeof value === 'string' && choices.imageExists?.(value) === true) return []
    return [
      {
        type: 'custom_validation_failed',
        message: 'Custom validation failed for node',
        details: `${parameter.name} - Invalid image file: ${String(value)}`,
        // Without its options, as ComfyUI has it: they may be more than an answer can hold.
        extra_info: {
          input_name: parameter.name,
          received_value: value,
          remedy: 'Upload the picture, or choose one that is in the input folder.',
        },
      },
    ]
  }
  const list =
    options.length > 20 ? `(list of length ${options.length})` : `[${options.map((o) => `'${o}'`).join(', ')}]`
  const config = options.length > 20 ? { input_config: null } : {}
  const choose =
    options.length === 0 ? 'There is nothing to choose from yet.' : `Choose one of: ${options.slice(0, 20).join(', ')}.`
  // How one comes to others.
  const remedy = parameter.optionsFrom === undefined ? choose : [choose, parameter.tooltip].filter(Boolean).join(' ')
  return [
    {
      type: 'value_not_in_list',
      message: 'Value not in list',
      details: `${parameter.name}: '${String(value)}' not in ${list}`,
      extra_info: { ...extra(remedy), ...config },
    },
  ]
}

/** Python's str() of a float, which ComfyUI's messages show: 0 is "0.0". */
function pythonFloat(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value)
}
