import type { BrowserContext, Page } from 'playwright-core'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { drop, holdUploads, withoutBrowser } from './browser.ts'
import { Canvas, field, title } from './canvas.ts'
import { plainPicture } from './editor-page.ts'
import { browser, host, inBrowser } from './stage.ts'

const at = [360, 80] as const
const scale = { id: 2, type: 'ImageScaleBy', mode: 0, pos: at, size: [230, 100], widgets_values: ['bicubic', 2] }
const save = { id: 4, type: 'SaveImage', pos: [700, 80], size: [230, 200], widgets_values: ['first'] }

describe.skipIf(withoutBrowser)('taking back, and what is kept', () => {
  let context: BrowserContext
  let canvas: Canvas
  inBrowser()
  beforeAll(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    canvas = await Canvas.open(context, host)
  })

  const names = () => canvas.by('tab').allTextContents()
  const open = (nodes: number) => canvas.count(nodes)

  test('the buttons say whether there is something to take back, and to make again', async () => {
    await canvas.load([scale, save])
    expect([await canvas.by('undo').isEnabled(), await canvas.by('redo').isEnabled()]).toEqual([false, false])
    await canvas.click(...title(at))
    await canvas.press('Delete')
    await open(1)
    expect([await canvas.by('undo').isEnabled(), await canvas.by('redo').isEnabled()]).toEqual([true, false])
    await canvas.by('undo').click()
    await open(2)
    expect([await canvas.by('undo').isEnabled(), await canvas.by('redo').isEnabled()]).toEqual([false, true])
    await canvas.by('redo').click()
    await open(1)
    await canvas.by('undo').click()
  })

  test('typing in a field is one step, and so is drawing a number', async () => {
    await canvas.load([scale, save])
    await canvas.click(...field([700, 80], 1))
    await canvas.page.keyboard.type('a longer name')
    await canvas.press('Enter')
    const [x, y] = field(at, 1, 1)
    await canvas.drag([x, y], [x + 200, y])
    const drawn = (await canvas.node(2)).widgets_values![1]
    expect(drawn).not.toBe(2)
    await canvas.press('Control+z')
    expect((await canvas.node(2)).widgets_values).toEqual(['bicubic', 2])
    expect((await canvas.node(4)).widgets_values).toEqual(['a longer name'])
    await canvas.press('Control+z')
    expect((await canvas.node(4)).widgets_values).toEqual(['first'])
    expect(await canvas.by('undo').isEnabled()).toBe(false)
    await canvas.press('Control+Shift+z', 'Control+y')
    expect((await canvas.node(2)).widgets_values![1]).toBe(drawn)
  })

  test('a file is saved with what is being typed, and once however long the keys are held', async () => {
    await canvas.load([scale, save])
    await canvas.click(...field([700, 80], 1))
    await canvas.page.keyboard.type('half a na')
    await canvas.page.keyboard.down('Control')
    for (let i = 0; i < 3; i++) await canvas.page.keyboard.down('s')
    await canvas.page.keyboard.up('s')
    await canvas.page.keyboard.up('Control')
    const [file, ...more] = await canvas.filesGiven()
    expect(JSON.parse(file!).nodes[1].widgets_values).toEqual(['half a na'])
    expect(more).toEqual([])
  })

  test('workflows stand in tabs, each with its own steps and place that it is looked at from', async () => {
    await canvas.load([scale, save])
    await canvas.click(...title(at))
    await canvas.press('Delete')
    await canvas.open('second', {
      nodes: [save],
      links: [],
      groups: [],
      extra: { ds: { scale: 0.5, offset: [300, 200] } },
    })
    expect((await names()).slice(-2)).toEqual([expect.stringMatching(/^graph \d+$/), 'second'])
    await open(1)
    expect(await canvas.by('undo').isEnabled()).toBe(false)
    expect((await canvas.saved()).extra.ds).toEqual({ scale: 0.5, offset: [300, 200] })
    await canvas.by('tab').filter({ hasText: 'graph' }).last().click()
    expect((await canvas.saved()).extra.ds).toEqual({ scale: 1, offset: [0, 0] })
    await canvas.press('Control+z')
    await open(2)
    await canvas.press('Alt+PageDown')
    await open(1)
  })

  test('a picture is loaded in the tab that it fell on, whatever is in view when the host has it', async () => {
    const load = { id: 1, type: 'LoadImage', pos: at, size: [230, 300], widgets_values: ['none.png', 'image'] }
    const loaded = async () => (await canvas.node(1)).widgets_values![0]
    await canvas.load([load])
    await canvas.load([load, save])
    const letGo = await holdUploads(canvas.page)
    const asked = canvas.page.waitForRequest('**/api/files/**')
    const answered = canvas.page.waitForResponse((response) => response.request().method() === 'PUT')
    await drop(canvas.page, 'late.png', 'image/png', await plainPicture(16, 16, '#468'))
    await asked
    await canvas.press('Alt+PageUp')
    await open(1)
    letGo()
    await (await answered).finished()
    expect(await loaded()).toBe('none.png')
    expect(await canvas.by('undo').isEnabled()).toBe(false)
    await canvas.press('Alt+PageDown')
    await expect.poll(loaded).toBe('late.png')
    await canvas.press('Control+z')
    expect(await loaded()).toBe('none.png')
  })

  describe('a picture that was loaded in the only node for it', () => {
    const load = { id: 1, type: 'LoadImage', pos: [800, 80], size: [230, 300], widgets_values: ['none.png', 'image'] }
    const asNode = (name: string) =>
      canvas
        .by('toast')
        .filter({ hasText: `‘${name}’ is loaded` })
        .getByText('Add as a new node instead')
    const letFall = async (name: string) => {
      await drop(canvas.page, name, 'image/png', await plainPicture(16, 16, name === 'red.png' ? '#f00' : '#0a0'))
      await canvas
        .by('toast')
        .filter({ hasText: `‘${name}’ is loaded` })
        .waitFor()
    }
    const values = async () => (await canvas.saved()).nodes.map(({ widgets_values: [first] = [] }) => first)

    beforeEach(async () => {
      await canvas.closeMessages()
    })

    test('goes into a node of its own in one step, and what was edited since stays', async () => {
      await canvas.load([load, save])
      await letFall('red.png')
      await canvas.click(...field([700, 80], 1))
      await canvas.page.keyboard.type('edited since')
      await canvas.press('Enter')
      await asNode('red.png').click()
      await open(3)
      expect(await values()).toEqual(['none.png', 'edited since', 'red.png'])
      await canvas.press('Control+z')
      await open(2)
      expect(await values()).toEqual(['red.png', 'edited since'])
    })

    test('leaves the node what it was given since', async () => {
      await canvas.load([load, save])
      await letFall('red.png')
      await letFall('green.png')
      await asNode('red.png').click()
      await open(3)
      expect(await values()).toEqual(['green.png', 'first', 'red.png'])
    })

    test('offers nothing where it was loaded before', async () => {
      await canvas.load([load, save])
      await letFall('red.png')
      await asNode('red.png').waitFor()
      await letFall('red.png')
      await asNode('red.png').waitFor({ state: 'detached' })
    })

    test('stays out of another workflow when its own is closed', async () => {
      await canvas.load([scale, save])
      const count = (await names()).length
      await canvas.load([load])
      await letFall('red.png')
      await canvas.press('Alt+w')
      await canvas.by('close-discard').click()
      expect(await names()).toHaveLength(count)
      await asNode('red.png').click()
      await canvas.by('toast').filter({ hasText: 'is closed' }).waitFor()
      await open(2)
      expect(await canvas.by('undo').isEnabled()).toBe(false)
    })
  })

  test('a press on another tab ends what is typed, and shows that tab at once', async () => {
    await canvas.load([scale, save])
    await canvas.click(...field([700, 80], 1))
    await canvas.page.keyboard.type('kept')
    await canvas.by('tab').filter({ hasText: 'second' }).first().click()
    await open(1)
    await canvas.by('tab').last().click()
    await open(2)
    expect((await canvas.saved()).nodes[1]!.widgets_values).toEqual(['kept'])
  })

  test('a tab with edits is closed only when that is meant', async () => {
    await canvas.press('Alt+t')
    await open(0)
    const count = (await names()).length
    await canvas.open('third', { nodes: [save], links: [] })
    await open(1)
    await canvas.press('Control+a', 'Delete', 'Alt+w')
    await canvas.by('close-discard').waitFor()
    const tab = (await canvas.by('tab').and(canvas.page.locator('[aria-selected="true"]')).boundingBox())!
    const question = (await canvas.by('menu').boundingBox())!
    // Below it, as far as the page leaves room.
    expect(question.x).toBeLessThanOrEqual(tab.x + 1)
    expect(question.x + question.width).toBeGreaterThan(tab.x)
    expect(question.y).toBeGreaterThanOrEqual(tab.y + tab.height)
    await canvas.press('Escape')
    expect(await names()).toHaveLength(count)
    await canvas.press('Alt+w')
    await canvas.by('close-discard').click()
    expect(await names()).toHaveLength(count - 1)
  })

  test('what is saved to be closed is what was asked about, whatever came into view', async () => {
    await canvas.load([scale, save])
    await canvas.click(...title(at))
    await canvas.press('Delete')
    const count = (await names()).length
    await canvas.press('Alt+w', 'Alt+PageUp')
    await open(1)
    await canvas.drop('fallen', { nodes: [scale, save], links: [] })
    await open(2)
    await canvas.filesGiven()
    await canvas.by('close-save').click()
    await expect.poll(names).toHaveLength(count)
    const [file, ...more] = await canvas.filesGiven()
    expect(JSON.parse(file!).nodes).toMatchObject([{ id: 4 }])
    expect(more).toEqual([])
    expect(await names()).toContain('fallen')
  })

  test('a reload brings back the place that the graph was looked at from, which is no edit of it', async () => {
    await canvas.load([scale, save])
    await canvas.untilKept(({ nodes, extra }) => nodes.length === 2 && (extra.ds as { scale: number }).scale === 1)
    await canvas.drag([600, 600], [640, 570])
    await canvas.page.mouse.wheel(0, -200)
    await canvas.untilKept(({ extra }) => (extra.ds as { scale: number }).scale > 1)
    await canvas.page.reload()
    await open(2)
    const tab = canvas.by('tab').and(canvas.page.locator('[aria-selected=true]'))
    expect(await tab.locator('.tab-changed').count()).toBe(0)
    const { extra } = await canvas.saved()
    const { scale: zoom, offset } = extra.ds as { scale: number; offset: [number, number] }
    expect(zoom).toBeCloseTo(Math.exp(0.3), 5)
    // What was under the pointer, moved by the drag, is still there.
    expect([640 / zoom - offset[0], 570 / zoom - offset[1]].map(Math.round)).toEqual([600, 600])
  })

  test('a reload brings back every tab', async () => {
    await canvas.load([scale, save])
    await canvas.click(...title(at))
    await canvas.press('Control+m')
    const before = await names()
    await canvas.page.reload()
    await canvas.page.waitForSelector('body[data-run-state="idle"]')
    expect(await names()).toEqual(before)
    await open(2)
    expect((await canvas.node(2)).mode).toBe(2)
    await canvas.by('tab').filter({ hasText: 'second' }).first().click()
    await open(1)
  })

  test('the host knows a page again after a reload, and takes a window that was made of it for another', async () => {
    const nameOf = (page: Page) => page.evaluate(() => sessionStorage.getItem('gendr.client'))
    const name = await nameOf(canvas.page)
    const opened = context.waitForEvent('page')
    await canvas.page.evaluate(() => void window.open(location.href))
    const second = await opened
    await second.waitForSelector('body[data-connection="connected"]')
    expect(await nameOf(second)).not.toBe(name)
    await second.close()
    await canvas.reload()
    expect(await nameOf(canvas.page)).toBe(name)
  })

  test('after a crash of the page another one brings back what it had, while a second window has its own', async () => {
    await canvas.load([scale, save])
    await canvas.click(...title(at))
    await canvas.press('Control+b')
    await canvas.untilKept(({ nodes }) => nodes.some(({ mode }) => mode === 4))
    const before = await names()
    const second = await Canvas.open(context, host)
    expect(await second.by('tab').allTextContents()).toEqual(['Restore photo'])
    const session = await context.newCDPSession(canvas.page)
    const crashed = canvas.page.waitForEvent('crash')
    void session.send('Page.crash').catch(() => {})
    await crashed
    await canvas.page.close()
    canvas = await Canvas.open(context, host)
    expect(await names()).toEqual(before)
    await open(2)
    expect((await canvas.node(2)).mode).toBe(4)
    await second.page.close()
  })

  test('while the host is away the graph can still be edited, and is there when it is back', async () => {
    await context.setOffline(true)
    await canvas.click(...title(at))
    await canvas.press('Delete')
    await open(1)
    await canvas.untilKept(({ nodes }) => nodes.length === 1)
    await context.setOffline(false)
    await canvas.page.reload()
    await canvas.page.waitForSelector('body[data-run-state="idle"]')
    await open(1)
  })
})
