import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { withoutBrowser } from './browser.ts'
import { title } from './canvas.ts'
import { upload } from './host.ts'
import { canvas, host, onCanvas } from './stage.ts'

const first = {
  id: 1,
  type: 'ImageInvert',
  title: 'A title that is wider than a folded node without one',
  pos: [40, 80],
  size: [330, 60],
} as const
const second = { id: 2, type: 'ImageInvert', pos: [600, 400], size: [230, 60], flags: {} } as const
const at = [...first.pos] as [number, number]

interface WithCurves {
  /** Where each link that was drawn began and ended. */
  curves: string[]
}

/** In the page: once what was asked for before has been drawn. */
async function drawn(): Promise<void> {
  await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))
}

/** In the page. */
async function keepCurves(): Promise<void> {
  const curves: string[] = []
  Object.assign(window, { curves })
  const { prototype } = CanvasRenderingContext2D
  const draw = prototype.bezierCurveTo
  prototype.bezierCurveTo = function (...points) {
    curves.push(points.join())
    draw.apply(this, points)
  }
}

describe.skipIf(withoutBrowser)('what nodes look like', () => {
  onCanvas()

  test('links of a node that is folded end at it at once', async () => {
    await canvas.load(
      [first, { ...second, inputs: [{ name: 'image', type: 'IMAGE', link: 1 }] }],
      [[1, 1, 0, 2, 0, 'IMAGE']],
    )
    await canvas.click(...title(at))
    await canvas.page.evaluate(drawn)
    await canvas.page.evaluate(keepCurves)
    await canvas.press('Alt+c')
    await canvas.until(({ nodes }) => nodes[0]?.flags.collapsed === true)
    const curves = await canvas.page.evaluate(() => (window as unknown as WithCurves).curves)
    expect(new Set(curves).size).toBe(1)
  })

  test('why a node cannot run is not hidden by the node below', async () => {
    const failing = { id: 3, type: 'SaveImage', pos: [600, 80], size: [230, 200], flags: {} }
    const below = { id: 4, type: 'ImageInvert', pos: [600, 316], size: [230, 100], flags: {} }
    await canvas.load([failing, below])
    const { x, y } = (await canvas.by('canvas').boundingBox())!
    const colour = async () => {
      const clip = { x: Math.round(x + 620), y: Math.round(y + 294), width: 1, height: 1 }
      const [red = 0, green = 0] = await sharp(await canvas.page.screenshot({ clip }))
        .raw()
        .toBuffer()
      return red - green
    }
    await canvas.press('Control+Enter')
    await canvas.page.waitForSelector('body[data-run-state="failed"]')
    await expect.poll(colour).toBeGreaterThan(10)
  })

  test('of a photograph that is cut off a node shows what is there', async () => {
    const size = { width: 300, height: 200, channels: 3 as const }
    const noisy = sharp({ create: { ...size, background: 'red', noise: { type: 'gaussian', mean: 128, sigma: 60 } } })
    const photograph = await noisy.linear([1, 0, 0], [60, 0, 0]).jpeg().toBuffer()
    await upload(host, 'cut.jpg', photograph.subarray(0, 0.7 * photograph.length))
    await canvas.load([{ id: 5, type: 'LoadImage', pos: at, size: [300, 300], widgets_values: ['cut.jpg', 'image'] }])
    const { x, y } = (await canvas.by('canvas').boundingBox())!
    const clip = { x: Math.round(x + at[0]), y: Math.round(y + at[1]), width: 300, height: 300 }
    const reds = async () => {
      const { data, info } = await sharp(await canvas.page.screenshot({ clip }))
        .raw()
        .toBuffer({ resolveWithObject: true })
      let count = 0
      for (let i = 0; i < data.length; i += info.channels) if (data[i]! > data[i + 1]! + 60) count++
      return count
    }
    await expect.poll(reds).toBeGreaterThan(5000)
  })

  test('a node that is pinned shows it, folded as well', async () => {
    await canvas.load([second])
    await canvas.click(...title([...second.pos]))
    const looks = () => canvas.page.locator('#canvas').screenshot()
    for (const folded of [false, true]) {
      if (folded) await canvas.press('Alt+c')
      await canvas.until(({ nodes }) => (nodes[0]?.flags.collapsed === true) === folded)
      await canvas.page.evaluate(drawn)
      const loose = await looks()
      await canvas.press('p')
      await canvas.until(({ nodes }) => nodes[0]?.flags.pinned === true)
      await expect.poll(async () => (await looks()).equals(loose)).toBe(false)
      await canvas.press('p')
      await canvas.until(({ nodes }) => nodes[0]?.flags.pinned !== true)
      await expect.poll(async () => (await looks()).equals(loose)).toBe(true)
    }
  })
})
