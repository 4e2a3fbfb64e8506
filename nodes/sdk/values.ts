/** What flows along the links of a graph. */

/** Samples of one picture: interleaved, row by row. */
export type Samples = Uint8Array | Uint16Array | Float32Array

export type SampleDepth = 'uint8' | 'uint16' | 'float32'

/**
 * One picture. `data.length === width * height * channels`.
 * uint8 and uint16 use their full range; float32 is nominally 0..1 and may exceed it between nodes.
 * Channels: 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha (straight, not premultiplied).
 */
export interface Frame {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 2 | 3 | 4
  readonly data: Samples
  /** ICC profile bytes; absent means sRGB. */
  readonly icc?: Uint8Array
}

/** IMAGE: a batch of frames, never empty. */
export interface Image {
  readonly frames: readonly Frame[]
}

/** MASK: one float channel per frame, 0..1; 1 marks what is masked (ComfyUI's polarity: 1 − alpha). */
export interface Mask {
  readonly frames: readonly Frame[]
}

/** A dense tensor as ONNX Runtime takes it; `data.length` is the product of `dims`. */
export interface Tensor {
  readonly data: Float32Array
  readonly dims: readonly number[]
}

/** LATENT: one tensor [1, channels, height / factor, width / factor] for each frame that was encoded. */
export interface Latent {
  readonly samples: readonly LatentFrame[]
}

export interface LatentFrame {
  readonly tensor: Tensor
  /** Size in pixels before padding; decoding crops to it. */
  readonly width: number
  readonly height: number
}

/** A half-open interval [start, end) of one axis. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** TILE_LAYOUT: how a picture was cut; tile (row, column) is `rows[row] × columns[column]`, listed row by row. */
export interface TileLayout {
  readonly width: number
  readonly height: number
  readonly tile: number
  readonly overlap: number
  readonly columns: readonly Span[]
  readonly rows: readonly Span[]
}

/** The type names on sockets, as clients see them in /object_info. */
export interface SocketValues {
  IMAGE: Image
  MASK: Mask
  LATENT: Latent
  TILE_LAYOUT: TileLayout
  GENDR_MODEL: GendrModel
  INT: number
  FLOAT: number
  STRING: string
  BOOLEAN: boolean
}

export type SocketType = keyof SocketValues

/** GENDR_MODEL: a handle; sessions load on first use. */
export interface GendrModel {
  readonly name: string
  readonly manifest: GendrManifest
}

/** The constants of a one-step latent restorer; see docs/models.md and models/import/manifest.ts for the file. */
export interface GendrManifest {
  readonly latentChannels: number
  /** Pixels per latent sample on each axis. */
  readonly factor: number
  /** Tiles are padded to a multiple of this many pixels before encoding. */
  readonly paddingMultiple: number
  readonly scale: number
  readonly shift: number
  readonly alpha: number
  readonly beta: number
  readonly prediction: 'epsilon' | 'sample' | 'v_prediction'
  /** What the model was trained to be followed by. */
  readonly colorTransfer: { readonly method: 'none' | 'wavelet' | 'adain'; readonly levels: number }
}
