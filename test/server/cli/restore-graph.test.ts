import { expect, test } from 'vitest'
import { nodes } from '../../../nodes/index.ts'
import { describeNode } from '../../../nodes/sdk/description.ts'
import { restoreGraph } from '../../../server/cli/restore-graph.ts'
import { catalogueOf } from '../../../server/graph/catalogue.ts'

const catalogue = catalogueOf(nodes.map(({ node, category }) => describeNode(node, category)))
const restorer = { name: 'gendr-nano', isUpscaler: false }

test.each<[string, Record<string, string>, object]>([
  ['nothing', {}, { scale: 4, tile_size: 768, strength: 1, grain: 1 }],
  ['no grain', { grain: '0' }, { scale: 4, grain: '0' }],
  [
    'every other flag',
    { scale: '2', tile: '256', strength: '0.5' },
    { scale: '2', tile_size: '256', strength: '0.5', grain: 1 },
  ],
])('a restoration with %s asked for', (_, flags, inputs) => {
  const { restore, save, join } = restoreGraph(catalogue, { name: 'photo.png', hasAlpha: false }, restorer, flags)
  expect(restore!.inputs).toMatchObject(inputs)
  expect([save!.inputs.images, join]).toEqual([['restore', 0], undefined])
})

test('a picture with transparency gets its own back', () => {
  const graph = restoreGraph(catalogue, { name: 'cut-out.png', hasAlpha: true }, restorer, {})
  expect(graph.join).toEqual({
    class_type: 'JoinImageWithAlpha',
    inputs: { image: ['restore', 0], alpha: ['load', 1] },
  })
  expect(graph.save!.inputs.images).toEqual(['join', 0])
})
