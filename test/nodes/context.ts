import type { FileReference, ModelPart, RunContext } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Frame, GendrModel, Tensor, UpscaleModel } from '../../nodes/sdk/values.ts'

/** A run context whose files live in memory and whose model is a linear map that loses nothing. */
export interface TestContext extends RunContext {
  readonly written: Map<string, Uint8Array>
  readonly steps: [number, number][]
  readonly sent: Uint8Array[]
}

export function testContext(files: Readonly<Record<string, Uint8Array>> = {}, maxPixels = 100e6): TestContext {
  const written = new Map<string, Uint8Array>()
  const steps: [number, number][] = []
  const sent: Uint8Array[] = []
  return {
    written,
    steps,
    sent,
    signal: new AbortController().signal,
    nodeId: '1',
    node: () => undefined,
    origin: () => undefined,
    maxPixels,
    metadata: {
      prompt: { '1': { class_type: 'Test', inputs: { text: 'grün' } } },
      extraPnginfo: { workflow: { nodes: [] } },
    },
    files: {
      async read(name) {
        const bytes = files[name]
        if (bytes === undefined) throw new RestorationError('file_not_found', `no ${name}`, 'Upload it.')
        return bytes
      },
      fingerprint: async (name) => `print of ${name}`,
      async write(type, prefix, extension, bytes): Promise<FileReference> {
        const filename = `${prefix}_${String(written.size + 1).padStart(5, '0')}_.${extension}`
        written.set(filename, bytes)
        return { filename, subfolder: '', type }
      },
    },
    models: {
      open: async () => exactModel,
      openUpscaler: async () => doublingModel,
      fingerprint: async (name) => name,
      openIqa: async (name) => ({ name }),
      fingerprintIqa: async (name) => name,
    },
    inference: {
      atOnce: 2,
      run: async (_model, part, input) => linearGraphs[part](...('dims' in input ? [input] : input)),
      signature: async () => ({ inputs: [], outputs: [] }),
      score: async (_model, [input]) => input!,
    },
    say: () => undefined,
    warn: () => undefined,
    send: (png) => sent.push(png),
    progress(value, max) {
      steps.push([value, max])
    },
  }
}

/** 192 latent channels hold a tile of 8 × 8 RGB pixels exactly. */
export const exactModel: GendrModel = {
  name: 'exact',
  isFused: false,
  grain: 0,
  manifest: {
    kind: 'gendr-latent',
    latentChannels: 192,
    factor: 8,
    paddingMultiple: 16,
    scale: 0.5,
    shift: 0.25,
    alpha: 0.5,
    beta: 0.5,
    prediction: 'epsilon',
    colorTransfer: { method: 'wavelet', levels: 5 },
  },
}

/** The same, followed by a transfer with gates. */
export const gatedModel: GendrModel = {
  ...exactModel,
  name: 'gated',
  grain: 2,
  manifest: { ...exactModel.manifest, colorTransfer: { method: 'gated', levels: 3 } },
}

/** encoder: space to depth; unet: a prediction that darkens a little; decoder: depth to space. */
const linearGraphs: Readonly<Record<ModelPart, (...inputs: Tensor[]) => Tensor>> = {
  encoder: (input) => rearrange(input!, 'fold'),
  unet: (input) => ({ data: input!.data.map((value) => 0.45 * value + 0.01), dims: input!.dims }),
  decoder: (input) => rearrange(input!, 'unfold'),
  fused: (input) => input!,
  measures: (pictures) => cellMeans(pictures!),
  gates: (measures) => opened(measures!),
  transfer: (pictures, gates) => mixed(pictures!, gates!),
  transferAll: (pictures) => mixed(pictures!, opened(cellMeans(pictures!))),
  upscaler: (input) => doubled(input!),
}

/** Repeats every pixel, and needs even sides. */
export const doublingModel: UpscaleModel = { name: 'doubling', scale: 2, channels: 3, paddingMultiple: 2 }

function doubled({ data, dims }: Tensor): Tensor {
  const [batch = 0, channels = 0, height = 0, width = 0] = dims
  if (height % 2 !== 0 || width % 2 !== 0) throw new Error(`odd sides ${width} × ${height}`)
  const result = new Float32Array(4 * data.length)
  for (let i = 0; i < result.length; i++) {
    const x = i % (2 * width)
    const line = Math.floor(i / (2 * width))
    const plane = Math.floor(line / (2 * height))
    result[i] = data[(plane * height + Math.floor((line % (2 * height)) / 2)) * width + Math.floor(x / 2)]!
  }
  return { data: result, dims: [batch, channels, 2 * height, 2 * width] }
}

/** Of each cell of 8 × 8 pixels the means of the six channels. */
function cellMeans({ data, dims: [, channels = 0, height = 0, width = 0] }: Tensor): Tensor {
  const [rows, columns] = [Math.ceil(height / 8), Math.ceil(width / 8)]
  const means = new Float32Array(channels * rows * columns)
  const counts = new Float32Array(means.length)
  for (let i = 0; i < data.length; i++) {
    const [line, x] = [Math.floor(i / width), i % width]
    const [channel, y] = [Math.floor(line / height), line % height]
    const cell = (channel * rows + Math.floor(y / 8)) * columns + Math.floor(x / 8)
    means[cell]! += data[i]!
    counts[cell]! += 1
  }
  return { data: means.map((sum, i) => sum / counts[i]!), dims: [1, channels, rows, columns] }
}

function opened({ data, dims }: Tensor): Tensor {
  return { data: data.map((value) => 1 / (1 + Math.exp(-value))), dims }
}

/** Where the grain of gatedModel goes in so many pixels: another in each one of eleven. */
export function whereOf(pixels: number): Float32Array {
  return Float32Array.from({ length: pixels }, (_, i) => (i % 11) / 11)
}

/** Each pixel between the restored picture and the other, as the first gate of its cell says, and where grain goes. */
function mixed({ data, dims: [, , height = 0, width = 0] }: Tensor, gates: Tensor): Tensor {
  const half = data.length / 2
  const columns = gates.dims[3]!
  const mix = data.subarray(0, half).map((restored, i) => {
    const [y, x] = [Math.floor(i / width) % height, i % width]
    return restored + gates.data[Math.floor(y / 8) * columns + Math.floor(x / 8)]! * (data[half + i]! - restored)
  })
  const all = new Float32Array(4 * height * width)
  all.set(mix)
  all.set(whereOf(height * width), mix.length)
  return { data: all, dims: [1, 4, height, width] }
}

function rearrange(input: Tensor, direction: 'fold' | 'unfold'): Tensor {
  const [, , rows = 0, columns = 0] = input.dims
  const [height, width] = direction === 'fold' ? [rows, columns] : [rows * 8, columns * 8]
  const data = new Float32Array(input.data.length)
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const channel = c * 64 + (y % 8) * 8 + (x % 8)
        const folded = (channel * (height / 8) + Math.floor(y / 8)) * (width / 8) + Math.floor(x / 8)
        const flat = (c * height + y) * width + x
        if (direction === 'fold') data[folded] = input.data[flat]!
        else data[flat] = input.data[folded]!
      }
    }
  }
  return { data, dims: direction === 'fold' ? [1, 192, height / 8, width / 8] : [1, 3, height, width] }
}

/** A frame of deterministic noise. */
export function noiseFrame(width: number, height: number, channels: 1 | 2 | 3 | 4 = 3, seed = 1): Frame {
  let state = seed
  const data = Uint8Array.from({ length: width * height * channels }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  })
  return { width, height, channels, data }
}
