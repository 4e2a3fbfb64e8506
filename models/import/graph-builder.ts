import onnxProto from 'onnx-proto'
import { elementCount, type Shape } from './stored-tensor.ts'
import type { Work } from './work.ts'

/** A constant of a graph, produced when it is written; row-major, little-endian. */
export interface Constant {
  readonly name: string
  readonly type: 'float32' | 'float16' | 'int8' | 'uint8' | 'int32' | 'int64'
  readonly shape: Shape
  /** Where it lies in a file beside the graph. Without, a large one gets a place in the weights file. */
  readonly home?: Home | undefined
  /** Its bytes from first to last. */
  chunks(): Iterable<Uint8Array>
}

/** A place in a file beside the graph. */
export interface Home {
  readonly location: string
  readonly offset: number
}

/** A feature map [batch, channels, height, width] or tokens [batch, positions, channels]. */
export interface Feature {
  readonly name: string
  readonly channels: number
  /** Pixels of the picture per sample on each axis; below 1 in a picture that was enlarged. */
  readonly reduction: number
}

export type Attribute = number | string | readonly number[] | { readonly float: number }

/** A constant and where in the weights file it belongs. */
export interface PlacedConstant {
  readonly constant: Constant
  readonly offset: number
}

/** Gives a constant a place in the weights file and returns the offset. */
export type Allocate = (constant: Constant) => number

/** Collects the nodes and constants of one ONNX graph. Nodes are named after the module that they come from. */
export class GraphBuilder {
  readonly #name: string
  readonly #nodes: onnxProto.onnx.INodeProto[] = []
  readonly #constants = new Map<string, Constant>()
  readonly #names = new Set<string>()
  readonly #work: Work[] = []

  constructor(name: string) {
    this.#name = name
  }

  /** Adds a node with one output and returns the output's name. An empty input name leaves an optional input out. */
  node(operator: string, path: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    return this.nodes(operator, path, inputs, 1, attributes)[0]!
  }

