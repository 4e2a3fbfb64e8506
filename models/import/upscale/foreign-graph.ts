import onnxProto from 'onnx-proto'
import { fileNameSchema } from '../../installed/manifest.ts'
import { invalidCheckpoint } from '../failure.ts'
import { RANGES, type Range } from './range.ts'
import { lengthDelimited, readFields } from './wire.ts'

const { onnx } = onnxProto

/** What an ONNX file says of its one picture in and its one picture out. */
export interface ForeignGraph {
  readonly input: ForeignValue
  readonly output: ForeignValue
  /** Files beside it that hold its weights. */
  readonly externalFiles: readonly string[]
  readonly parameters: number
  readonly isHalf: boolean
}

export interface ForeignValue {
  readonly name: string
  readonly type: 'float32' | 'float16' | 'uint8'
  /** Undefined where any size will do. */
  readonly dims: readonly (number | undefined)[]
}

/** How a graph wants its picture. */
export interface Convention {
  readonly layout: 'nchw' | 'nhwc'
  /** The range of the picture that it takes. */
  readonly takes: Range
  /** The range of the picture that it gives. */
  readonly gives: Range
}

const TYPES: Readonly<Record<number, ForeignValue['type'] | undefined>> = {
  [onnx.TensorProto.DataType.FLOAT]: 'float32',
  [onnx.TensorProto.DataType.FLOAT16]: 'float16',
  [onnx.TensorProto.DataType.UINT8]: 'uint8',
}

const NUMBER_OF = {
  float32: onnx.TensorProto.DataType.FLOAT,
  float16: onnx.TensorProto.DataType.FLOAT16,
  uint8: onnx.TensorProto.DataType.UINT8,
}

/** Field numbers of onnx/onnx.proto3. */
const MODEL = { graph: 7 }
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12 }

/** Reads inputs, outputs and where the weights are; nothing of it is run. */
export function readForeignGraph(bytes: Uint8Array, place: string): ForeignGraph {
  const graph = graphOf(bytes, place)
  const fields = [...readFields(graph, place)]
  const of = (number: number) => fields.filter((field) => field.number === number).map(({ data }) => data)
  const initializers = of(GRAPH.initializer).map((data) => decoded(() => onnx.TensorProto.decode(data), place))
  const stored = new Set(initializers.map(({ name }) => name))
  const inputs = of(GRAPH.input)
    .filter((data) => !stored.has(decoded(() => nameOf(data), place)))
    .map((data) => toValue(data, place))
  const outputs = of(GRAPH.output).map((data) => toValue(data, place))
  if (inputs.length !== 1 || outputs.length !== 1)
    throw invalidCheckpoint(
      `${place}: expected one input and one output, got ${names(inputs)} and ${names(outputs)}.`,
      'Export the network with the picture as its only input and its only output.',
    )
  const sizes = initializers.map(({ dims }) => (dims ?? []).reduce<number>((all, size) => all * Number(size), 1))
  return {
    input: inputs[0]!,
    output: outputs[0]!,
    externalFiles: externalFiles(initializers, place),
    parameters: sizes.reduce((sum, size) => sum + size, 0),
    isHalf: initializers.some(({ dataType }) => dataType === onnx.TensorProto.DataType.FLOAT16),
  }
}

/**
 * The same graph between others that bring the picture to its convention and back, so that it takes and gives float32
 * NCHW in 0..1 like every upscaler here. Everything of the original stays, byte for byte.
 */
export function wrapForeignGraph(
  bytes: Uint8Array,
  { input, output }: ForeignGraph,
  { layout, takes, gives }: Convention,
  channels: number,
  place: string,
): Uint8Array {
  const prefix = unusedPrefix(bytes)
  const [pixels, enlarged] = [`${prefix}.pixels`, `${prefix}.enlarged`] as const
  const nodes = new Chain(prefix)
  const before = nodes.chain(pixels, input.name, [
    ...into(takes),
    ...(input.type === 'uint8' ? [{ op: 'Add', constant: 0.5 }] : []),
    ...(layout === 'nhwc' ? [{ op: 'Transpose', perm: [0, 2, 3, 1] }] : []),
    ...(input.type === 'float32' ? [] : [{ op: 'Cast', to: NUMBER_OF[input.type] }]),
  ])
  const after = nodes.chain(output.name, enlarged, [
    ...(output.type === 'float32' ? [] : [{ op: 'Cast', to: NUMBER_OF.float32 }]),
    ...(layout === 'nhwc' ? [{ op: 'Transpose', perm: [0, 3, 1, 2] }] : []),
    ...backFrom(gives),
  ])
  const graph = graphOf(bytes, place)
  const kept = [...readFields(graph, place)]
    .filter(({ number, data }) => !(number === GRAPH.output || (number === GRAPH.input && nameOf(data) === input.name)))
    .map(({ begin, end }) => graph.subarray(begin, end))
  // Messages that follow one another are one message with all their fields (Protocol Buffers, "Last one wins").
  const wrapped = [
    encodeGraph({ node: before, initializer: nodes.constants }),
    ...kept,
    encodeGraph({ node: after, input: [picture(pixels, channels)], output: [picture(enlarged, channels)] }),
  ]
  const rest = [...readFields(bytes, place)]
    .filter(({ number }) => number !== MODEL.graph)
    .map(({ begin, end }) => bytes.subarray(begin, end))
  return Buffer.concat([...rest, lengthDelimited(MODEL.graph, wrapped)])
}

