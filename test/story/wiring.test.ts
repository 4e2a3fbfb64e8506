import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openBrowser, withoutBrowser } from './browser.ts'
import { Canvas, field, input, output, title } from './canvas.ts'
import { type Host, startHost } from './host.ts'

const [load, scale, invert, save] = [
  { id: 1, type: 'LoadImage', mode: 0, pos: [40, 80], size: [230, 300] },
  { id: 2, type: 'ImageScaleBy', mode: 0, pos: [360, 80], size: [230, 100], widgets_values: ['bicubic', 2] },
  { id: 3, type: 'ImageInvert', pos: [360, 300], size: [230, 60] },
  { id: 4, type: 'SaveImage', pos: [700, 80], size: [230, 200] },
] as const
const all = [load, scale, invert, save]
const [atLoad, atScale, atInvert, atSave] = all.map(({ pos }) => [...pos] as [number, number]) as [
  [number, number],
  [number, number],
  [number, number],
  [number, number],
]
const linked = (id: number, from: number, to: number) => [id, from, 0, to, 0, 'IMAGE']

describe.skipIf(withoutBrowser)('wiring', () => {
  let host: Host
  let browser: Browser
  let context: BrowserContext
  let canvas: Canvas
  const troubles: string[] = []

  beforeAll(async () => {
    host = await startHost()
    browser = await openBrowser()
    context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    canvas = await Canvas.open(context, host)
    canvas.page.on('pageerror', (error) => troubles.push(error.message))
  }, 240_000)
  afterAll(async () => {
    await browser?.close()
    await host?.stop()
  })
  beforeEach(async () => {
    await canvas.closeMessages()
  })

  describe('Escape puts back what is dragged', () => {
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

  describe('what is dragged takes along', () => {
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
      const other = await Canvas.open(context, host)
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
    expect(troubles).toEqual([])
  })
})
