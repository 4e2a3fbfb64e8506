import { expect, test } from 'vitest'
import { nodes } from '../../../nodes/index.ts'
import { describeNode } from '../../../nodes/sdk/description.ts'
import type { ChosenModel } from '../../../server/cli/chosen-model.ts'
import { checkTiles, restoreGraph } from '../../../server/cli/restore-graph.ts'
import { catalogueOf } from '../../../server/graph/catalogue.ts'

const catalogue = catalogueOf(nodes.map(({ node, category }) => describeNode(node, category)))
const restorer = { name: 'gendr-nano', isUpscaler: false, bytes: 1e7 }

test.each<[string, Record<string, string>, object]>([
  ['nothing', {}, { scale: 4, tile_size: 768, strength: 1, grain: 1 }],
  ['no grain', { grain: '0' }, { scale: 4, grain: '0' }],
  [
    'every other flag',
    { scale: '2', tile: '256', strength: '0.5' },
    { scale: '2', tile_size: '256', strength: '0.5', grain: 1 },
  ],
])('a restoration with %s asked for', (_, flags, inputs) => {
  const { restore, save, join } = restoreGraph(
    catalogue,
    { name: 'photo.png', hasAlpha: false, format: 'png' },
    restorer,
    flags,
  )
  expect(restore!.inputs).toMatchObject(inputs)
  expect([save!.inputs.images, join]).toEqual([['restore', 0], undefined])
})

test('a cut-out is restored without what it hides, and its outline along with it', () => {
  const graph = restoreGraph(catalogue, { name: 'cut-out.png', hasAlpha: true, format: 'png' }, restorer, {
    scale: '2',
    grain: '1',
  })
  expect(graph.restore!.inputs).toMatchObject({ image: ['opaque', 0], scale: '2', grain: '1' })
  expect(graph.opaque!.inputs).toMatchObject({ image: ['load', 0], mask: ['load', 1], fill: 'own colors' })
  expect(graph.outline!.inputs).toMatchObject({ image: ['mask', 0], scale: '2', grain: 0 })
  expect(graph.join!.inputs).toEqual({ image: ['restore', 0], alpha: ['alpha', 0] })
  expect(graph.save!.inputs.images).toEqual(['join', 0])
})

test('at the same size a cut-out keeps its outline, and an upscaler enlarges it too', () => {
  const picture = { name: 'cut-out.png', hasAlpha: true, format: 'png' } as const
  const same = restoreGraph(catalogue, picture, restorer, { scale: '1' })
  expect([same.join!.inputs.alpha, same.outline]).toEqual([['load', 1], undefined])
  const enlarged = restoreGraph(catalogue, picture, { name: 'lite', isUpscaler: true, bytes: 1e7 }, {})
  expect(enlarged.outline).toMatchObject({ class_type: 'ImageUpscaleWithModel', inputs: { image: ['mask', 0] } })
  expect(enlarged.outline!.inputs).not.toHaveProperty('grain')
})

test('an overlap that does not fit the tiles is refused in the words of the flags, unless the model has tiles of its own', () => {
  const picture = { name: 'photo.png', hasAlpha: false, format: 'png' } as const
  const check = (flags: Record<string, string>, model: ChosenModel = restorer) =>
    checkTiles(restoreGraph(catalogue, picture, model, flags), model)
  const refused = { code: 'configuration_invalid', remedy: expect.stringMatching(/--overlap .* --tile/) }
  expect(() => check({ tile: '64' })).toThrow(expect.objectContaining(refused))
  expect(() => check({ overlap: '512' })).toThrow(/at most half the tile size \(384\) but received 512/)
  expect(() => check({ tile: '128' })).not.toThrow()
  const upscaler = { name: 'lite', isUpscaler: true, bytes: 1e7 }
  expect(() => check({ overlap: '200' }, upscaler)).toThrow(/\(128\)/)
  expect(() => check({ overlap: '200' }, { ...upscaler, hasOwnTiles: true })).not.toThrow()
})
