import { beforeEach, describe, expect, test } from 'vitest'
import { withoutBrowser } from './browser.ts'
import { field, input, output, title } from './canvas.ts'
import { all, atInvert, atLoad, atSave, atScale, invert, linked, load, save, scale } from './four-nodes.ts'
import { canvas, onCanvas } from './stage.ts'

describe.skipIf(withoutBrowser)('wiring', () => {
  onCanvas()
  beforeEach(async () => {
    await canvas.closeMessages()
  })

  describe('links', () => {
    test('are drawn from an output to an input that takes its type', async () => {
      await canvas.load(all)
      await canvas.drag(output(atLoad), input(atSave))
      expect((await canvas.saved()).links).toEqual([[1, 1, 0, 4, 0, 'IMAGE']])
    })

    test('of another type are refused with both types', async () => {
      await canvas.load(all)
      await canvas.drag(output(atLoad, 1), input(atSave))
      expect(await canvas.told()).toMatch(/‘images’ of Save Image takes IMAGE, but ‘MASK’ of Load Image gives MASK/)
      expect((await canvas.saved()).links).toEqual([])
    })

    test('that would close a circle are refused, with the reason', async () => {
      await canvas.load([{ ...scale, inputs: [{ name: 'image', type: 'IMAGE', link: 1 }] }, invert], [linked(1, 3, 2)])
      await canvas.drag(output(atScale), input(atInvert))
      expect(await canvas.told()).toMatch(/circle/)
    })

    test('let go over nothing offer the nodes that fit; the keyboard chooses one, and it is linked', async () => {
      await canvas.load([load])
      await canvas.drag(output(atLoad, 1), [500, 400])
      const offered = await canvas.page
        .locator('[data-testid^="add-"][role=option]')
        .evaluateAll((options) => options.map((option) => option.getAttribute('data-testid')))
      expect(offered).not.toContain('add-ImageInvert')
      await canvas.press('Escape')
      await canvas.drag(output(atLoad), [500, 400])
      await canvas.page.keyboard.type('invert')
      await canvas.press('Enter')
      await canvas.count(2)
      expect((await canvas.saved()).links).toEqual([[1, 1, 0, 2, 0, 'IMAGE']])
      await canvas.press('Control+z')
      await canvas.count(1)
    })

    test('take in a node that is chosen from their menu, and leave nothing where they were', async () => {
      const far = { ...save, pos: [900, 500], inputs: [{ name: 'images', type: 'IMAGE', link: 1 }] }
      await canvas.load([load, far], [linked(1, 1, 4)])
      const [from, to] = [output(atLoad), input([900, 500])]
      const middle = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2] as const
      const darkness = () =>
        canvas.page.evaluate(([x, y]) => {
          const { data } = document.querySelector('canvas')!.getContext('2d')!.getImageData(x, y, 1, 1)
          return 255 - data[0]!
        }, middle)
      await canvas.move(...middle, 3)
      await expect.poll(darkness).toBeGreaterThan(150)
      await canvas.click(...middle, { button: 'right' })
      await canvas.by('menu-insert').click()
      await canvas.page.keyboard.type('invert')
      await canvas.press('Enter')
      await canvas.count(3)
      await expect.poll(darkness).toBeLessThan(60)
      const { nodes, links } = await canvas.saved()
      expect(links.map(([, from, , to]) => [from, to])).toEqual([
        [1, 5],
        [5, 4],
      ])
      expect(nodes.find(({ id }) => id === 5)?.pos[0]).toBeGreaterThan(from[0])
    })

    test('take in a node that is dropped on them', async () => {
      await canvas.load(
        [load, { ...save, inputs: [{ name: 'images', type: 'IMAGE', link: 1 }] }, invert],
        [linked(1, 1, 4)],
      )
      await canvas.drag(title(atInvert), [480, 80])
      const { links } = await canvas.saved()
      expect(links.map(([, from, , to]) => [from, to])).toEqual([
        [1, 3],
        [3, 4],
      ])
      await canvas.press('Control+z')
      expect((await canvas.saved()).links).toEqual([[1, 1, 0, 4, 0, 'IMAGE']])
    })

    test('get a point by Alt and a click, which moves and is saved as ComfyUI does', async () => {
      await canvas.load([load, { ...save, inputs: [{ name: 'images', type: 'IMAGE', link: 1 }] }], [linked(1, 1, 4)])
      await canvas.page.keyboard.down('Alt')
      await canvas.click(485, 95)
      await canvas.page.keyboard.up('Alt')
      await canvas.drag([485, 95], [485, 400])
      expect((await canvas.saved()).extra).toMatchObject({
        reroutes: [{ id: 1, pos: [485, 400], linkIds: [1] }],
        linkExtensions: [{ id: 1, parentId: 1 }],
      })
      await canvas.click(485, 400, { button: 'right' })
      await canvas.choose('Remove point')
      expect((await canvas.saved()).extra).not.toHaveProperty('reroutes', [expect.anything()])
    })

    test('let go over a field feed it; without the link the field is back with its value', async () => {
      await canvas.load([scale, { id: 9, type: 'PrimitiveNode', pos: [40, 80], size: [230, 60] }])
      await canvas.drag(output([40, 80]), field(atScale, 1, 1))
      const { nodes, links } = await canvas.saved()
      expect(links).toHaveLength(1)
      expect(nodes.find(({ id }) => id === 9)?.widgets_values).toEqual([2])
      await canvas.drag(input(atScale, 1), [300, 500])
      await canvas.press('Escape')
      expect((await canvas.saved()).links).toEqual([])
      expect((await canvas.node(2)).widgets_values).toEqual(['bicubic', 2])
    })
  })

  describe('the list of nodes', () => {
    test('opens by a slash, finds by letters, and remembers', async () => {
      await canvas.load([load])
      await canvas.move(600, 300)
      await canvas.press('/')
      await canvas.page.keyboard.type('upimby')
      expect(await canvas.page.locator('[role=option][aria-selected=true]').getAttribute('data-testid')).toBe(
        'add-ImageScaleBy',
      )
      await canvas.press('Enter')
      await canvas.count(2)
      expect((await canvas.saved()).nodes[1]).toMatchObject({ type: 'ImageScaleBy', pos: [600, 300] })
      await canvas.press('/')
      expect(await canvas.page.locator('.search-list').textContent()).toMatch(/^Used last.*Upscale Image By/)
      await canvas.press('Escape')
    })

    test('opens by a double click on the ground', async () => {
      await canvas.load([load])
      await canvas.click(700, 500, { clickCount: 2 })
      await canvas.page.keyboard.type('note')
      await canvas.press('ArrowDown', 'ArrowUp', 'Enter')
      await canvas.count(2)
      expect((await canvas.saved()).nodes[1]).toMatchObject({ type: 'Note', pos: [700, 500] })
    })
  })

  test('no script failed on the way', () => {
    expect(canvas.troubles).toEqual([])
  })
})