interface Link {
  readonly op: string
  readonly constant?: number
  readonly perm?: readonly number[]
  readonly to?: number
}

/** From 0..1 to the range. */
function into(range: Range): readonly Link[] {
  const { black, white } = RANGES[range]
  return stretch(white - black, black)
}

/** From the range to 0..1. */
function backFrom(range: Range): readonly Link[] {
  const { black, white } = RANGES[range]
  return stretch(1 / (white - black), -black / (white - black))
}

function stretch(factor: number, shift: number): readonly Link[] {
  return [
    ...(factor === 1 ? [] : [{ op: 'Mul', constant: factor }]),
    ...(shift === 0 ? [] : [{ op: 'Add', constant: shift }]),
  ]
}

/** What no name of the graph begins with, so that ours are new; a graph may have been wrapped before. */
function unusedPrefix(bytes: Uint8Array): string {
  let prefix = 'gendr'
  while (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(`${prefix}.`)) prefix += '_'
  return prefix
}

/** Nodes one after the other. */
class Chain {
  readonly constants: onnxProto.onnx.ITensorProto[] = []
  readonly #prefix: string
  #count = 0

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  chain(from: string, to: string, links: readonly Link[]): onnxProto.onnx.INodeProto[] {
    const all = links.length === 0 ? [{ op: 'Identity' }] : links
    let last = from
    return all.map((link, index) => {
      const output = index === all.length - 1 ? to : this.#name()
      const input = [last, ...this.#constant(link)]
      last = output
      return {
        name: output,
        opType: link.op,
        input,
        output: [output],
        attribute: attributes(link),
      }
    })
  }

  #constant({ constant }: Link): string[] {
    if (constant === undefined) return []
    const name = this.#name()
    this.constants.push({ name, dataType: NUMBER_OF.float32, dims: [], floatData: [constant] })
    return [name]
  }

  #name(): string {
    return `${this.#prefix}.${++this.#count}`
  }
}

function attributes({ perm, to }: Link): onnxProto.onnx.IAttributeProto[] {
  const { INT, INTS } = onnx.AttributeProto.AttributeType
  return [
    ...(perm ? [{ name: 'perm', type: INTS, ints: [...perm] }] : []),
    ...(to === undefined ? [] : [{ name: 'to', type: INT, i: to }]),
  ]
}

function picture(name: string, channels: number): onnxProto.onnx.IValueInfoProto {
  const dim = [
    { dimParam: `${name}.batch` },
    { dimValue: channels },
    { dimParam: `${name}.h` },
    { dimParam: `${name}.w` },
  ]
  return { name, type: { tensorType: { elemType: NUMBER_OF.float32, shape: { dim } } } }
}

function encodeGraph(graph: onnxProto.onnx.IGraphProto): Uint8Array {
  return onnx.GraphProto.encode(graph).finish()
}

function graphOf(bytes: Uint8Array, place: string): Uint8Array {
  const graphs = [...readFields(bytes, place)].filter(({ number }) => number === MODEL.graph)
  if (graphs.length === 1) return graphs[0]!.data
  throw invalidCheckpoint(`${place}: expected an ONNX model with one graph, got ${graphs.length}.`)
}

function nameOf(data: Uint8Array): string {
  return onnx.ValueInfoProto.decode(data).name
}

function toValue(data: Uint8Array, place: string): ForeignValue {
  const { name, type } = decoded(() => onnx.ValueInfoProto.decode(data), place)
  const tensor = type?.tensorType
  const known = TYPES[tensor?.elemType ?? -1]
  if (!name || !known)
    throw invalidCheckpoint(
      `${place}: expected ${name || 'a picture'} as float32, float16 or uint8, got ONNX type ${tensor?.elemType ?? 'none'}.`,
      'Export the network with a picture in and out.',
    )
  // Some exporters write 0 or -1 where a side is open.
  const dims = (tensor?.shape?.dim ?? []).map(({ dimValue }) => (Number(dimValue) > 0 ? Number(dimValue) : undefined))
  return { name, type: known, dims }
}

function externalFiles(initializers: readonly onnxProto.onnx.ITensorProto[], place: string): readonly string[] {
  const files = new Set<string>()
  for (const { name, dataLocation, externalData } of initializers) {
    if (dataLocation !== onnx.TensorProto.DataLocation.EXTERNAL) continue
    const location = externalData?.find(({ key }) => key === 'location')?.value ?? ''
    if (!fileNameSchema.safeParse(location).success || RESERVED.has(location))
      throw invalidCheckpoint(
        `${place}: expected the weights of ${name} in a file beside it, got '${location}'.`,
        `Save it anew with its weights in one file, or in one that lies beside it and is not called ${[...RESERVED].join(' or ')}.`,
      )
    files.add(location)
  }
  return [...files]
}

/** What a model folder has of its own. */
const RESERVED: ReadonlySet<string> = new Set(['manifest.json', 'upscaler.onnx'])

function decoded<Message>(decode: () => Message, place: string): Message {
  try {
    return decode()
  } catch (cause) {
    throw invalidCheckpoint(`${place}: expected an ONNX model, got something else.`, undefined, cause)
  }
}

function names(values: readonly ForeignValue[]): string {
  return values.map(({ name }) => name).join(', ') || 'none'
}
