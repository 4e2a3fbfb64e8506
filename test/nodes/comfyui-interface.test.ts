import { expect, test } from 'vitest'
import { nodes } from '../../nodes/index.ts'
import { describeNode } from '../../nodes/sdk/description.ts'
import { objectInfo } from '../../server/graph/object-info.ts'

const SIZE = 'INT 512 1..16384'
const PLACE = 'INT 0 0..16384'
const METHODS = 'nearest-exact|bilinear|area|bicubic|lanczos'

/**
 * Inputs and outputs of ComfyUI's nodes of the same name (nodes.py, comfy_extras), in their order: positional widget values
 * of saved workflows depend on it. Numbers: type, default, range. Optional ones have a question mark.
 */
const INTERFACES: Readonly<Record<string, readonly [inputs: Readonly<Record<string, string>>, outputs: string]>> = {
  ImageScale: [
    {
      image: 'IMAGE',
      upscale_method: METHODS,
      width: 'INT 512 0..16384',
      height: 'INT 512 0..16384',
      crop: 'disabled|center',
    },
    'IMAGE',
  ],
  ImageScaleBy: [{ image: 'IMAGE', upscale_method: METHODS, scale_by: 'FLOAT 1 0.01..8' }, 'IMAGE'],
  ImageInvert: [{ image: 'IMAGE' }, 'IMAGE'],
  ImageBatch: [{ image1: 'IMAGE', image2: 'IMAGE' }, 'IMAGE'],
  EmptyImage: [{ width: SIZE, height: SIZE, batch_size: 'INT 1 1..4096', color: 'INT 0 0..16777215' }, 'IMAGE'],
  ImagePadForOutpaint: [
    { image: 'IMAGE', left: PLACE, top: PLACE, right: PLACE, bottom: PLACE, feathering: 'INT 40 0..16384' },
    'IMAGE MASK',
  ],
  LoadImageMask: [{ image: '', channel: 'alpha|red|green|blue' }, 'MASK'],
  ImageCrop: [{ image: 'IMAGE', width: SIZE, height: SIZE, x: PLACE, y: PLACE }, 'IMAGE'],
  RepeatImageBatch: [{ image: 'IMAGE', amount: 'INT 1 1..4096' }, 'IMAGE'],
  ImageFromBatch: [{ image: 'IMAGE', batch_index: 'INT 0 -16384..16384', length: 'INT 1 1..4096' }, 'IMAGE'],
  ImageAddNoise: [{ image: 'IMAGE', seed: `INT 0 0..${Number.MAX_SAFE_INTEGER}`, strength: 'FLOAT 0.5 0..1' }, 'IMAGE'],
  ImageStitch: [
    {
      image1: 'IMAGE',
      direction: 'right|down|left|up',
      match_image_size: 'BOOLEAN true',
      spacing_width: 'INT 0 0..1024',
      spacing_color: 'white|black|red|green|blue',
      'image2?': 'IMAGE',
    },
    'IMAGE',
  ],
  ResizeAndPadImage: [
    {
      image: 'IMAGE',
      target_width: SIZE,
      target_height: SIZE,
      padding_color: 'white|black',
      interpolation: 'area|bicubic|nearest-exact|bilinear|lanczos',
    },
    'IMAGE',
  ],
  GetImageSize: [{ image: 'IMAGE' }, 'INT INT INT'],
  ImageRotate: [{ image: 'IMAGE', rotation: 'none|90 degrees|180 degrees|270 degrees' }, 'IMAGE'],
  ImageFlip: [{ image: 'IMAGE', flip_method: 'x-axis: vertically|y-axis: horizontally' }, 'IMAGE'],
  ImageScaleToMaxDimension: [
    { image: 'IMAGE', upscale_method: 'area|lanczos|bilinear|nearest-exact|bicubic', largest_size: 'INT 512 0..16384' },
    'IMAGE',
  ],
  ImageScaleToTotalPixels: [
    { image: 'IMAGE', upscale_method: METHODS, megapixels: 'FLOAT 1 0.01..16', 'resolution_steps?': 'INT 1 1..256' },
    'IMAGE',
  ],
  ImageBlend: [
    {
      image1: 'IMAGE',
      image2: 'IMAGE',
      blend_factor: 'FLOAT 0.5 0..1',
      blend_mode: 'normal|multiply|screen|overlay|soft_light|difference',
    },
    'IMAGE',
  ],
  ImageBlur: [{ image: 'IMAGE', blur_radius: 'INT 1 1..31', sigma: 'FLOAT 1 0.1..10' }, 'IMAGE'],
  ImageSharpen: [
    { image: 'IMAGE', sharpen_radius: 'INT 1 1..31', sigma: 'FLOAT 1 0.1..10', alpha: 'FLOAT 1 0..5' },
    'IMAGE',
  ],
  ImageCompositeMasked: [
    { destination: 'IMAGE', source: 'IMAGE', x: PLACE, y: PLACE, resize_source: 'BOOLEAN false', 'mask?': 'MASK' },
    'IMAGE',
  ],
  AdjustBrightness: [{ images: 'IMAGE', factor: 'FLOAT 1 0..2' }, 'IMAGE'],
  AdjustContrast: [{ images: 'IMAGE', factor: 'FLOAT 1 0..2' }, 'IMAGE'],
  MaskToImage: [{ mask: 'MASK' }, 'IMAGE'],
  ImageToMask: [{ image: 'IMAGE', channel: 'red|green|blue|alpha' }, 'MASK'],
  ImageColorToMask: [{ image: 'IMAGE', color: 'INT 0 0..16777215' }, 'MASK'],
  SolidMask: [{ value: 'FLOAT 1 0..1', width: SIZE, height: SIZE }, 'MASK'],
  InvertMask: [{ mask: 'MASK' }, 'MASK'],
  CropMask: [{ mask: 'MASK', x: PLACE, y: PLACE, width: SIZE, height: SIZE }, 'MASK'],
  MaskComposite: [
    { destination: 'MASK', source: 'MASK', x: PLACE, y: PLACE, operation: 'multiply|add|subtract|and|or|xor' },
    'MASK',
  ],
  FeatherMask: [{ mask: 'MASK', left: PLACE, top: PLACE, right: PLACE, bottom: PLACE }, 'MASK'],
  GrowMask: [{ mask: 'MASK', expand: 'INT 0 -16384..16384', tapered_corners: 'BOOLEAN true' }, 'MASK'],
  ThresholdMask: [{ mask: 'MASK', value: 'FLOAT 0.5 0..1' }, 'MASK'],
  MaskPreview: [{ mask: 'MASK' }, ''],
  SaveImageWebsocket: [{ images: 'IMAGE' }, ''],
  SplitImageWithAlpha: [{ image: 'IMAGE' }, 'IMAGE MASK'],
  JoinImageWithAlpha: [{ image: 'IMAGE', alpha: 'MASK' }, 'IMAGE'],
}

const choices = { input_images: [], gendr_models: [], gendr_settings: [], upscale_models: [], iqa_models: [] }

test.each(Object.entries(INTERFACES))('%s has the inputs and outputs of ComfyUI’s', (id, [inputs, outputs]) => {
  const { node, category } = nodes.find((one) => one.node.id === id)!
  const { input, input_order, output } = objectInfo(describeNode(node, category), choices)
  const found = [
    ...input_order.required.map((name) => [name, shown(input.required[name]!)]),
    ...input_order.optional.map((name) => [`${name}?`, shown(input.optional[name]!)]),
  ]
  expect(found).toEqual(Object.entries(inputs))
  expect(output.join(' ')).toBe(outputs)
})

function shown([type, options]: readonly [string | readonly string[], Readonly<Record<string, unknown>>]): string {
  if (typeof type !== 'string') return type.join('|')
  if (type === 'BOOLEAN') return `BOOLEAN ${options.default}`
  return options.min === undefined ? type : `${type} ${options.default} ${options.min}..${options.max}`
}
