import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { drop, withoutBrowser } from './browser.ts'
import { upload } from './host.ts'
import { by, editor, host, inEditor } from './stage.ts'

const [WIDTH, HEIGHT] = [12_500, 8000]

describe.skipIf(withoutBrowser)('pictures that no browser should hold whole', () => {
  inEditor({
    before: async () => {
      // 100 megapixels: grey, and in the very middle a red square of 64 pixels.
      const red = { create: { width: 64, height: 64, channels: 3 as const, background: 'rgb(250,0,0)' } }
      const large = sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: 'rgb(120,130,140)' } })
      const composed = large.composite([{ input: red, left: WIDTH / 2 - 32, top: HEIGHT / 2 - 32 }])
      await upload(host, 'large.png', await composed.png({ compressionLevel: 1 }).toBuffer())
      const deep = sharp({ create: { width: 80, height: 60, channels: 3, background: 'rgb(255,0,0)' } })
      await upload(host, 'wide.tif', await deep.toColourspace('rgb16').withIccProfile('p3').tiff().toBuffer())
    },
  })

  const open = async (image: string) => {
    const node = { id: 1, type: 'LoadImage', pos: [0, 0], size: [400, 500], properties: { params: { image } } }
    await drop(editor.page, 'graph.json', 'application/json', Buffer.from(JSON.stringify({ nodes: [node], links: [] })))
    await editor.page.waitForSelector('body[data-node-count="1"]')
    // The node fills the stage; its picture is in its lower part.
    const stage = (await by('canvas').boundingBox())!
    await expect
      .poll(
        async () => {
          await editor.page.mouse.click(stage.x + stage.width / 2, stage.y + stage.height * 0.62)
          return by('viewer-frame').isVisible()
        },
        { timeout: 30_000, interval: 500 },
      )
      .toBe(true)
  }
  const middle = async () => {
    const { x, y, width, height } = (await by('viewer-frame').boundingBox())!
    return [x + width / 2, y + height / 2] as const
  }

  test('100 megapixels are shown from the whole down to the single pixel', async () => {
    await open('large.png')
    await expect.poll(() => by('viewer-size').textContent(), { timeout: 60_000 }).toContain(`${WIDTH} × ${HEIGHT}`)
    await by('viewer-frame').focus()
    await editor.page.keyboard.press('1')
    const [x, y] = await middle()
    await expect.poll(() => editor.colourAt(x, y), { timeout: 30_000 }).toEqual([250, 0, 0])
    // The square ends where it ends, to the pixel.
    await expect.poll(() => editor.colourAt(x - 31, y)).toEqual([250, 0, 0])
    await expect.poll(() => editor.colourAt(x - 34, y)).toEqual([120, 130, 140])
    await editor.page.mouse.move(x, y)
    await expect.poll(() => by('viewer-pixel').textContent()).toMatch(/^(6249|6250), (3999|4000) +250 0 0$/)
  })

  test('only tiles that are seen are loaded, never the whole', async () => {
    const images = await editor.page
      .locator('[data-testid="viewer"] img')
      .evaluateAll((all) => all.map((image) => (image as HTMLImageElement).naturalWidth))
    expect(Math.max(...images)).toBeLessThanOrEqual(1024)
    expect(images.length).toBeGreaterThan(1)
    expect(images.length).toBeLessThan(40)
  })

  test('moving about brings the tiles of the new place', async () => {
    const [x, y] = await middle()
    await editor.page.mouse.move(x, y)
    await editor.page.mouse.down()
    await editor.page.mouse.move(x - 200, y, { steps: 4 })
    await editor.page.mouse.up()
    await expect.poll(() => editor.colourAt(x - 200, y)).toEqual([250, 0, 0])
    await expect.poll(() => editor.colourAt(x, y)).toEqual([120, 130, 140])
    await editor.page.keyboard.press('0')
    await by('viewer-close').click()
  })

  test('a TIFF of 16 bits in Display P3 is shown in its colours', async () => {
    await open('wide.tif')
    await expect.poll(() => by('viewer-size').textContent()).toContain('80 × 60')
    const [x, y] = await middle()
    await editor.page.mouse.move(x, y)
    await expect.poll(() => by('viewer-pixel').textContent()).toMatch(/ 23[34] 5[01] 3[4-6] P3$/)
    // The red of sRGB, in values of Display P3: a profile that is not lost on the way.
    await expect
      .poll(async () => {
        const [red, green, blue] = await editor.colourAt(x, y)
        return red > 252 && green < 4 && blue < 4
      })
      .toBe(true)
  })
})
