import type { StepConstants } from './one-step.ts'

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
  /** Pixels per sample on each axis. */
  readonly factor: number
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
  UPSCALE_MODEL: UpscaleModel
  /** Any value whatever. */
  '*': unknown
  /** Ties the end of a loop to its start; carries nothing. */
  LOOP: null
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
  /** Whether one graph does encoding, the step at full strength and decoding. */
  readonly isFused: boolean
  /** Film grain that its setting is followed by, as a multiple of what the transfer's gate says. */
  readonly grain: number
}

/** The constants of a one-step restorer; see docs/models.md and models/installed/manifest.ts for the file. */
export type GendrManifest = LatentRestorer | PixelRestorer

interface OneStepRestorer extends StepConstants {
  /** Pixels per sample of the UNet's input on each axis. */
  readonly factor: number
  /** Tiles are padded to a multiple of this many pixels. */
  readonly paddingMultiple: number
  /** What the model was trained to be followed by. */
  readonly colorTransfer: { readonly method: 'none' | 'wavelet' | 'adain' | 'gated'; readonly levels: number }
}

/** Restores latents, between an encoder and a decoder. */
export interface LatentRestorer extends OneStepRestorer {
  readonly kind: 'gendr-latent'
  readonly latentChannels: number
  readonly scale: number
  readonly shift: number
}

/** Restores pixels. */
export interface PixelRestorer extends OneStepRestorer {
  readonly kind: 'gendr-pixel'
}

/** A network that scores pictures, an ONNX file that somebody brought; its session loads on first use. */
export interface IqaModel {
  /** The file's name. */
  readonly name: string
}

/** UPSCALE_MODEL: a handle; its session loads on first use. */
export interface UpscaleModel {
  readonly name: string
  readonly scale: number
  /** 3, or 1 for networks that take every channel by itself. */
  readonly channels: 1 | 3
  /** Tiles are padded to a multiple of this many pixels. */
  readonly paddingMultiple: number
  /** The one size that a fixed graph takes. */
  readonly size?: { readonly width: number; readonly height: number } | undefined
}
