import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { drop, withoutBrowser } from './browser.ts'
import { field, title } from './canvas.ts'
import { openEditor } from './editor-page.ts'
import { upload } from './host.ts'
import { browser, canvas, host, onCanvas } from './stage.ts'

/** A red part of a grey picture, and a black line that falls by five degrees from its left edge. */
const red = { left: 300, top: 200, width: 300, height: 200 }
const TILT = 5

function scene(): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="600">
    <rect width="900" height="600" fill="#888"/>
    <rect x="${red.left}" y="${red.top}" width="${red.width}" height="${red.height}" fill="#f00"/>
    <path d="M0 450 L900 ${450 + 900 * Math.tan((TILT * Math.PI) / 180)}" stroke="#000" stroke-width="5"/>
  </svg>`
  return sharp(Buffer.from(svg)).png().toBuffer()
}

const image = (link: number) => [{ name: 'image', type: 'IMAGE', link }]
const gives = (...links: number[]) => [{ name: 'IMAGE', type: 'IMAGE', links }]
const load = {
  id: 1,
  type: 'LoadImage',
  pos: [40, 80],
  size: [230, 260],
  outputs: gives(1),
  widgets_values: ['scene.png', 'image'],
  properties: { form: { image: 'Photograph' } },
}
/** A node behind the one before. */
const tool = (id: number, type: string, height: number, more: object = {}) => ({
  id,
  type,
  pos: [320, 80] as const,
  size: [230, height],
  inputs: image(id - 1),
  outputs: gives(id),
  ...more,
})
const crop = tool(2, 'ImageCrop', 190, {
  widgets_values: [512, 512, 0, 0],
  properties: { form: { width: 'Part of the picture' } },
})
const straighten = tool(3, 'ImageStraighten', 130)
const save = (link: number, filename: string) => ({
  id: 9,
  type: 'SaveImage',
  pos: [620, 80],
  size: [230, 200],
  inputs: [{ name: 'images', type: 'IMAGE', link }],
  widgets_values: [filename],
})
const link = (id: number, from: number, to: number) => [id, from, 0, to, 0, 'IMAGE']
const cropped = [load, crop, save(2, 'cropped')]
const cropLinks = [link(1, 1, 2), link(2, 2, 9)]

describe.skipIf(withoutBrowser)('what is set on a picture', () => {
  onCanvas({ before: async () => upload(host, 'scene.png', await scene()) })

  /** Where a pixel of the picture is on the page, in whatever scale it is shown. */
  const pixel = async (page: Page, x: number, y: number) => {
    const box = (await page.locator('[data-testid="viewer-after"]').boundingBox())!
    return [box.x + (x * box.width) / 900, box.y + (y * box.height) / 600] as const
  }
  const dragTo = async (x: number, y: number) => {
    await canvas.page.mouse.down()
    await canvas.page.mouse.move(x, y, { steps: 5 })
    await canvas.page.mouse.up()
  }
  const drag = async (handle: string, x: number, y: number) => {
    const box = (await canvas.by(handle).boundingBox())!
    await canvas.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    await dragTo(...(await pixel(canvas.page, x, y)))
  }
  const size = () => canvas.by('crop-size').textContent()
  const values = async (id: number) => (await canvas.node(id)).properties.params
  const result = async (name: string) => {
    await canvas.by('run').click()
    let answer: Response | undefined
    await expect
      .poll(async () => {
        answer = await fetch(`${host.url}/view?filename=${name}_00001_.png&type=output`)
        return answer.status
      })
      .toBe(200)
    return sharp(Buffer.from(await answer!.arrayBuffer()))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
  }

  test('a part is cut out that was dragged on the picture, and can be taken back as one edit', async () => {
    await canvas.load(cropped, cropLinks)
    await canvas.click(...field(crop.pos, 1, 4))
    await canvas.page.getByRole('dialog', { name: 'Crop Image' }).waitFor()
    await canvas.by('crop-area').waitFor()
    await expect.poll(size).toBe('512 × 512 pixels')
    await drag('crop-nw', red.left, red.top)
    await drag('crop-se', red.left + red.width + 9, red.top + red.height)
    // By keys to the pixel: the corner that was dragged has them.
    await canvas.page.keyboard.press('ArrowUp')
    await canvas.page.keyboard.press('ArrowDown')
    for (let i = 0; i < 30 && !(await size())?.startsWith('300 '); i++) await canvas.page.keyboard.press('ArrowLeft')
    await canvas.by('tool-x').fill(String(red.left))
    await canvas.by('tool-y').fill(String(red.top))
    await canvas.by('tool-height').fill(String(red.height))
    expect(await size()).toBe('300 × 200 pixels')
    await canvas.page.keyboard.press('Enter')
    await canvas.by('viewer').waitFor({ state: 'hidden' })
    expect(await values(2)).toMatchObject({ x: 300, y: 200, width: 300, height: 200 })
    await canvas.page.keyboard.press('Control+z')
    expect((await canvas.node(2)).widgets_values).toEqual([512, 512, 0, 0])
    await canvas.page.keyboard.press('Control+y')
    const { data, info } = await result('cropped')
    expect([info.width, info.height]).toEqual([300, 200])
    expect([...data.subarray(0, 3), ...data.subarray(-3)]).toEqual([255, 0, 0, 255, 0, 0])
  })

  test('Escape leaves it as it was, whatever was dragged, zoomed and moved', async () => {
    const before = await values(2)
    await canvas.click(...field(crop.pos, 1, 4))
    await canvas.by('crop-area').waitFor()
    await canvas.page.mouse.move(...(await pixel(canvas.page, 450, 300)))
    await canvas.page.mouse.wheel(0, -600)
    const zoomed = await pixel(canvas.page, 0, 0)
    await drag('crop-inside', 500, 300)
    expect(await canvas.by('tool-x').inputValue()).not.toBe('300')
    await canvas.page.mouse.move(...(await pixel(canvas.page, 450, 300)))
    await canvas.page.mouse.down({ button: 'middle' })
    await canvas.page.mouse.move(500, 500)
    await canvas.page.mouse.up({ button: 'middle' })
    expect(await pixel(canvas.page, 0, 0)).not.toEqual(zoomed)
    // Keys go round in it.
    const focused = () => canvas.page.evaluate(() => document.activeElement?.getAttribute('data-testid'))
    await canvas.by('crop-w').focus()
    await canvas.page.keyboard.press('Tab')
    expect(await focused()).toBe('viewer-zoom')
    await canvas.page.keyboard.press('Shift+Tab')
    expect(await focused()).toBe('crop-w')
    // Nor does a key reach the node, which is selected, wherever the focus has gone.
    await canvas.page.evaluate(() => (document.activeElement as HTMLElement).blur())
    await canvas.page.keyboard.press('Delete')
    await canvas.page.keyboard.press('Escape')
    await canvas.by('viewer').waitFor({ state: 'hidden' })
    expect(await values(2)).toEqual(before)
  })

  test('what comes through a link is not drawn', async () => {
    const fed = [...crop.inputs, { name: 'width', type: 'INT', link: 3, widget: { name: 'width' } }]
    const number = {
      id: 4,
      type: 'PrimitiveInt',
      pos: [40, 400],
      size: [230, 80],
      outputs: [{ name: 'INT', type: 'INT', links: [3] }],
    }
    await canvas.load([load, { ...crop, inputs: fed }, save(2, 'fed'), number], [...cropLinks, [3, 4, 0, 2, 1, 'INT']])
    await canvas.click(...field(crop.pos, 2, 3))
    await expect.poll(() => canvas.told()).toContain('‘width’ of ‘Crop Image’ comes through a link')
    await canvas.closeMessages()
  })

  test('a picture that nobody has seen is made first, and levelled by a line along what slopes', async () => {
    const invert = { id: 2, type: 'ImageInvert', pos: [320, 400], size: [230, 60], inputs: image(1), outputs: gives(2) }
    await canvas.load([load, invert, straighten, save(3, 'level')], [link(1, 1, 2), link(2, 2, 3), link(3, 3, 9)])
    await canvas.click(...title(straighten.pos), { button: 'right' })
    await canvas.by('menu-draw').click()
    await expect.poll(() => canvas.told()).toContain('Nobody has seen the picture yet that goes into ‘Straighten’.')
    await canvas.by('toast-action').click()
    // The frame of what stays is there as soon as the picture is.
    await expect.poll(async () => (await canvas.by('level-inside').boundingBox())?.width).toBeGreaterThan(100)
    const height = (x: number) => 450 + x * Math.tan((TILT * Math.PI) / 180)
    await canvas.page.mouse.move(...(await pixel(canvas.page, 860, height(860))))
    await canvas.page.mouse.down()
    await canvas.page.mouse.move(...(await pixel(canvas.page, 40, height(40))), { steps: 5 })
    await canvas.by('level-line').waitFor()
    await canvas.page.mouse.up()
    await expect.poll(() => canvas.by('level-angle').textContent()).toBe(`−${TILT}.0°`)
    await canvas.by('drawing-apply').click()
    expect(await values(3)).toMatchObject({ angle: -TILT })
    const { data, info } = await result('level')
    // The line is white now: as high at the left as at the right.
    const brightest = (x: number) => {
      const column = Array.from({ length: info.height }, (_, y) => data[(y * info.width + x) * 3 + 1]!)
      return column.indexOf(Math.max(...column))
    }
    expect(Math.abs(brightest(20) - brightest(info.width - 20))).toBeLessThanOrEqual(2)
    // The same picture opens at once, as it is turned now.
    await canvas
      .by('viewer-close')
      .click({ timeout: 2000 })
      .catch(() => undefined)
    await canvas.click(...field(straighten.pos, 1, 2))
    await expect.poll(() => canvas.by('level-angle').textContent()).toBe(`−${TILT}.0°`)
    expect(await canvas.by('drawing-renew').isVisible()).toBe(true)
    await canvas.page.keyboard.press('Escape')
    expect(canvas.troubles).toEqual([])
  })

  test('fingers drag and zoom it from the form', async () => {
    const { page, by, troubles } = await openEditor(browser, host, {
      viewport: { width: 390, height: 800 },
      hasTouch: true,
    })
    const file = JSON.stringify({ nodes: cropped, links: cropLinks, version: 0.4 })
    await drop(page, 'crop.json', 'application/json', Buffer.from(file), 'body')
    await by('form-draw').tap()
    await by('crop-area').waitFor()
    const session = await page.context().newCDPSession(page)
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...fingers: (readonly [number, number])[]) =>
      session.send('Input.dispatchTouchEvent', { type, touchPoints: fingers.map(([x, y], id) => ({ x, y, id })) })
    const corner = (await by('crop-se').boundingBox())!
    const from = [corner.x + corner.width / 2, corner.y + corner.height / 2] as const
    const to = await pixel(page, 640, 300)
    await touch('touchStart', from)
    await touch('touchMove', [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2])
    await touch('touchMove', to)
    await touch('touchEnd')
    const [width = 0, height = 0] = ((await by('crop-size').textContent()) ?? '').match(/\d+/g)!.map(Number)
    expect(Math.abs(width - 640)).toBeLessThan(8)
    expect(Math.abs(height - 300)).toBeLessThan(8)
    // Two fingers zoom the picture, and drag nothing.
    const shown = async () => (await by('viewer-after').boundingBox())!.width
    const before = await shown()
    await touch('touchStart', [150, 400])
    await touch('touchStart', [150, 400], [250, 500])
    await touch('touchMove', [100, 350], [300, 550])
    await touch('touchEnd')
    expect(await shown()).toBeGreaterThan(before * 1.5)
    expect(await by('crop-size').textContent()).toBe(`${width} × ${height} pixels`)
    await by('drawing-apply').tap()
    await by('drawing-bar').waitFor({ state: 'hidden' })
    await expect
      .poll(() => by('field-width').locator('.form-rectangle').textContent())
      .toContain(`${width} × ${height}, from`)
    // The photograph is beside the form again.
    await expect.poll(() => by('viewer').textContent()).toContain('scene.png')
    expect(troubles).toEqual([])
  })

  test('what was set on one photograph is not used for the next without a word', async () => {
    const { page, by, troubles } = await openEditor(browser, host, { viewport: { width: 390, height: 800 } })
    const file = JSON.stringify({ nodes: cropped, links: cropLinks, version: 0.4 })
    await drop(page, 'crop.json', 'application/json', Buffer.from(file), 'body')
    const name = () => by('field-image').locator('.form-name').textContent()
    await expect.poll(name).toBe('scene.png')
    await by('form-draw').click()
    await by('crop-area').waitFor()
    await drop(page, 'next.png', 'image/png', await scene(), 'body')
    await expect.poll(() => by('toasts').textContent()).toContain('something is being set on a picture')
    await by('toast-close').click()
    await by('drawing-cancel').click()
    expect(await name()).toBe('scene.png')
    expect(await by('origin-note').isVisible()).toBe(false)
    await drop(page, 'next.png', 'image/png', await scene(), 'body')
    await expect.poll(() => by('origin-note').textContent()).toContain('It is as it was set on ‘scene.png’.')
    await by('form-run').click()
    // What was cut out is not laid over all of the photograph.
    await page.locator('.viewer[data-mode="sides"]').waitFor()
    expect(await page.locator('.viewer-title').textContent()).toBe('Result of next.png')
    await by('origin-reset').click()
    await by('origin-note').waitFor({ state: 'hidden' })
    expect(await by('field-width').locator('.form-rectangle').textContent()).toBe('The whole picture')
    expect(troubles).toEqual([])
  })
})
