import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { withoutBrowser } from './browser.ts'
import { plainPicture } from './editor-page.ts'
import { upload } from './host.ts'
import { by, editor, host, inEditor } from './stage.ts'

/** LoadImage nodes show their pictures without a run. Nothing asks for the tiles. */
const graph = {
  load: { class_type: 'LoadImage', inputs: { image: 'orange.png' } },
  split: { class_type: 'TileSplit', inputs: { image: ['load', 0], tile_size: 512, overlap: 64 } },
  preview: { class_type: 'PreviewImage', inputs: { images: ['load', 0] } },
}

describe.skipIf(withoutBrowser)('looking at a picture closely', () => {
  inEditor({
    before: async () => {
      await upload(host, 'orange.png', await plainPicture(900, 600, 'rgb(200,100,50)'))
      await upload(host, 'blue.png', await plainPicture(450, 300, 'rgb(20,40,240)'))
      const half = sharp({
        create: { width: 40, height: 40, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.5 } },
      })
      await upload(host, 'glass.png', await half.png().toBuffer())
    },
    first: async () => {
      await editor.openGraph(graph)
      await by('run').click()
      await editor.page.waitForSelector('body[data-run-state="done"]')
      // The preview has the only result; a click on it opens the viewer.
      await editor.page.keyboard.press('q')
      await editor.page.locator('[data-stage="done"] img').first().click()
      await by('viewer-frame').waitFor()
    },
  })

  const frame = async () => (await by('viewer-frame').boundingBox())!
  const middle = async () => {
    const { x, y, width, height } = await frame()
    return [x + width / 2, y + height / 2] as const
  }
  const zoom = async () => Number(/(\d+) %/.exec((await by('viewer-size').textContent()) ?? '')?.[1])

  test('zooms by keys to one to one and beyond, and back to fit', async () => {
    // Its picture must be there before it can be zoomed.
    await expect.poll(zoom).toBeGreaterThan(0)
    await by('viewer-frame').focus()
    await editor.page.keyboard.press('1')
    expect(await zoom()).toBe(100)
    for (let i = 0; i < 12; i++) await editor.page.keyboard.press('+')
    expect(await zoom()).toBe(3200)
    const place = () => by('viewer-after').evaluate((picture) => picture.getBoundingClientRect().left)
    const before = await place()
    await editor.page.keyboard.press('ArrowRight')
    expect(await place()).toBeLessThan(before)
    await editor.page.keyboard.press('0')
    expect(await zoom()).toBeGreaterThan(0)
    expect(await zoom()).toBeLessThan(100)
  })

  test('shows one channel as grey', async () => {
    for (const [channel, value] of [
      ['red', 200],
      ['green', 100],
      ['blue', 50],
      ['alpha', 255],
      ['luma', Math.round(0.2126 * 200 + 0.7152 * 100 + 0.0722 * 50)],
    ] as const) {
      await by('viewer-channel').click()
      await by(`channel-${channel}`).click()
      const [x, y] = await middle()
      const farthest = async () => Math.max(...(await editor.colourAt(x, y)).map((seen) => Math.abs(seen - value)))
      await expect.poll(farthest, { message: channel }).toBeLessThanOrEqual(1)
    }
    await by('viewer-channel').click()
    await by('channel-all').click()
    await expect.poll(async () => editor.colourAt(...(await middle()))).toEqual([200, 100, 50])
  })

  test('counts its values in a histogram', async () => {
    await by('viewer-histogram').click()
    const luma = 0.2126 * 200 + 0.7152 * 100 + 0.0722 * 50
    await expect.poll(() => by('histogram-mean').textContent()).toBe(`mean ${Math.round(luma)}.0`)
    await by('viewer-histogram').click()
    expect(await by('histogram').isVisible()).toBe(false)
  })

  test('shows where the tiles of the graph meet', async () => {
    await by('viewer-grid').click()
    await expect.poll(() => by('tile-words').textContent()).toBe('2 × 2 tiles')
    await expect.poll(() => by('tile-grid').locator('line').count()).toBe(4)
    await by('viewer-grid').click()
  })

  test('compares with any other picture, and each may be chosen', async () => {
    await by('viewer-compare').click()
    await editor.page.locator('[data-testid="picker-item"][title="blue.png"]').click()
    const { x, y, width, height } = await frame()
    await expect.poll(() => editor.colourAt(x + width * 0.25, y + height / 2)).toEqual([20, 40, 240])
    await expect.poll(() => editor.colourAt(x + width * 0.75, y + height / 2)).toEqual([200, 100, 50])
    await by('viewer-swap').click()
    await expect.poll(() => editor.colourAt(x + width * 0.75, y + height / 2)).toEqual([20, 40, 240])
    await by('viewer-choose-after').click()
    await editor.page.locator('[data-testid="picker-item"][title="glass.png"]').click()
    await expect.poll(() => by('viewer-size').textContent()).toContain('40 × 40')
    await by('viewer-swap').click()
  })

  test('enlarges both under a loupe at the pointer', async () => {
    await by('viewer-compare').click()
    await editor.page.locator('[data-testid="picker-item"][title="blue.png"]').click()
    await by('compare-by-loupe').click()
    await expect.poll(() => by('viewer-size').textContent()).toContain('900 × 600')
    const [x, y] = await middle()
    await editor.page.mouse.move(x, y)
    await by('loupe').waitFor()
    await expect.poll(() => editor.colourAt(x - 60, y)).toEqual([20, 40, 240])
    await expect.poll(() => editor.colourAt(x + 60, y)).toEqual([200, 100, 50])
    await editor.page.mouse.move(x, y - 2000)
    await by('loupe').waitFor({ state: 'hidden' })
    await by('viewer-single').click()
    expect(await by('compare-by-loupe').isVisible()).toBe(false)
  })

  test('can be dragged to the desktop as a file, with its name', async () => {
    const carried = await by('viewer-download').evaluate((link) => {
      const transfer = new DataTransfer()
      link.dispatchEvent(new DragEvent('dragstart', { bubbles: true, dataTransfer: transfer }))
      return transfer.getData('DownloadURL')
    })
    expect(carried).toMatch(/^image\/png:[^:]+\.png:http:\/\/127\.0\.0\.1:\d+\/view\?/)
  })

  test('a picture in a node has a handle that takes it to the desktop', async () => {
    await by('viewer-close').click()
    const { x, y, width, height } = (await by('canvas').boundingBox())!
    await expect
      .poll(async () => {
        for (const across of [0.2, 0.3, 0.4, 0.6, 0.7, 0.8])
          for (const down of [0.35, 0.45, 0.55, 0.65]) {
            await editor.page.mouse.move(x + width * across, y + height * down)
            if (await by('picture-handle').isVisible()) return by('picture-handle').getAttribute('download')
          }
        return undefined
      })
      .toMatch(/\.png$/)
    const carried = await by('picture-handle').evaluate((link) => {
      const transfer = new DataTransfer()
      link.dispatchEvent(new DragEvent('dragstart', { bubbles: true, dataTransfer: transfer }))
      return transfer.getData('DownloadURL')
    })
    expect(carried).toMatch(/^image\/png:[^:]+\.png:http/)
    await editor.page.mouse.move(x + 2, y + 2)
    await by('picture-handle').waitFor({ state: 'hidden' })
  })

  test('no script failed and no policy was broken on the way', () => {
    expect(editor.troubles).toEqual([])
  })
})
