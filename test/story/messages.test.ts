import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openBrowser, withoutBrowser } from './browser.ts'
import { Canvas } from './canvas.ts'
import { type Host, startHost } from './host.ts'

const far = { id: 7, type: 'SaveImage', pos: [9000, 80], size: [230, 200] } as const
const near = { id: 4, type: 'ImageInvert', pos: [40, 80], size: [230, 60] } as const

describe.skipIf(withoutBrowser)('messages', () => {
  let host: Host
  let browser: Browser
  let canvas: Canvas

  beforeAll(async () => {
    host = await startHost()
    browser = await openBrowser()
    canvas = await Canvas.open(browser, host)
  }, 240_000)
  afterAll(async () => {
    await browser?.close()
    await host?.stop()
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
})
