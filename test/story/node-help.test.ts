import { describe, expect, test } from 'vitest'
import { withoutBrowser } from './browser.ts'
import { field, input, output, title } from './canvas.ts'
import { canvas, onCanvas } from './stage.ts'

const at = [300, 120] as const
const node = { id: 1, type: 'ImageDustAndScratches', pos: at, size: [230, 130] } as const

describe.skipIf(withoutBrowser)('what a node says of itself', () => {
  onCanvas({ first: () => canvas.load([node]) })

  test.each([
    ['its title', title(at), /^Dust & Scratches.*specks/],
    ['an input', input([at[0] + 8, at[1]]), /^image: IMAGE/],
    ['an output', output([at[0] - 8, at[1]], 1), /^MASK.*replaced/],
    ['a field', field(at, 2), /^radius.*In pixels/],
  ] as const)('comes where the pointer rests on %s, and goes with it', async (_name, place, words) => {
    const hint = canvas.by('hint')
    await canvas.move(...place, 3)
    await hint.waitFor({ state: 'visible' })
    expect(await hint.textContent()).toMatch(words)
    await canvas.move(700, 600)
    expect(await hint.isVisible()).toBe(false)
  })

  test('lies in no way of a press, and goes with it', async () => {
    const hint = canvas.by('hint')
    await canvas.move(...field(at, 2), 3)
    await hint.waitFor({ state: 'visible' })
    await canvas.click(...field(at, 2))
    expect(await hint.isVisible()).toBe(false)
    await canvas.press('Escape')
  })

  test('is all in a sheet that its menu opens', async () => {
    await canvas.click(...title(at), { button: 'right' })
    await canvas.by('menu-about').click()
    const sheet = canvas.by('node-help-sheet')
    await sheet.waitFor()
    const words = (await sheet.textContent())!
    for (const part of ['Dust & Scratches', 'radius', 'threshold', 'image: IMAGE', 'MASK'])
      expect(words).toContain(part)
    await canvas.press('Escape')
    await sheet.waitFor({ state: 'detached' })
  })

  test('is said to who walks the graph by keys, and its settings and its menu open', async () => {
    const { page } = canvas
    await canvas.load(
      [node, { id: 2, type: 'SaveImage', pos: [2000, 120], size: [230, 200] }],
      [[1, 1, 0, 2, 0, 'IMAGE']],
    )
    await page.locator('#canvas').focus()
    await canvas.press('ArrowRight', 'Alt+ArrowRight')
    await expect.poll(() => page.locator('#said').textContent()).toMatch(/^Save Image\. images from Dust & Scratches\./)
    await canvas.press('Alt+ArrowLeft', 'Enter')
    await canvas.choose('threshold')
    await page.keyboard.type('33')
    await canvas.press('Enter')
    await canvas.until(({ nodes }) => nodes[0]?.widgets_values?.[1] === 33)
    await canvas.press('Shift+F10')
    await canvas.by('menu-about').waitFor()
    await canvas.press('Escape', 'Delete')
    await canvas.count(1)
  })
})
