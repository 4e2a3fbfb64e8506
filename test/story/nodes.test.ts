import { describe, expect, test } from 'vitest'
import { withoutBrowser } from './browser.ts'
import { title } from './canvas.ts'
import { all, atInvert, atScale, invert, linked, load, save } from './four-nodes.ts'
import { canvas, onCanvas } from './stage.ts'

describe.skipIf(withoutBrowser)('nodes and groups', () => {
  onCanvas()

  describe('nodes', () => {
    test('several are dragged together in one step', async () => {
      await canvas.load(all)
      await canvas.press('Control+a')
      await canvas.drag(title(atScale), [title(atScale)[0] + 50, title(atScale)[1] + 60])
      expect((await canvas.saved()).nodes.map(({ pos }) => pos)).toEqual(
        all.map(({ pos }) => [pos[0] + 50, pos[1] + 60]),
      )
      await canvas.press('Control+z')
      expect((await canvas.saved()).nodes.map(({ pos }) => pos)).toEqual(all.map(({ pos }) => [...pos]))
    })

    test('are muted, bypassed, folded and pinned by ComfyUI’s keys', async () => {
      await canvas.load(all)
      await canvas.click(...title(atScale))
      await canvas.press('Control+m')
      expect((await canvas.node(2)).mode).toBe(2)
      await canvas.press('Control+b')
      expect((await canvas.node(2)).mode).toBe(4)
      await canvas.press('Control+b', 'Alt+c', 'p')
      expect(await canvas.node(2)).toMatchObject({ mode: 0, flags: { collapsed: true, pinned: true } })
      await canvas.drag(title(atScale), [400, 600])
      expect((await canvas.node(2)).pos).toEqual(atScale)
    })

    test('get another title by a double click, and a colour from the menu', async () => {
      await canvas.load(all)
      await canvas.click(...title(atInvert), { clickCount: 2 })
      await canvas.page.keyboard.type('Negative')
      await canvas.press('Enter')
      await canvas.click(...title(atInvert), { button: 'right' })
      await canvas.by('menu-color').click()
      await canvas.by('color-teal').click()
      expect(await canvas.node(3)).toMatchObject({ title: 'Negative', color: '#224b50' })
    })

    test('are brought into line and spread evenly', async () => {
      await canvas.load(all)
      await canvas.press('Control+a')
      await canvas.click(...title(atScale), { button: 'right' })
      await canvas.by('menu-arrange').click()
      await canvas.by('align-top').click()
      expect(new Set((await canvas.saved()).nodes.map(({ pos }) => pos[1]))).toEqual(new Set([80]))
    })

    test('are made larger at their corner, and no smaller than what they hold', async () => {
      await canvas.load(all)
      await canvas.drag([360 + 228, 80 + 98], [360 + 300, 80 + 160])
      const size = async () => (await canvas.node(2)).size
      expect(await size()).toEqual([300, 160])
      await canvas.drag([360 + 300, 80 + 160], [370, 90])
      const [width, height] = await size()
      expect([width >= 200, height >= 90]).toEqual([true, true])
      await canvas.press('Control+z', 'Control+z')
      expect(await size()).toEqual([230, 100])
    })

    test('snap to the grid where that is asked', async () => {
      await canvas.load(all)
      await canvas.click(1000, 600, { button: 'right' })
      await canvas.by('menu-snap').click()
      await canvas.drag(title(atInvert), [title(atInvert)[0] + 31, title(atInvert)[1] + 5])
      expect((await canvas.node(3)).pos).toEqual([384, 312])
      await canvas.click(1000, 600, { button: 'right' })
      await canvas.by('menu-snap').click()
    })

    test('that are removed with Ctrl leave their link behind', async () => {
      await canvas.load(
        [
          load,
          { ...invert, inputs: [{ name: 'image', type: 'IMAGE', link: 1 }] },
          { ...save, inputs: [{ name: 'images', type: 'IMAGE', link: 2 }] },
        ],
        [linked(1, 1, 3), linked(2, 3, 4)],
      )
      await canvas.click(...title(atInvert))
      await canvas.press('Control+Delete')
      await canvas.count(2)
      expect((await canvas.saved()).links.map(([, from, , to]) => [from, to])).toEqual([[1, 4]])
    })
  })

  test('a group is made around what is selected, takes it along, and is renamed by a double click', async () => {
    await canvas.load(all)
    await canvas.press('Control+a', 'Control+g')
    const [group] = (await canvas.saved()).groups
    const [x, y, width] = group!.bounding
    expect([x < 40, y < 50, x + width > 930]).toEqual([true, true, true])
    await canvas.drag([x + 30, y + 12], [x + 40, y + 42])
    const moved = await canvas.saved()
    expect(moved.nodes.map(({ pos }) => pos)).toEqual(all.map(({ pos }) => [pos[0] + 10, pos[1] + 30]))
    expect(moved.groups[0]!.bounding[1]).toBe(y + 30)
    await canvas.click(x + 40, y + 42, { clickCount: 2 })
    await canvas.page.keyboard.type('Everything')
    await canvas.press('Enter')
    expect((await canvas.saved()).groups[0]!.title).toBe('Everything')
    await canvas.click(x + 40, y + 42, { button: 'right' })
    await canvas.by('menu-remove-group').click()
    expect((await canvas.saved()).groups).toEqual([])
  })

  test('no script failed on the way', () => {
    expect(canvas.troubles).toEqual([])
  })
})
