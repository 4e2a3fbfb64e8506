import { describe, expect, test } from 'vitest'
import { withoutBrowser } from './browser.ts'
import { field, input, title } from './canvas.ts'
import { all, atScale, invert, linked, load, scale } from './four-nodes.ts'
import { canvas, onCanvas } from './stage.ts'

describe.skipIf(withoutBrowser)('keys and the wheel', () => {
  onCanvas()

  describe('keys', () => {
    const drawn = async () => (await canvas.saved()).nodes

    test('choose in a menu that is open, and do nothing else', async () => {
      await canvas.load(all)
      const before = await drawn()
      await canvas.click(...title(atScale), { button: 'right' })
      await canvas.press('Delete', 'l', 'q', 'p')
      const menu = canvas.by('menu')
      expect(await menu.getByRole('menuitem', { name: 'Pin' }).evaluate((item) => item.matches(':focus'))).toBe(true)
      expect(await canvas.by('runs').isVisible()).toBe(false)
      // A file is saved whatever is open.
      expect(await drawn()).toEqual(before)
      expect(await menu.isVisible()).toBe(true)
      await canvas.press('Enter')
      expect((await canvas.node(2)).flags).toEqual({ pinned: true })
    })

    test('leave a graph alone that is not in view', async () => {
      await canvas.load(all)
      await canvas.press('Control+a', 'Control+c')
      const before = await drawn()
      await canvas.by('view-form').click()
      await canvas.press('Delete', 'Backspace', 'Control+Delete', 'Control+b', 'Alt+c', 'p', 'l', '/')
      expect(await canvas.by('node-search').count()).toBe(0)
      await canvas.page.locator('.form-title').click()
      await canvas.press('Control+v', 'Control+x', 'ArrowRight')
      await canvas.by('view-graph').click()
      await canvas.by('canvas').waitFor()
      expect(await drawn()).toEqual(before)
    })
  })

  test('with Space the ground is moved by whatever is there: a field, a socket, a node, a group', async () => {
    const group = { title: 'G', bounding: [20, 400, 300, 200] }
    await canvas.load([load, { ...scale, inputs: [{ name: 'image', type: 'IMAGE', link: 1 }] }], [linked(1, 1, 2)], {
      groups: [group],
    })
    const offset = async () => ((await canvas.saved()).extra.ds as { readonly offset: readonly number[] }).offset
    await canvas.click(345, 640)
    for (const [x, y] of [
      field(atScale, 1, 1),
      field(atScale, 1),
      input(atScale),
      title(atScale),
      [90, 415],
    ] as const) {
      await canvas.page.keyboard.down('Space')
      await canvas.drag([x, y], [x + 40, y + 20])
      await canvas.page.keyboard.up('Space')
      expect(await offset()).toEqual([40, 20])
      await canvas.page.keyboard.down('Space')
      await canvas.drag([x + 40, y + 20], [x, y])
      await canvas.page.keyboard.up('Space')
    }
    expect(await canvas.by('undo').isEnabled()).toBe(false)
    expect(await canvas.by('menu').count()).toBe(0)
    await canvas.page.keyboard.down('Space')
    await canvas.page.evaluate(() => dispatchEvent(new Event('blur')))
    await canvas.drag(title(atScale), [title(atScale)[0] + 40, title(atScale)[1]])
    await canvas.page.keyboard.up('Space')
    expect((await canvas.node(2)).pos).toEqual([400, 80])
  })

  test('F shows groups whole, not only what is in them', async () => {
    await canvas.load([invert], [], { groups: [{ title: 'Wide', bounding: [-900, -700, 2400, 1900], flags: {} }] })
    await canvas.press('f')
    const { scale, offset } = (await canvas.saved()).extra.ds as { scale: number; offset: readonly [number, number] }
    const { width, height } = (await canvas.by('canvas').boundingBox())!
    const [left, top] = [(-900 + offset[0]) * scale, (-700 + offset[1]) * scale]
    expect(Math.min(left, top)).toBeGreaterThan(0)
    expect(left + 2400 * scale).toBeLessThan(width)
    expect(top + 1900 * scale).toBeLessThan(height)
  })

  test('the wheel zooms around the pointer, in the small steps of a trackpad, too', async () => {
    for (const [steps, by] of [
      [1, -240],
      [40, -6],
    ] as const) {
      await canvas.load([load])
      await canvas.move(400, 300)
      for (let step = 0; step < steps; step++) await canvas.page.mouse.wheel(0, by)
      const seen = async () => (await canvas.saved()).extra.ds as { scale: number; offset: [number, number] }
      await expect.poll(async () => (await seen()).scale).toBeCloseTo(Math.exp(0.0015 * steps * -by))
      const { scale, offset } = await seen()
      expect(400 / scale - offset[0]).toBeCloseTo(400)
      expect(300 / scale - offset[1]).toBeCloseTo(300)
    }
  })

  test('the sheet of shortcuts opens by its key and closes by Escape', async () => {
    await canvas.load([load])
    await canvas.press('?')
    expect(await canvas.by('help-sheet').textContent()).toMatch(/Ctrl Shift E.*Make a subgraph/)
    await canvas.press('Escape')
    await canvas.by('help-sheet').waitFor({ state: 'detached' })
    await canvas.count(1)
  })

  test('no script failed on the way', () => {
    expect(canvas.troubles).toEqual([])
  })
})