  /** Adds a node with several outputs. */
  nodes(
    operator: string,
    path: string,
    inputs: readonly string[],
    outputs: number,
    attributes: Record<string, Attribute> = {},
  ): readonly string[] {
    const name = this.#unique(`${path}/${operator}`)
    const output = Array.from({ length: outputs }, (_, index) => (outputs === 1 ? name : `${name}.${index}`))
    this.#nodes.push({
      name,
      opType: operator,
      domain: MICROSOFT.has(operator) ? 'com.microsoft' : '',
      input: [...inputs],
      output,
      attribute: Object.entries(attributes).map(toAttribute),
    })
    return output
  }

  /** Adds a constant, once for each name, and returns its name. */
  constant(constant: Constant): string {
    this.#constants.set(constant.name, constant)
    return constant.name
  }

  /** float32 values that the import computed. */
  floats(name: string, values: Float32Array, shape: Shape): string {
    const chunks = () => [new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]
    return this.constant({ name, type: 'float32', shape, chunks })
  }

  /** A list of whole numbers, such as a shape; equal lists share one constant. */
  integers(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt)
    const chunks = () => [new Uint8Array(data.buffer)]
    return this.constant({ name: `integers[${values.join(',')}]`, type: 'int64', shape: [values.length], chunks })
  }

  get constants(): readonly Constant[] {
    return [...this.#constants.values()]
  }

  /** Takes down what a layer costs. */
  costs(work: Work): void {
    this.#work.push(work)
  }

  get work(): readonly Work[] {
    return this.#work
  }

  /**
   * The ONNX file from all of `inputs` to `output`, which gives `result` a public name. Large constants without a home are to lie
   * in `location`, a file beside it, at the offsets that `allocate` gives.
   */
  finish(
    inputs: readonly Feature[],
    output: Feature,
    result: Feature,
    location: string,
    allocate: Allocate,
  ): Uint8Array {
    this.#nodes.push({ name: output.name, opType: 'Identity', input: [result.name], output: [output.name] })
    const initializer = Array.from(this.#constants.values(), (constant) => {
      const length = byteLength(constant)
      if (constant.home) return { ...describe(constant), ...placeAt(constant.home, length) }
      if (length < EXTERNAL_FROM) return { ...describe(constant), rawData: joined(constant.chunks(), length) }
      return { ...describe(constant), ...placeAt({ location, offset: allocate(constant) }, length) }
    })
    const model = onnx.ModelProto.encode({
      irVersion: IR_VERSION,
      producerName: 'gendr-graph',
      opsetImport: [
        { domain: '', version: Math.max(...this.#nodes.map(({ opType }) => NEWER[opType!] ?? OPSET)) },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph: {
        name: this.#name,
        node: this.#nodes,
        initializer,
        input: inputs.map(toValueInfo),
        output: [toValueInfo(output)],
      },
    })
    return model.finish()
  }

  #unique(name: string): string {
    let candidate = name
    for (let count = 2; this.#names.has(candidate); count++) candidate = `${name}_${count}`
    this.#names.add(candidate)
    return candidate
  }
}

export function byteLength({ shape, type }: Pick<Constant, 'shape' | 'type'>): number {
  return elementCount(shape) * BYTES_OF[type]
}

/** How an initializer says where in a file it lies. */
export function placeAt({ location, offset }: Home, length: number): onnxProto.onnx.ITensorProto {
  const entries = { location, offset: `${offset}`, length: `${length}` }
  return {
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  }
}

const { onnx } = onnxProto

/** The opset of graphs without newer operators: of 19, ONNX Runtime's AveragePool takes twice as long on the CPU. */
const OPSET = 18

/** Operators that are newer, or take halves only since then. */
const NEWER: Readonly<Record<string, number>> = { Gelu: 20, DequantizeLinear: 19 }

/** Of opset 20. */
const IR_VERSION = 9

/** Operators of ONNX Runtime's own domain; its CPU, CUDA and WebGPU providers have them all. */
const MICROSOFT: ReadonlySet<string> = new Set(['QuickGelu', 'MultiHeadAttention'])

/** Smaller constants stay in the graph, where shape inference can see them. */
export const EXTERNAL_FROM = 1024

const BYTES_OF = { float32: 4, float16: 2, int8: 1, uint8: 1, int32: 4, int64: 8 }

const TYPE_OF = {
  float32: onnx.TensorProto.DataType.FLOAT,
  float16: onnx.TensorProto.DataType.FLOAT16,
  int8: onnx.TensorProto.DataType.INT8,
  uint8: onnx.TensorProto.DataType.UINT8,
  int32: onnx.TensorProto.DataType.INT32,
  int64: onnx.TensorProto.DataType.INT64,
}

function joined(chunks: Iterable<Uint8Array>, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let end = 0
  for (const chunk of chunks) {
    bytes.set(chunk, end)
    end += chunk.length
  }
  return bytes
}

function describe({ name, type, shape }: Constant): onnxProto.onnx.ITensorProto {
  return { name, dataType: TYPE_OF[type], dims: [...shape] }
}

/** float32 NCHW with free batch, height and width. */
function toValueInfo({ name, channels }: Feature): onnxProto.onnx.IValueInfoProto {
  const dim = [
    { dimParam: 'batch' },
    { dimValue: channels },
    { dimParam: `${name}_height` },
    { dimParam: `${name}_width` },
  ]
  return { name, type: { tensorType: { elemType: onnx.TensorProto.DataType.FLOAT, shape: { dim } } } }
}

function toAttribute([name, value]: [string, Attribute]): onnxProto.onnx.IAttributeProto {
  const { INT, INTS, FLOAT, STRING } = onnx.AttributeProto.AttributeType
  if (typeof value === 'number') return { name, type: INT, i: value }
  if (typeof value === 'string') return { name, type: STRING, s: new TextEncoder().encode(value) }
  return 'float' in value ? { name, type: FLOAT, f: value.float } : { name, type: INTS, ints: [...value] }
}
