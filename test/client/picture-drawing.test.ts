import { beforeEach, describe, expect, test, vi } from 'vitest'
import { GraphDocument } from '../../client/document/document.ts'
import { EditHistory } from '../../client/document/history.ts'
import { readGraphText } from '../../client/document/read-file.ts'
import { orderOf, type UpTo } from '../../client/host/order.ts'
import { EMPTY_BOARD, type RunBoard, withOutputs } from '../../client/host/run-board.ts'
import type { Toasts } from '../../client/panels/toasts.ts'
import type { Drawing } from '../../client/panels/viewer-tool.ts'
import { PictureDrawing } from '../../client/pictures/picture-drawing.ts'
import { Telling } from '../../client/telling.ts'
import { allTypes as types } from './types.ts'

const document = new GraphDocument()
const history = new EditHistory(document)
const draw = vi.fn<(drawing: Drawing) => void>()
const show = vi.fn<Toasts['show']>()
const start = vi.fn<(order: { readonly upTo?: UpTo | undefined }) => Promise<string>>()
let board: RunBoard = EMPTY_BOARD
const drawing = new PictureDrawing({
  document,
  tabs: { active: { id: 'tab' } as never, whenShown: (_id, act) => act() },
  types: () => types,
  runs: { boardOf: () => board, start },
  loading: { whenLoaded: async (run) => void (await run()) },
  viewer: { draw },
  telling: new Telling({ show } as unknown as Toasts),
  order: () => orderOf(document.whole, types),
})

const node = (id: number, type: string, more: object = {}) => ({ id, type, pos: [0, 0], size: [200, 100], ...more })
const image = (link: number | null) => ({ name: 'image', type: 'IMAGE', link })
const gives = (...links: number[]) => [{ name: 'IMAGE', type: 'IMAGE', links }]

/** A picture that is cropped, and inverted and straightened; node 4 gives whole numbers. */
function open({ fed = false, hasPicture = true } = {}): void {
  const width = { name: 'width', type: 'INT', link: fed ? 4 : null, widget: { name: 'width' } }
  const nodes = [
    node(1, 'LoadImage', { outputs: gives(1, 2), widgets_values: ['a.png'] }),
    node(2, 'ImageCrop', {
      inputs: [image(hasPicture ? 1 : null), width],
      outputs: gives(),
      widgets_values: [100, 80, 20, 10],
    }),
    node(3, 'ImageInvert', { inputs: [image(2)], outputs: gives(3) }),
    node(4, 'PrimitiveInt', { outputs: [{ name: 'INT', type: 'INT', links: fed ? [4] : [] }] }),
    node(5, 'ImageStraighten', { inputs: [image(3)], outputs: gives() }),
  ]
  const links = [
    ...(hasPicture ? [[1, 1, 0, 2, 0, 'IMAGE']] : []),
    [2, 1, 0, 3, 0, 'IMAGE'],
    [3, 3, 0, 5, 0, 'IMAGE'],
    ...(fed ? [[4, 4, 0, 2, 1, 'INT']] : []),
  ]
  document.open(readGraphText(JSON.stringify({ nodes, links }), types).graph)
}

beforeEach(() => {
  vi.clearAllMocks()
  board = EMPTY_BOARD
  open()
})

/** What was opened last. */
const opened = () => draw.mock.lastCall![0]

describe('what is set on a picture', () => {
  test('begins with the values of the node, and is one edit', () => {
    drawing.open('2')
    expect(opened()).toMatchObject({ title: 'Crop Image', picture: { filename: 'a.png', type: 'input' } })
    expect(Object.fromEntries(opened().values)).toEqual({ width: 100, height: 80, x: 20, y: 10 })
    expect(opened().parameters.get('width')).toMatchObject({ min: 1, max: 16384, step: 1 })
    expect(opened().renew).toBeUndefined()
    opened().accept({ width: 50, height: 40, x: 1, y: 2 })
    expect(document.graph.nodes.get('2')?.params).toMatchObject({ width: 50, height: 40, x: 1, y: 2 })
    history.undo()
    expect(document.graph.nodes.get('2')?.params).toMatchObject({ width: 100, height: 80, x: 20, y: 10 })
    expect(history.canUndo).toBe(false)
  })

  test('is nothing where the node was removed meanwhile', () => {
    drawing.open('2')
    document.commit([{ kind: 'remove-node', node: document.graph.nodes.get('2')! }])
    opened().accept({ width: 50 })
    expect(show).toHaveBeenCalledWith('warning', 'This node is not there any more.')
  })

  test('is refused in words where a link feeds a value, or no picture goes in', () => {
    open({ fed: true })
    drawing.open('2')
    expect(show.mock.lastCall?.[1]).toBe('‘width’ of ‘Crop Image’ comes through a link, so nobody can draw it.')
    open({ hasPicture: false })
    drawing.open('2')
    expect(show.mock.lastCall?.[1]).toBe('No picture goes into ‘Crop Image’.')
    expect(draw).not.toHaveBeenCalled()
  })
})

test('a picture that no run has shown is made first, and opened when that run has ended', async () => {
  drawing.open('5')
  expect(show.mock.lastCall?.[1]).toBe('Nobody has seen the picture yet that goes into ‘Straighten’.')
  show.mock.lastCall?.[3]?.action?.act()
  await vi.waitFor(() => expect(start).toHaveBeenCalled())
  const { upTo } = start.mock.lastCall![0]
  expect(drawing.follow(undefined)).toBe(false)
  const made = { filename: 'made.png', subfolder: '', type: 'temp' as const }
  board = withOutputs(board, new Map([[upTo!.shown, { images: [made] }]]))
  expect(drawing.follow(upTo)).toBe(true)
  expect(opened()).toMatchObject({ picture: made, renew: expect.any(Function) })
  expect(drawing.follow(upTo)).toBe(false)
})
