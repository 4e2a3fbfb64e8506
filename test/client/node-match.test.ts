import { expect, test } from 'vitest'
import { matchingNodes } from '../../client/panels/node-match.ts'
import { nodes } from '../../nodes/index.ts'
import { describeNode } from '../../nodes/sdk/description.ts'

const types = nodes.map(({ node, category }) => describeNode(node, category))
const found = (typed: string, recent?: readonly string[]) => matchingNodes(types, typed, recent).map(({ id }) => id)

test.each([
  ['remove dust', 'ImageDustAndScratches'],
  ['scratches', 'ImageRemoveScratches'],
  ['scratches', 'ImageDustAndScratches'],
  ['remove hairs', 'ImageRemoveScratches'],
  ['crease', 'ImageRemoveScratches'],
  ['heal', 'ImageFillMasked'],
  ['inpaint', 'ImageFillMasked'],
  ['dust remover', 'ImageDustAndScratches'],
  ['deskew', 'ImageStraighten'],
  ['horizon', 'ImageStraighten'],
  ['denoise', 'ImageDenoise'],
  ['remove noise', 'ImageDenoise'],
  ['fix colours', 'ImageAutoLevels'],
  ['fix colors', 'ImageAutoLevels'],
  ['yellowed', 'ImageWhiteBalance'],
  ['black and white', 'ImageHueSaturation'],
  ['grayscale', 'ImageHueSaturation'],
  ['enlarge', 'GenDRRestore'],
  ['super resolution', 'GenDRRestore'],
  ['ESRGAN', 'ImageUpscaleWithModel'],
  ['mirror', 'ImageFlip'],
  ['export jpeg', 'SaveImageAs'],
  ['before and after', 'ImageCompare'],
  ['film grain', 'ImageAddNoise'],
  ['ldimg', 'LoadImage'],
  ['open photo', 'LoadImage'],
])('‘%s’ is what people call %s', (typed, id) => {
  expect(found(typed).slice(0, 3)).toContain(id)
})

test.each([
  ['blurry', 'GenDRRestore'],
  ['bigger', 'GenDRRestore'],
  ['old photo', 'GenDRRestore'],
  ['jpeg', 'GenDRRestore'],
  ['jpeg artifacts', 'GenDRRestore'],
  ['artefacts', 'GenDRRestore'],
  ['cut off edges', 'ImageCrop'],
  ['remove border', 'ImageCropToContent'],
  ['tear', 'ImageFillMasked'],
  ['stain', 'ImageFillMasked'],
  ['hole', 'ImageFillMasked'],
  ['grainy', 'ImageDenoise'],
])('what is wrong with a picture, ‘%s’, leads to %s first', (typed, id) => {
  expect(found(typed)[0]).toBe(id)
})

test('a title comes before words for what a node does', () => {
  expect(found('upscale')[0]).toMatch(/^ImageScale|^ImageUpscale/)
  expect(found('upscale')).toContain('GenDRRestore')
})

test('what was used last comes before what fits as well', () => {
  const order = (typed: string, recent: string) => found(typed, [recent]).indexOf(recent)
  expect(order('quality', 'ImageSSIM')).toBe(0)
  expect(order('quality', 'ImagePSNR')).toBe(0)
})

test('a wish that no node fulfils finds nothing', () => {
  expect(found('faces')).toEqual([])
  expect(found('colorize')).toEqual([])
})
