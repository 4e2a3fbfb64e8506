import { describe, expect, test } from 'vitest'
import { outcomeOf, scaledBy } from '../../client/document/picture-size.ts'
import type { NumberParameter } from '../../nodes/sdk/description.ts'
import type { Prompt } from '../../server/graph/prompt.ts'
import { allTypes } from './types.ts'

const load = { class_type: 'LoadImage', inputs: { image: 'photo.png' } }
const fed = (id: string, class_type: string, inputs: object = {}, input = 'image') => ({
  class_type,
  inputs: { [input]: [id, 0], ...inputs },
})
const of = (prompt: Prompt, node = 'restore', parameter = 'scale') => scaledBy(prompt, node, parameter, allTypes)

describe('what a scale is of', () => {
  test('is the picture that is loaded for its node', () => {
    expect(of({ load, restore: fed('load', 'GenDRRestore', { scale: 4 }) })).toEqual({
      file: 'photo.png',
      steps: [{ times: 4 }],
    })
  })

  test('is known through nodes that say how large their pictures are', () => {
    const prompt = {
      load,
      scratches: fed('load', 'ImageRemoveScratches'),
      mended: fed('scratches', 'ImageFillMasked', { mask: ['scratches', 1] }),
      dust: fed('mended', 'ImageDustAndScratches'),
      half: fed('dust', 'ImageScaleBy', { scale_by: 0.5 }),
      bright: fed('half', 'AdjustBrightness', {}, 'images'),
      restore: fed('bright', 'GenDRRestore', { scale: 4 }),
    }
    expect(of(prompt)).toEqual({ file: 'photo.png', steps: [{ times: 0.5 }, { times: 4 }] })
    expect(of(prompt, 'half', 'scale_by')).toEqual({ file: 'photo.png', steps: [{ times: 0.5 }] })
  })

  test('is known of what is straightened and of what is cut out', () => {
    const rectangle = { x: 10, y: 20, width: 300, height: 9999 }
    const turned = { angle: 0.5, border: 'crop' }
    const prompt = {
      load,
      cut: fed('load', 'ImageCrop', rectangle),
      level: fed('cut', 'ImageStraighten', turned),
      restore: fed('level', 'GenDRRestore', { scale: 4 }),
    }
    expect(of(prompt)).toEqual({ file: 'photo.png', steps: [{ rectangle }, { turned }, { times: 4 }] })
  })

  test.each<[string, Prompt]>([
    [
      'a node that does not say it',
      { load, cut: fed('load', 'ImageCropToContent'), restore: fed('cut', 'GenDRRestore', { scale: 4 }) },
    ],
    [
      'an angle that a link feeds',
      {
        load,
        level: fed('load', 'ImageStraighten', { angle: ['number', 0], border: 'crop' }),
        restore: fed('level', 'GenDRRestore', { scale: 4 }),
      },
    ],
    [
      'a rectangle that a link feeds',
      {
        load,
        cut: fed('load', 'ImageCrop', { x: ['number', 0], y: 0, width: 5, height: 5 }),
        restore: fed('cut', 'GenDRRestore', { scale: 4 }),
      },
    ],
    ['one that is unknown', { load, odd: fed('load', 'Odd'), restore: fed('odd', 'GenDRRestore', { scale: 4 }) }],
    ['a scale that a link feeds', { load, restore: fed('load', 'GenDRRestore', { scale: ['number', 0] }) }],
    ['no picture at all', { restore: { class_type: 'GenDRRestore', inputs: { scale: 4 } } }],
    [
      'no name of a picture',
      {
        load: { class_type: 'LoadImage', inputs: { image: '' } },
        restore: fed('load', 'GenDRRestore', { scale: 4 }),
      },
    ],
    ['a circle', { a: fed('restore', 'ImageInvert'), restore: fed('a', 'GenDRRestore', { scale: 4 }) }],
    ['a node that does not run', { load }],
  ])('is not known with %s', (_what, prompt) => {
    expect(of(prompt)).toBeUndefined()
  })

  test('is known through thousands of nodes', () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => [
      `n${i}`,
      fed(i === 0 ? 'load' : `n${i - 1}`, 'ImageInvert'),
    ])
    const prompt = { load, ...Object.fromEntries(chain), restore: fed('n19999', 'GenDRRestore', { scale: 2 }) }
    expect(of(prompt)).toEqual({ file: 'photo.png', steps: [{ times: 2 }] })
  })

  test('is nothing for what is no scale', () => {
    expect(of({ load, restore: fed('load', 'GenDRRestore', { scale: 4 }) }, 'restore', 'strength')).toBeUndefined()
  })
})

describe('what comes of it', () => {
  const scale = allTypes.get('GenDRRestore')!.parameters.find(({ name }) => name === 'scale') as NumberParameter
  const picture = { width: 1200, height: 801 }
  const outcome = (factors: readonly number[], most: number) =>
    outcomeOf({ file: 'photo.png', steps: factors.map((times) => ({ times })) }, picture, scale, most)

  test('are the sizes that go in and come out, rounded at each node', () => {
    expect(outcome([0.5, 4], 1e9)).toEqual({ from: { width: 600, height: 400 }, to: { width: 2400, height: 1600 } })
  })

  test('of a rectangle is what lies in the picture', () => {
    const steps = [{ rectangle: { x: 1000, y: 700, width: 900, height: 50 } }, { times: 2 }]
    const { from, to } = outcomeOf({ file: 'photo.png', steps }, picture, scale, 1e9)
    expect([from, to]).toEqual([
      { width: 200, height: 50 },
      { width: 400, height: 100 },
    ])
  })

  test('where that is too large, the largest that fits is one that the field takes', () => {
    // 1200 × 801 × 3.5² is 11.77 megapixels.
    expect(outcome([4], 11.8e6).tooLarge).toEqual({ largest: 3.5 })
    expect(outcome([4], 11.7e6).tooLarge).toEqual({ largest: 3 })
    expect(outcome([1.5], 1e6).tooLarge).toEqual({ largest: 1 })
    expect(outcome([4], 0.9e6).tooLarge).toEqual({ largest: undefined })
  })
})
