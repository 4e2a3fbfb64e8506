import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { drop, withoutBrowser } from './browser.ts'
import { plainPicture } from './editor-page.ts'
import { upload } from './host.ts'
import { by, editor, host, inEditor } from './stage.ts'

/** 126 inverted is 129: a difference of 3, shown as 24. */
const compareGraph = {
  load: { class_type: 'LoadImage', inputs: { image: 'grey.png' } },
  invert: { class_type: 'ImageInvert', inputs: { image: ['load', 0] } },
  compare: { class_type: 'ImageCompare', inputs: { image_a: ['load', 0], image_b: ['invert', 0] } },
}

describe.skipIf(withoutBrowser)('comparing pictures', () => {
  inEditor({
    before: async () => upload(host, 'grey.png', await plainPicture(60, 40, 'rgb(126,126,126)')),
    first: async () => {
      await editor.openGraph(compareGraph)
      await by('run').click()
      await by('viewer-frame').waitFor()
    },
  })

  const frame = async () => (await by('viewer-frame').boundingBox())!
  /** The colour on the screen at a place of the frame, 0..1. */
  const colourAt = async (x: number, y: number) => {
    const box = await frame()
    const at = { x: Math.round(box.x + box.width * x), y: Math.round(box.y + box.height * y), width: 1, height: 1 }
    const { data } = await sharp(await editor.page.screenshot({ clip: at }))
      .raw()
      .toBuffer({ resolveWithObject: true })
    return data[0]!
  }

  test('under the slider the first picture is left, the second right', async () => {
    await expect.poll(async () => [await colourAt(0.3, 0.5), await colourAt(0.7, 0.5)]).toEqual([126, 129])
  })

  test('shows the values under the pointer in both pictures', async () => {
    const { x, y, width, height } = await frame()
    await editor.page.mouse.move(x + width * 0.51, y + height / 2)
    await expect.poll(() => by('viewer-pixel').textContent()).toMatch(/^30, 20 +126 126 126 → 129 129 129$/)
  })

  test('side by side, both show the same place while one is zoomed', async () => {
    await by('compare-by-sides').click()
    await expect.poll(async () => [await colourAt(0.25, 0.5), await colourAt(0.75, 0.5)]).toEqual([126, 129])
    const place = (id: string) =>
      by(id).evaluate((picture) => picture.getBoundingClientRect().left - picture.parentElement!.offsetLeft)
    const apart = async () => (await place('viewer-after')) - (await place('viewer-before'))
    const { x, y, width, height } = await frame()
    await editor.page.mouse.move(x + width * 0.2, y + height * 0.5)
    await editor.page.mouse.wheel(0, -600)
    await expect.poll(apart).toBeCloseTo(width / 2, 0)
    await by('viewer-zoom').click()
  })

  test('the difference is eight times as strong', async () => {
    await by('compare-by-difference').click()
    await expect.poll(() => colourAt(0.5, 0.5)).toBe(24)
  })

  test('flips between both by Space and by a click', async () => {
    await by('compare-by-flip').click()
    await expect.poll(() => colourAt(0.5, 0.5)).toBe(126)
    await editor.page.keyboard.press('Space')
    await expect.poll(() => colourAt(0.5, 0.5)).toBe(129)
    const { x, y, width, height } = await frame()
    await editor.page.mouse.click(x + width / 2, y + height / 2)
    await expect.poll(() => colourAt(0.5, 0.5)).toBe(126)
  })

  test('one picture gets the keys as well, until it is closed', async () => {
    const focused = () => editor.page.evaluate(() => document.activeElement?.getAttribute('data-testid'))
    await by('compare-by-sides').click()
    await by('viewer-close').click()
    const load = {
      nodes: [{ id: 1, type: 'LoadImage', pos: [100, 80], size: [230, 300], widgets_values: ['grey.png', 'image'] }],
      links: [],
      extra: { ds: { scale: 1, offset: [0, 0] } },
      version: 0.4,
    }
    await drop(editor.page, 'one.json', 'application/json', Buffer.from(JSON.stringify(load)))
    await editor.page.waitForSelector('body[data-node-count="1"]')
    const { x, y } = (await editor.page.locator('#canvas').boundingBox())!
    await editor.page.mouse.click(x + 215, y + 300)
    await by('viewer-frame').waitFor()
    expect(await focused()).toBe('viewer-frame')
    await expect.poll(() => by('viewer-size').textContent()).toMatch(/^60 × 40/)
    const enlarged = async () => {
      await editor.page.keyboard.press('+')
      return by('viewer-zoom').textContent()
    }
    await expect.poll(enlarged).toBe('Fit') // keys wait for the picture
    await enlarged()
    const place = () => by('viewer-after').boundingBox()
    const before = await place()
    await editor.page.keyboard.press('ArrowRight')
    expect((await place())!.x).toBeLessThan(before!.x)
    expect(await by('undo').isEnabled()).toBe(false)
    await editor.page.keyboard.press('Escape')
    expect(await editor.page.evaluate(() => document.activeElement?.id)).toBe('canvas')
  })

  test('two that are compared without a divider get them at the picture', async () => {
    await drop(editor.page, 'again.json', 'application/json', Buffer.from(JSON.stringify(compareGraph)))
    await editor.page.waitForSelector('body[data-node-count="3"]')
    await by('run').click()
    await by('viewer-frame').waitFor()
    expect(await editor.page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('viewer-frame')
    await by('compare-by-slider').click()
    expect(await editor.page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('compare-slider')
  })
})
