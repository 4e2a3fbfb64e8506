import { describe, expect, test } from 'vitest'
import { withoutBrowser } from './browser.ts'
import { field } from './canvas.ts'
import { canvas, onCanvas } from './stage.ts'

const at = [360, 80] as const
const split = { id: 1, type: 'TileSplit', pos: at, size: [230, 160], widgets_values: [256, 32] }

describe.skipIf(withoutBrowser)('typing in the fields of a node', () => {
  onCanvas()

  const box = () => canvas.by('text-editor')
  const values = async () => (await canvas.node(1)).widgets_values

  test('Tab keeps what was typed and goes on with the next field, Shift+Tab with the one before', async () => {
    await canvas.load([split])
    await canvas.click(...field(at, 2))
    await canvas.page.keyboard.type('512')
    await canvas.press('Tab')
    expect(await box().getAttribute('aria-label')).toBe('overlap')
    await canvas.page.keyboard.type('64')
    await canvas.press('Shift+Tab')
    expect(await box().inputValue()).toBe('512')
    await canvas.press('Escape')
    expect(await values()).toEqual([512, 64])
  })

  test('Tab leaves the last field for the graph, whose keys work', async () => {
    await canvas.load([split])
    await canvas.click(...field(at, 2, 1))
    await canvas.page.keyboard.type('48')
    await canvas.press('Tab')
    expect(await box().count()).toBe(0)
    expect(await values()).toEqual([256, 48])
    await canvas.press('Control+z')
    expect(await values()).toEqual([256, 32])
  })

  test('a field that loses the focus keeps what was typed', async () => {
    await canvas.load([split])
    await canvas.click(...field(at, 2))
    await canvas.page.keyboard.type('384')
    await canvas.by('open').focus()
    expect(await box().count()).toBe(0)
    expect(await canvas.by('open').evaluate((button) => button === document.activeElement)).toBe(true)
    expect(await values()).toEqual([384, 32])
  })
})
