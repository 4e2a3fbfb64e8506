import { beforeEach, describe, expect, test } from 'vitest'
import { drop, withoutBrowser } from './browser.ts'
import { input, output } from './canvas.ts'
import { plainPicture } from './editor-page.ts'
import { upload } from './host.ts'
import { canvas, host, onCanvas } from './stage.ts'

const far = { id: 7, type: 'SaveImage', pos: [9000, 80], size: [230, 200] } as const
const near = { id: 4, type: 'ImageInvert', pos: [40, 80], size: [230, 60] } as const

interface WithSocket {
  latestSocket: WebSocket
}

/** In the page: the connection can be cut. */
function keepSocket(): void {
  window.WebSocket = class extends WebSocket {
    constructor(address: string | URL) {
      super(address)
      Object.assign(window, { latestSocket: this })
    }
  }
}

describe.skipIf(withoutBrowser)('messages', () => {
  onCanvas({
    first: async () => {
      await canvas.page.addInitScript(keepSocket)
      await canvas.reload()
    },
  })
  beforeEach(async () => {
    await canvas.closeMessages()
  })

  const run = () => canvas.press('Control+Enter')
  const error = () => canvas.by('toast').and(canvas.page.locator('[data-tone="error"]'))

  test('that a node cannot run call it what stands on it, and lead to it', async () => {
    await canvas.load([near, far])
    await run()
    expect(await error().textContent()).toContain('Save Image: ‘images’ is not connected.')
    await canvas.by('toast-action').click()
    const { ds } = (await canvas.saved()).extra as { ds: { scale: number; offset: readonly [number, number] } }
    const left = (far.pos[0] + ds.offset[0]) * ds.scale
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThan(1280)
    await canvas.press('Delete')
    await canvas.count(1)
    expect((await canvas.saved()).nodes.map(({ id }) => id)).toEqual([near.id])
  })

  test('of a run that failed go when the next one is started', async () => {
    await upload(host, 'grey.png', await plainPicture(64, 48, '#808080'))
    const load = { id: 1, type: 'LoadImage', pos: [40, 80], size: [230, 300], widgets_values: ['grey.png'] } as const
    const save = { ...far, pos: [400, 80] } as const
    await canvas.load([load, save])
    await run()
    await error().waitFor()
    await canvas.drag(output([...load.pos]), input([...save.pos]))
    await run()
    await canvas.page.waitForSelector('body[data-run-state="done"]')
    expect(await error().count()).toBe(0)
  })

  test('do not call a file loaded that is no picture', async () => {
    await canvas.load([{ id: 1, type: 'LoadImage', pos: [600, 80], size: [230, 300] }])
    await drop(canvas.page, 'noise.png', 'image/png', Buffer.from('no picture at all'))
    const toast = canvas.by('toast').filter({ hasText: 'noise.png' })
    expect(await toast.textContent()).toContain('cannot be read as a picture')
    expect(await toast.getAttribute('data-tone')).toBe('warning')
  })

  test('of no connection go when it is back', async () => {
    await canvas.load([far])
    await canvas.page.route('**/api/runs', (route) => route.abort(), { times: 1 })
    await run()
    await error().filter({ hasText: 'The host does not answer.' }).waitFor()
    await canvas.page.evaluate(() => (window as unknown as WithSocket).latestSocket.close())
    await error().waitFor({ state: 'hidden' })
  })

  test.each([1920, 1280, 800, 700, 390])('cover no button of the rail, %i pixels wide', async (width) => {
    await canvas.page.setViewportSize({ width, height: 700 })
    await canvas.load([far])
    await run()
    await error().waitFor()
    const { x, y, width: wide, height } = (await error().boundingBox())!
    for (const button of await canvas.page.locator('.rail-button').all()) {
      const box = (await button.boundingBox())!
      const isApart = box.x + box.width <= x || x + wide <= box.x || box.y + box.height <= y || y + height <= box.y
      expect(isApart, (await button.textContent())!).toBe(true)
    }
    expect(x + wide).toBeLessThanOrEqual(width)
  })

  test('leave the panel at the side in sight, and their own words', async () => {
    await canvas.page.setViewportSize({ width: 1366, height: 768 })
    await canvas.by('rail-gallery').click()
    const load = { id: 1, type: 'LoadImage', pos: [40, 80], size: [230, 300], widgets_values: ['broken.jpg'] } as const
    await upload(host, 'broken.jpg', (await plainPicture(64, 48, '#808080')).subarray(0, 60))
    await canvas.load([load, { ...far, pos: [400, 80] }], [[1, 1, 0, 7, 0, 'IMAGE']])
    await run()
    await error().waitFor()
    const panel = (await canvas.by('gallery-panel').boundingBox())!
    expect((await error().boundingBox())!.x).toBeGreaterThanOrEqual(panel.x + panel.width)
    const words = error().locator('.toast-text')
    expect(await words.evaluate((text) => text.scrollHeight - text.clientHeight)).toBeLessThanOrEqual(0)
    expect((await words.boundingBox())!.width).toBeGreaterThan(340)
    expect(await error().getAttribute('role')).toBe('alert')
    await canvas.by('rail-gallery').click()
  })
})
