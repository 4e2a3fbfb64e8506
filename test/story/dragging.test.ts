import { describe, expect, test } from 'vitest'
import { withoutBrowser } from './browser.ts'
import { field, input, output, title } from './canvas.ts'
import { all, atInvert, atLoad, atSave, atScale, invert, linked, load, save, scale } from './four-nodes.ts'
import { canvas, onCanvas } from './stage.ts'

describe.skipIf(withoutBrowser)('what is dragged', () => {
  onCanvas()

  describe('is put back by Escape', () => {
    const abandon = async (from: readonly [number, number], to: readonly [number, number]) => {
      await canvas.move(...from)
      await canvas.page.mouse.down()
      await canvas.move(...to, 6)
      await canvas.press('Escape')
      await canvas.page.mouse.up()
      expect(await canvas.by('undo').isEnabled()).toBe(false)
      expect(await canvas.by('node-search').count()).toBe(0)
    }

    test('a node, and a number that is drawn', async () => {
      await canvas.load(all)
      await abandon(title(atInvert), [700, 500])
      const [x, y] = field(atScale, 1, 1)
      await abandon([x, y], [x + 200, y])
      await canvas.drag(title(atSave), [title(atSave)[0], title(atSave)[1] + 40])
      const { nodes } = await canvas.saved()
      expect(nodes.map(({ pos }) => pos)).toEqual([atLoad, atScale, atInvert, [700, 120]])
      expect(nodes[1]!.widgets_values).toEqual(['bicubic', 2])
    })

    test('a link, also one that was taken from its input', async () => {
      await canvas.load([load, { ...save, inputs: [{ name: 'images', type: 'IMAGE', link: 1 }] }], [linked(1, 1, 4)])
      await abandon(output(atLoad, 1), [500, 400])
      await abandon(input(atSave), [500, 400])
      expect((await canvas.saved()).links).toEqual([[1, 1, 0, 4, 0, 'IMAGE']])
    })

    test('a group with what lies in it', async () => {
      const group = { title: 'Both', bounding: [340, 20, 270, 360] }
      await canvas.load([scale, invert], [], { groups: [group] })
      await abandon([400, 35], [500, 200])
      const { nodes, groups } = await canvas.saved()
      expect(groups[0]!.bounding).toEqual(group.bounding)
      expect(nodes.map(({ pos }) => pos)).toEqual([atScale, atInvert])
    })
  })

  describe('takes along', () => {
    const outer = { title: 'Outer', bounding: [20, 10, 600, 400] }
    const inner = { title: 'Inner', bounding: [350, 46, 250, 150] }
    const withPoint = { reroutes: [{ id: 1, pos: [485, 450], linkIds: [1] }], linkExtensions: [{ id: 1, parentId: 1 }] }
    const open = () =>
      canvas.load(
        [load, { ...scale, inputs: [{ name: 'image', type: 'IMAGE', link: 1 }] }, invert, save],
        [linked(1, 1, 2)],
        { groups: [outer, inner], extra: { ds: { scale: 1, offset: [0, 0] }, ...withPoint } },
      )
    /** How far each went to the right. */
    const shifts = async () => {
      const { nodes, groups, extra } = await canvas.saved()
      return {
        nodes: nodes.map(({ pos }, i) => pos[0] - all[i]!.pos[0]),
        groups: groups.map(({ bounding }, i) => bounding[0] - [outer, inner][i]!.bounding[0]!),
        point: (extra.reroutes as readonly { readonly pos: readonly number[] }[])[0]!.pos[0]! - 485,
      }
    }
    const right = ([x, y]: readonly [number, number]) => [x + 30, y] as const

    test('all that is selected, groups and the points of links too, whatever it is taken hold of by', async () => {
      await open()
      await canvas.press('Control+a')
      await canvas.drag(title(atScale), right(title(atScale)))
      expect(await shifts()).toEqual({ nodes: [30, 30, 30, 30], groups: [30, 30], point: 30 })
      await canvas.drag([90, 25], right([90, 25]))
      expect(await shifts()).toEqual({ nodes: [60, 60, 60, 60], groups: [60, 60], point: 60 })
      await canvas.press('Control+z', 'Control+z')
      expect(await shifts()).toEqual({ nodes: [0, 0, 0, 0], groups: [0, 0], point: 0 })
    })

    test('the groups in a group, and the points between its nodes', async () => {
      await open()
      await canvas.drag([60, 25], right([60, 25]))
      expect(await shifts()).toEqual({ nodes: [30, 30, 30, 0], groups: [30, 30], point: 30 })
    })

    test('nothing that was taken out of the selection again', async () => {
      await open()
      await canvas.click(...title(atScale))
      await canvas.page.keyboard.down('Shift')
      await canvas.click(...title(atInvert))
      await canvas.click(...title(atInvert))
      await canvas.page.keyboard.up('Shift')
      await canvas.drag(title(atScale), right(title(atScale)))
      expect((await shifts()).nodes).toEqual([0, 30, 0, 0])
      await canvas.press('Delete')
      await canvas.count(3)
    })
  })

  test('no script failed on the way', () => {
    expect(canvas.troubles).toEqual([])
  })
})
