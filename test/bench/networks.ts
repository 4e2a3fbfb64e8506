import onnxProto from 'onnx-proto'

const { onnx } = onnxProto

const WIDTH = 64

/** An ONNX file of convolutions in a row, 64 to 64 channels, 3 × 3, [1, 64, H, W]; weights are all alike. */
export function chainOfConvolutions(layers: number): Uint8Array {
  const nodes = Array.from({ length: layers }, (_, i) => convolution(`x${i}`, 'w', `x${i + 1}`))
  return network(nodes, [kernel('w', WIDTH, WIDTH)], `x${layers}`, WIDTH)
}

/**
 * One of the layers of realesr-general-x4v3, which Upscayl's lite model is: SRVGGNetCompact with 64 channels and 32 convolutions between the first and
 * the last, PReLU after all but the last, pixel shuffle (Real-ESRGAN, basicsr/archs/srvgg_arch.py). [1, 3, H, W] to [1, 3, 4H, 4W].
 */
export function compactNetwork(): Uint8Array {
  const convolutions = Array.from({ length: 33 }, (_, i) => [
    convolution(i === 0 ? 'x0' : `a${i - 1}`, i === 0 ? 'first' : 'w', `x${i + 1}`),
    { opType: 'PRelu', input: [`x${i + 1}`, 'slopes'], output: [`a${i}`] },
  ])
  const end = [
    convolution('a32', 'last', 'squares'),
    {
      opType: 'DepthToSpace',
      input: ['squares'],
      output: ['y'],
      attribute: [integer('blocksize', 4), text('mode', 'CRD')],
    },
  ]
  const slopes = { name: 'slopes', dims: [WIDTH, 1, 1], dataType: FLOAT, floatData: new Array(WIDTH).fill(0.2) }
  const weights = [kernel('first', 3, WIDTH), kernel('w', WIDTH, WIDTH), kernel('last', WIDTH, 48), slopes]
  return network([...convolutions.flat(), ...end], weights, 'y', 3)
}

const FLOAT = onnx.TensorProto.DataType.FLOAT

function convolution(from: string, weight: string, to: string): onnxProto.onnx.INodeProto {
  const pads = { name: 'pads', type: onnx.AttributeProto.AttributeType.INTS, ints: [1, 1, 1, 1] }
  return { opType: 'Conv', input: [from, weight], output: [to], attribute: [pads] }
}

function kernel(name: string, inputs: number, outputs: number): onnxProto.onnx.ITensorProto {
  const floatData = new Array(outputs * inputs * 9).fill(1 / (9 * inputs))
  return { name, dims: [outputs, inputs, 3, 3], dataType: FLOAT, floatData }
}

function network(
  node: readonly onnxProto.onnx.INodeProto[],
  /** The first convolution's kernel first. */
  initializer: readonly onnxProto.onnx.ITensorProto[],
  output: string,
  channels: number,
): Uint8Array {
  const value = (name: string, channels: number) => {
    const dim = [{ dimValue: 1 }, { dimValue: channels }, { dimParam: `${name}_height` }, { dimParam: `${name}_width` }]
    return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } }
  }
  const inputs = Number(initializer[0]!.dims![1])
  const graph = {
    name: 'network',
    node: [...node],
    initializer: [...initializer],
    input: [value('x0', inputs)],
    output: [value(output, channels)],
  }
  return onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph }).finish()
}

function integer(name: string, i: number): onnxProto.onnx.IAttributeProto {
  return { name, type: onnx.AttributeProto.AttributeType.INT, i }
}

function text(name: string, value: string): onnxProto.onnx.IAttributeProto {
  return { name, type: onnx.AttributeProto.AttributeType.STRING, s: new TextEncoder().encode(value) }
}
