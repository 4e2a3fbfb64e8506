import { beforeEach, describe, expect, test } from 'vitest'
import { withoutBrowser } from './browser.ts'
import { Canvas, title } from './canvas.ts'
import { all, atInvert, invert, linked, load, save } from './four-nodes.ts'
import { canvas, host, onCanvas } from './stage.ts'

describe.skipIf(withoutBrowser)('copying', () => {
  onCanvas({ options: { permissions: ['clipboard-read', 'clipboard-write'] } })
  beforeEach(async () => {
    await canvas.closeMessages()
  })

  test('groups that are selected with everything, or by a frame around them, are copied, moved and removed with the nodes', async () => {
    const bounding = [20, 20, 300, 300]
    await canvas.load([{ ...load, pos: [40, 70], size: [230, 200] }], [], { groups: [{ title: 'G', bounding }] })
    await canvas.press('Control+a', 'Control+c')
    await canvas.move(500, 100)
    await canvas.press('Control+v')
    await canvas.count(2)
    expect((await canvas.saved()).groups.map((group) => group.bounding)).toEqual([bounding, [500, 100, 300, 300]])
    await canvas.press('Shift+ArrowRight')
    const moved = await canvas.saved()
    expect(moved.groups.map((group) => group.bounding[0])).toEqual([20, 501])
    expect(moved.nodes.map(({ pos }) => pos[0])).toEqual([40, 521])
    await canvas.press('Delete')
    await canvas.count(1)
    expect((await canvas.saved()).groups).toHaveLength(1)
    await canvas.page.keyboard.down('Control')
    await canvas.drag([5, 5], [400, 400])
    await canvas.page.keyboard.up('Control')
    await canvas.press('Delete')
    await canvas.count(0)
    expect((await canvas.saved()).groups).toEqual([])
  })

  describe('the clipboard', () => {
    test('carries nodes to another window, as text', async () => {
      await canvas.load([load, { ...invert, inputs: [{ name: 'image', type: 'IMAGE', link: 1 }] }], [linked(1, 1, 3)])
      await canvas.press('Control+a', 'Control+c')
      expect(JSON.parse(await canvas.page.evaluate(() => navigator.clipboard.readText()))).toMatchObject({
        nodes: [{ type: 'LoadImage' }, { type: 'ImageInvert' }],
      })
      const other = await Canvas.open(canvas.page.context(), host)
      await other.load([save])
      await other.page.bringToFront()
      await other.press('Control+v')
      await other.count(3)
      expect((await other.saved()).links.map(([, from, , to]) => [from, to])).toEqual([[5, 6]])
      await other.page.close()
    })

    test('with Shift a paste keeps what fed the copy', async () => {
      await canvas.load([load, { ...invert, inputs: [{ name: 'image', type: 'IMAGE', link: 1 }] }], [linked(1, 1, 3)])
      await canvas.click(...title(atInvert))
      await canvas.press('Control+c', 'Control+Shift+v')
      await canvas.count(3)
      expect((await canvas.saved()).links.map(([, from, , to]) => [from, to])).toEqual([
        [1, 3],
        [1, 4],
      ])
    })

    test('with X they go away from where they were', async () => {
      await canvas.load(all)
      await canvas.click(...title(atInvert))
      await canvas.press('Control+x')
      await canvas.count(3)
      await canvas.press('Control+v')
      await canvas.count(4)
    })

    test('is pasted from the menu, which says so where the page cannot read it', async () => {
      const paste = async (x: number) => {
        await canvas.click(x, 300, { button: 'right' })
        await canvas.choose('Paste')
      }
      await canvas.load([load])
      await canvas.press('Control+a', 'Control+c')
      await paste(400)
      await canvas.count(2)
      await canvas.page.evaluate(() =>
        Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true }),
      )
      await paste(350)
      await expect.poll(() => canvas.told()).toContain('Press Ctrl+V instead')
      await canvas.page.evaluate(() => delete (navigator as { clipboard?: Clipboard }).clipboard)
    })

    test('neither cuts nor copies while a button has the focus', async () => {
      await canvas.load(all)
      await canvas.press('Control+a')
      await canvas.by('tab-add').focus()
      await canvas.press('Control+x')
      await canvas.count(4)
      expect(await canvas.by('undo').isEnabled()).toBe(false)
    })
  })

  test('no script failed on the way', () => {
    expect(canvas.troubles).toEqual([])
  })
})
