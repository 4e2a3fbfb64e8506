import { expect, test, vi } from 'vitest'
import { GraphDocument } from '../../client/document/document.ts'
import { setParam } from '../../client/document/edits.ts'
import { readWorkflow } from '../../client/document/read-workflow.ts'
import { PictureSizes } from '../../client/host/picture-sizes.ts'
import { ScaleOutlook } from '../../client/host/scale-outlook.ts'
import { wordsOfScale } from '../../client/host/scale-words.ts'
import type { NumberParameter } from '../../nodes/sdk/description.ts'
import { nodeEntry } from './node-entry.ts'
import { allTypes as types } from './types.ts'

const scale = types.get('ImageScaleBy')!.parameters.find(({ name }) => name === 'scale_by') as NumberParameter
const value = { name: 'value', kind: 'FLOAT', default: 0, min: 0, max: 8, step: 0.01 } as const

const image = (link: number) => ({ name: 'image', type: 'IMAGE', link })

/** A picture that is loaded and scaled by 4, once by the node's own field and once by a primitive's. */
function bench(mostPixels: number | undefined) {
  const { graph } = readWorkflow(
    {
      nodes: [
        nodeEntry(1, 'LoadImage', [0, 0], {
          widgets_values: ['photo.png'],
          outputs: [{ name: 'IMAGE', type: 'IMAGE', links: [1, 2] }],
        }),
        nodeEntry(2, 'ImageScaleBy', [0, 0], { inputs: [image(1)], widgets_values: ['bicubic', 4] }),
        nodeEntry(3, 'ImageScaleBy', [0, 0], {
          inputs: [image(2), { name: 'scale_by', type: 'FLOAT', link: 3, widget: { name: 'scale_by' } }],
          widgets_values: ['bicubic', 1],
        }),
        nodeEntry(4, 'PrimitiveNode', [0, 0], {
          outputs: [{ name: 'FLOAT', type: 'FLOAT', links: [3], widget: { name: 'scale_by' } }],
          widgets_values: [2, 'fixed'],
        }),
        nodeEntry(5, 'SaveImage', [0, 0], { inputs: [{ name: 'images', type: 'IMAGE', link: 4 }] }),
        nodeEntry(6, 'SaveImage', [0, 0], { inputs: [{ name: 'images', type: 'IMAGE', link: 5 }] }),
      ],
      links: [
        [1, 1, 0, 2, 0, 'IMAGE'],
        [2, 1, 0, 3, 0, 'IMAGE'],
        [3, 4, 0, 3, 1, 'FLOAT'],
        [4, 2, 0, 5, 0, 'IMAGE'],
        [5, 3, 0, 6, 0, 'IMAGE'],
      ],
    },
    types,
  )
  const document = new GraphDocument()
  document.open(graph)
  const ask = vi.fn(async ({ filename }: { filename: string }) => {
    if (filename === 'gone.png') throw new Error('It is gone.')
    return { width: 1200, height: 800 }
  })
  const changed = vi.fn()
  const sizes = new PictureSizes(ask, changed)
  return {
    document,
    ask,
    changed,
    outlook: new ScaleOutlook({ document, types: () => types, sizes, mostPixels: () => mostPixels, measured: changed }),
  }
}

test('says what comes of a scale once the size of the picture is known, and asks for that once', async () => {
  const { ask, changed, outlook } = bench(100e6)
  expect(outlook.of('2', scale)).toBeUndefined()
  await vi.waitFor(() => expect(changed).toHaveBeenCalled())
  expect(wordsOfScale(outlook.of('2', scale)!, scale)).toEqual({
    size: '4800 × 3200',
    isTooLarge: false,
    sentence: '1200 × 800 becomes 4800 × 3200 (15.36 megapixels).',
  })
  expect(ask).toHaveBeenCalledTimes(1)
})

test('says what fits where the host does not make that', async () => {
  const { document, changed, outlook } = bench(10e6)
  outlook.of('2', scale)
  await vi.waitFor(() => expect(changed).toHaveBeenCalled())
  expect(wordsOfScale(outlook.of('2', scale)!, scale)).toMatchObject({
    size: '4800 × 3200',
    isTooLarge: true,
    use: { label: 'Set the scale to 3.22', value: 3.22 },
    sentence:
      '1200 × 800 would become 4800 × 3200 (15.36 megapixels), more than the 10 megapixels that this host makes. The largest scale that fits is 3.22.',
  })
  document.commit(setParam(document.graph, '2', 'scale_by', 3.22))
  await vi.waitFor(() => expect(outlook.of('2', scale)?.tooLarge).toBeUndefined())
  expect(changed).toHaveBeenCalledTimes(2)
})

test('says of a primitive what comes of the scale that it feeds', async () => {
  const { changed, outlook } = bench(undefined)
  outlook.of('4', value)
  await vi.waitFor(() => expect(changed).toHaveBeenCalled())
  expect(outlook.of('4', value)).toMatchObject({ to: { width: 2400, height: 1600 } })
})

test('says nothing of a picture that the host does not have', async () => {
  const { document, ask, changed, outlook } = bench(100e6)
  document.commit(setParam(document.graph, '1', 'image', 'gone.png'))
  expect(outlook.of('2', scale)).toBeUndefined()
  await new Promise((resolve) => setTimeout(resolve))
  expect(outlook.of('2', scale)).toBeUndefined()
  expect([ask.mock.calls.length, changed.mock.calls.length]).toEqual([1, 0])
})

test('says nothing any more once another graph is open', async () => {
  const { document, changed, outlook } = bench(100e6)
  outlook.of('2', scale)
  await vi.waitFor(() => expect(changed).toHaveBeenCalled())
  expect(outlook.of('2', scale)).toBeDefined()
  document.open(readWorkflow({ nodes: [], links: [] }, types).graph)
  expect(outlook.of('2', scale)).toBeUndefined()
})
