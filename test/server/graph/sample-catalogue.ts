import type { NodeDescription } from '../../../nodes/sdk/description.ts'
import { type Choices, catalogueOf } from '../../../server/graph/catalogue.ts'

const image = { name: 'image', type: 'IMAGE', required: true } as const
const none = { parameters: [], outputNode: false, listInput: false, category: 'test', summary: '' } as const

const load: NodeDescription = {
  ...none,
  id: 'LoadImage',
  title: 'Load Image',
  inputs: [],
  parameters: [{ name: 'image', kind: 'COMBO', options: [], optionsFrom: 'input_images' }],
  outputs: [
    { name: 'IMAGE', type: 'IMAGE', list: false },
    { name: 'MASK', type: 'MASK', list: false },
  ],
}

const scale: NodeDescription = {
  ...none,
  id: 'ImageScaleBy',
  title: 'Upscale Image By',
  inputs: [image],
  parameters: [
    { name: 'upscale_method', kind: 'COMBO', options: ['nearest-exact', 'bicubic'], default: 'nearest-exact' },
    { name: 'scale_by', kind: 'FLOAT', default: 1, min: 0.01, max: 8, step: 0.01 },
  ],
  outputs: [{ name: 'IMAGE', type: 'IMAGE', list: false }],
}

const invert: NodeDescription = {
  ...none,
  id: 'ImageInvert',
  title: 'Invert Image',
  inputs: [image],
  outputs: [{ name: 'IMAGE', type: 'IMAGE', list: false }],
}

const batch: NodeDescription = {
  ...none,
  id: 'ImageBatch',
  title: 'Batch Images',
  inputs: [
    { ...image, name: 'image1' },
    { ...image, name: 'image2' },
  ],
  outputs: [{ name: 'IMAGE', type: 'IMAGE', list: false }],
}

const save: NodeDescription = {
  ...none,
  id: 'SaveImage',
  title: 'Save Image',
  outputNode: true,
  inputs: [{ name: 'images', type: 'IMAGE', required: true }],
  parameters: [{ name: 'filename_prefix', kind: 'STRING', default: 'ComfyUI', multiline: false }],
  outputs: [],
}

/** Five nodes as descriptions, enough to check graphs without any node code. */
export const catalogue = catalogueOf([load, scale, invert, batch, save])

export const choices: Choices = {
  input_images: ['photo.jpg'],
  gendr_models: ['gendr-nano'],
  gendr_settings: ['default'],
  upscale_models: [],
  iqa_models: [],
}

/** LoadImage → ImageScaleBy → SaveImage, valid. */
export function smallPrompt() {
  return {
    '1': { class_type: 'LoadImage', inputs: { image: 'photo.jpg' } as Record<string, unknown> },
    '2': {
      class_type: 'ImageScaleBy',
      inputs: { image: ['1', 0], upscale_method: 'bicubic', scale_by: 2 } as Record<string, unknown>,
    },
    '3': { class_type: 'SaveImage', inputs: { images: ['2', 0], filename_prefix: 'x' } as Record<string, unknown> },
  }
}

/** LoadImage, `length` inverts in a row, SaveImage. */
export function chainPrompt(length: number): Record<string, { class_type: string; inputs: Record<string, unknown> }> {
  const prompt: ReturnType<typeof chainPrompt> = { load: { class_type: 'LoadImage', inputs: { image: 'photo.jpg' } } }
  for (let i = 0; i < length; i++) {
    prompt[`n${i}`] = { class_type: 'ImageInvert', inputs: { image: [i === 0 ? 'load' : `n${i - 1}`, 0] } }
  }
  prompt.save = { class_type: 'SaveImage', inputs: { images: [`n${length - 1}`, 0], filename_prefix: 'x' } }
  return prompt
}
