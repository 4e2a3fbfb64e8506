/** The graphs that stories run, in the API format. */

type Graph = Record<string, { class_type: string; inputs: Record<string, unknown> }>

export interface RestoreSettings {
  readonly scale?: number
  readonly tileSize?: number
  readonly overlap?: number
  readonly colorTransfer?: string
  readonly prefix?: string
  readonly model?: string
  readonly setting?: string
}

/** Everything in one node. */
export function restoreGraph(image: string, settings: RestoreSettings = {}): Graph {
  const { scale = 4, tileSize = 512, overlap = 64, colorTransfer = 'model', prefix = 'single' } = settings
  return {
    load: { class_type: 'LoadImage', inputs: { image } },
    model: {
      class_type: 'GenDRModelLoader',
      inputs: { model_name: settings.model ?? 'gendr-nano', setting: settings.setting ?? 'default' },
    },
    restore: {
      class_type: 'GenDRRestore',
      inputs: {
        image: ['load', 0],
        model: ['model', 0],
        scale,
        tile_size: tileSize,
        overlap,
        color_transfer: colorTransfer,
        strength: 1,
      },
    },
    save: { class_type: 'SaveImage', inputs: { images: ['restore', 0], filename_prefix: prefix } },
  }
}

/** The same, each step a node. */
export function chainGraph(image: string, settings: RestoreSettings = {}): Graph {
  const { scale = 4, tileSize = 512, overlap = 64, colorTransfer = 'model', prefix = 'chain' } = settings
  return {
    load: { class_type: 'LoadImage', inputs: { image } },
    model: { class_type: 'GenDRModelLoader', inputs: { model_name: 'gendr-nano' } },
    scale: {
      class_type: 'ImageScaleBy',
      inputs: { image: ['load', 0], upscale_method: 'bicubic', scale_by: scale },
    },
    split: { class_type: 'TileSplit', inputs: { image: ['scale', 0], tile_size: tileSize, overlap } },
    encode: { class_type: 'VAE16Encode', inputs: { image: ['split', 0], model: ['model', 0] } },
    unet: { class_type: 'GenDRUNet', inputs: { latent: ['encode', 0], model: ['model', 0], strength: 1 } },
    decode: { class_type: 'VAE16Decode', inputs: { latent: ['unet', 0], model: ['model', 0] } },
    merge: { class_type: 'TileMerge', inputs: { tiles: ['decode', 0], layout: ['split', 1] } },
    color: {
      class_type: 'ColorTransfer',
      inputs: { image: ['merge', 0], reference: ['scale', 0], model: ['model', 0], method: colorTransfer, levels: 4 },
    },
    save: { class_type: 'SaveImage', inputs: { images: ['color', 0], filename_prefix: prefix } },
  }
}

/** A graph without a model. */
export function invertGraph(image: string, prefix = 'inverted'): Graph {
  return {
    load: { class_type: 'LoadImage', inputs: { image } },
    invert: { class_type: 'ImageInvert', inputs: { image: ['load', 0] } },
    save: { class_type: 'SaveImage', inputs: { images: ['invert', 0], filename_prefix: prefix } },
  }
}

/** A rectangle from the corner of `x`, `y` on. */
export function cropGraph(image: string, x: number, y: number): Graph {
  return {
    load: { class_type: 'LoadImage', inputs: { image } },
    crop: { class_type: 'ImageCrop', inputs: { image: ['load', 0], x, y, width: 16, height: 16 } },
    save: { class_type: 'SaveImage', inputs: { images: ['crop', 0], filename_prefix: 'cropped' } },
  }
}
