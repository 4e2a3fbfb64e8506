import { describe, expect, test } from 'vitest'
import { nodes } from '../../../nodes/index.ts'
import { describeNode } from '../../../nodes/sdk/description.ts'
import { catalogueOf } from '../../../server/graph/catalogue.ts'
import { type Origin, pictureOrigin, pictureParameter } from '../../../server/graph/origin.ts'
import { planRun } from '../../../server/graph/plan.ts'
import type { Prompt } from '../../../server/graph/prompt.ts'

const catalogue = catalogueOf(nodes.map(({ node, category }) => describeNode(node, category)))

type Inputs = Record<string, unknown>

/** The file that the picture of SaveImageAs is made from, in a graph with three pictures. */
function originIn(graph: Record<string, [type: string, inputs: Inputs]>, images: readonly [string, number]): Origin {
  const load = (image: string) => ['LoadImage', { image }] as [string, Inputs]
  const all = { a: load('a.jpg'), b: load('b.jpg'), again: load('a.jpg'), ...graph, save: ['SaveImageAs', { images }] }
  const prompt = Object.fromEntries(
    Object.entries(all).map(([id, [class_type, inputs]]) => [id, { class_type, inputs }]),
  ) as Prompt
  const plan = planRun(prompt, ['save'], catalogue)
  const origins = new Map<string, Origin>()
  for (const id of plan.order) {
    const planned = plan.nodes.get(id)!
    const parameter = pictureParameter(planned.description)
    const loaded = parameter && (planned.values[parameter.name] as string)
    origins.set(
      id,
      pictureOrigin(planned, loaded, (source) => origins.get(source)),
    )
  }
  return origins.get('save')
}

describe('a picture is made from', () => {
  test('the one that was loaded, however far away, through tiles and latents', () => {
    expect(originIn({}, ['a', 0])).toBe('a.jpg')
    const chain: Record<string, [string, Inputs]> = {
      split: ['TileSplit', { image: ['a', 0] }],
      encode: ['VAE16Encode', { image: ['split', 0], model: ['model', 0] }],
      model: ['GenDRModelLoader', {}],
      unet: ['GenDRUNet', { latent: ['encode', 0], model: ['model', 0] }],
      decode: ['VAE16Decode', { latent: ['unet', 0], model: ['model', 0] }],
      merge: ['TileMerge', { tiles: ['decode', 0], layout: ['split', 1] }],
      gate: ['Gate', { value: ['merge', 0] }],
    }
    expect(originIn(chain, ['gate', 0])).toBe('a.jpg')
  })

  test('the one that others are put on, or whose colours they have', () => {
    const on = (first: string, second: string): Origin =>
      originIn({ join: ['ImageCompositeMasked', { destination: [first, 0], source: [second, 0] }] }, ['join', 0])
    expect([on('a', 'b'), on('b', 'a')]).toEqual(['a.jpg', 'b.jpg'])
    expect(originIn({ colours: ['ColorTransfer', { image: ['b', 0], reference: ['a', 0] }] }, ['colours', 0])).toBe(
      'b.jpg',
    )
  })

  test('the one that is put on an empty canvas', () => {
    const graph: Record<string, [string, Inputs]> = {
      canvas: ['EmptyImage', {}],
      join: ['ImageCompositeMasked', { destination: ['canvas', 0], source: ['b', 0] }],
    }
    expect(originIn(graph, ['join', 0])).toBe('b.jpg')
    expect(originIn(graph, ['canvas', 0])).toBeUndefined()
  })

  test('none where it is a mask', () => {
    expect(originIn({ shown: ['MaskToImage', { mask: ['a', 1] }] }, ['shown', 0])).toBeUndefined()
  })

  test.each([
    ['side by side in a batch', 'ImageBatch', 'image1', 'image2'],
    ['side by side in a picture', 'ImageStitch', 'image1', 'image2'],
    ['one of which is chosen', 'ComfySwitchNode', 'on_false', 'on_true'],
  ])('neither of two %s, unless they are one', (_, type, first, second) => {
    const of = (one: string, other: string, more: Record<string, [string, Inputs]> = {}) =>
      originIn({ both: [type, { [first]: [one, 0], [second]: [other, 0] }], ...more }, ['both', 0])
    expect(of('a', 'b')).toBeNull()
    expect(of('a', 'again')).toBe('a.jpg')
    expect(of('a', 'inverted', { inverted: ['ImageInvert', { image: ['a', 0] }] })).toBe('a.jpg')
    expect(of('a', 'canvas', { canvas: ['EmptyImage', {}] })).toBeNull()
    const put: Record<string, [string, Inputs]> = {
      both: [type, { [first]: ['a', 0], [second]: ['b', 0] }],
      join: ['ImageCompositeMasked', { destination: ['both', 0], source: ['a', 0] }],
    }
    expect(originIn(put, ['join', 0])).toBeNull()
  })
})
