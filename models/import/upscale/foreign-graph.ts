import onnxProto from 'onnx-proto'
import { invalidCheckpoint } from '../failure.ts'
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
  /** What white is, or -1 for black and 1 for white. */
  readonly range: 'unit' | 'bytes' | 'symmetric'
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
  { layout, range }: Convention,
  channels: number,
  place: string,
): Uint8Array {
  const nodes = new Chain()
  const before = nodes.chain('gendr.pixels', input.name, [
    ...RANGES[range].into,
    ...(input.type === 'uint8' ? [{ op: 'Add', constant: 0.5 }] : []),
    ...(layout === 'nhwc' ? [{ op: 'Transpose', perm: [0, 2, 3, 1] }] : []),
    ...(input.type === 'float32' ? [] : [{ op: 'Cast', to: NUMBER_OF[input.type] }]),
  ])
  const after = nodes.chain(output.name, 'gendr.enlarged', [
    ...(output.type === 'float32' ? [] : [{ op: 'Cast', to: NUMBER_OF.float32 }]),
    ...(layout === 'nhwc' ? [{ op: 'Transpose', perm: [0, 3, 1, 2] }] : []),
    ...RANGES[range].back,
  ])
  const graph = graphOf(bytes, place)
  const kept = [...readFields(graph, place)]
    .filter(({ number, data }) => !(number === GRAPH.output || (number === GRAPH.input && nameOf(data) === input.name)))
    .map(({ begin, end }) => graph.subarray(begin, end))
  const frame = [picture('gendr.pixels', channels), picture('gendr.enlarged', channels)] as const
  // Messages that follow one another are one message with all their fields (Protocol Buffers, "Last one wins").
  const wrapped = [
    encodeGraph({ node: before, initializer: nodes.constants }),
    ...kept,
    encodeGraph({ node: after, input: [frame[0]], output: [frame[1]] }),
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

const RANGES: Readonly<Record<Convention['range'], { into: readonly Link[]; back: readonly Link[] }>> = {
  unit: { into: [], back: [] },
  bytes: { into: [{ op: 'Mul', constant: 255 }], back: [{ op: 'Mul', constant: 1 / 255 }] },
  symmetric: {
    into: [
      { op: 'Mul', constant: 2 },
      { op: 'Add', constant: -1 },
    ],
    back: [
      { op: 'Mul', constant: 0.5 },
      { op: 'Add', constant: 0.5 },
    ],
  },
}

/** Nodes one after the other. */
class Chain {
  readonly constants: onnxProto.onnx.ITensorProto[] = []
  #count = 0

  chain(from: string, to: string, links: readonly Link[]): onnxProto.onnx.INodeProto[] {
    const all = links.length === 0 ? [{ op: 'Identity' }] : links
    let last = from
    return all.map((link, index) => {
      const output = index === all.length - 1 ? to : `gendr.${++this.#count}`
      const input = [last, ...this.#constant(link)]
      last = output
      return {
        name: `gendr/${link.op}_${++this.#count}`,
        opType: link.op,
        input,
        output: [output],
        attribute: attributes(link),
      }
    })
  }

  #constant({ constant }: Link): string[] {
    if (constant === undefined) return []
    const name = `gendr.${++this.#count}`
    this.constants.push({ name, dataType: NUMBER_OF.float32, dims: [], floatData: [constant] })
    return [name]
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
  const dims = (tensor?.shape?.dim ?? []).map(({ dimValue }) => Number(dimValue ?? 0) || undefined)
  return { name, type: known, dims }
}

function externalFiles(initializers: readonly onnxProto.onnx.ITensorProto[], place: string): readonly string[] {
  const files = new Set<string>()
  for (const { name, dataLocation, externalData } of initializers) {
    if (dataLocation !== onnx.TensorProto.DataLocation.EXTERNAL) continue
    const location = externalData?.find(({ key }) => key === 'location')?.value ?? ''
    if (!/^[\w-][\w.-]*$/.test(location) || RESERVED.has(location))
      throw invalidCheckpoint(`${place}: expected the weights of ${name} in a file beside it, got '${location}'.`)
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
