import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { psnrY } from '../../nodes/measure/psnr-y.ts'
import { decodeImage } from '../../nodes/pixels/decode.ts'
import { resizeFrame } from '../../nodes/pixels/resize.ts'
import type { Frame } from '../../nodes/sdk/values.ts'
import { drop, withoutBrowser } from './browser.ts'
import { openEditor } from './editor-page.ts'
import { type HistoryRecord, type Host, root, waitUntil } from './host.ts'
import { browser, by, editor, host, inEditor } from './stage.ts'

describe.skipIf(withoutBrowser)('the editor in a real browser', () => {
  inEditor()

  const nodeCount = () => editor.page.evaluate(() => Number(document.body.dataset.nodeCount))

  test('opens with an example, and one click restores its photograph', async () => {
    expect(await nodeCount()).toBeGreaterThanOrEqual(5)
    await by('run').click()
    await editor.page.waitForSelector('body[data-run-state="done"]', { timeout: 180_000 })
    const restored = await decode(await newestSaved(host))
    const original = await decode(await readFile(join(root, 'test/fixtures/photographs/example-original.png')))
    const input = await decode(await readFile(join(root, 'workflows/photographs/old-photograph.jpg')))
    const bicubic = await resizeFrame(input, original.width, original.height, 'bicubic')
    expect(psnrY(restored, original)).toBeGreaterThan(psnrY(bicubic, original))
  })

  test('somebody who has never seen a graph drops a photograph, presses Run, and sees both', async () => {
    const visitor = await openEditor(browser, host)
    const photo = sharp(join(root, 'workflows/photographs/old-photograph.jpg')).resize(120, 90)
    await drop(visitor.page, 'grandmother.jpg', 'image/jpeg', await photo.jpeg().toBuffer())
    // It fell on the node that loads a picture, which shows it.
    const kept = () => visitor.page.evaluate(() => Object.values({ ...localStorage }).join())
    await expect.poll(kept).toContain('grandmother.jpg')
    await visitor.by('run').click()
    await visitor.by('compare-slider').waitFor({ timeout: 180_000 })
    await expect.poll(() => visitor.by('viewer-size').textContent()).toContain('480 × 360')
    expect(visitor.troubles).toEqual([])
    await visitor.page.context().close()
    const { width, height } = await sharp(await newestSaved(host)).metadata()
    expect([width, height]).toEqual([480, 360])
  })

  test('shows before and after under a slider that moves', async () => {
    const slider = by('compare-slider')
    await slider.waitFor()
    const after = by('viewer-after')
    expect(await after.evaluate((picture: HTMLImageElement) => [picture.naturalWidth, picture.naturalHeight])).toEqual([
      1024, 768,
    ])
    const position = async () => Number(await slider.getAttribute('aria-valuenow'))
    const before = await position()
    await slider.focus()
    await editor.page.keyboard.press('ArrowRight')
    expect(await position()).toBeGreaterThan(before)
    const frame = (await by('viewer-frame').boundingBox())!
    const box = (await slider.boundingBox())!
    await editor.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    await editor.page.mouse.down()
    await editor.page.mouse.move(frame.x + frame.width * 0.2, box.y + box.height / 2, { steps: 5 })
    await editor.page.mouse.up()
    expect(await position()).toBeLessThan(before)
    await by('viewer-close').click()
  })

  test('a saved picture that is dropped back restores the graph', async () => {
    const count = await nodeCount()
    const tiny = { version: 0.4, nodes: [{ id: 1, type: 'LoadImage', pos: [50, 50], size: [200, 100] }], links: [] }
    await drop(editor.page, 'tiny.json', 'application/json', Buffer.from(JSON.stringify(tiny)))
    await editor.page.waitForSelector('body[data-node-count="1"]')
    await drop(editor.page, 'restored.png', 'image/png', await newestSaved(host))
    await editor.page.waitForSelector(`body[data-node-count="${count}"]`)
  })

  test('what was removed comes back, and goes again', async () => {
    const count = await nodeCount()
    await editor.page.locator('#canvas').focus()
    await editor.page.keyboard.press('Control+a')
    await editor.page.keyboard.press('Delete')
    await editor.page.waitForSelector('body[data-node-count="0"]')
    await editor.page.keyboard.press('Control+z')
    await editor.page.waitForSelector(`body[data-node-count="${count}"]`)
    await editor.page.keyboard.press('Control+Shift+z')
    await editor.page.waitForSelector('body[data-node-count="0"]')
    await editor.page.keyboard.press('Control+z')
    await editor.page.waitForSelector(`body[data-node-count="${count}"]`)
  })

  test('a graph that is saved as a file opens again', async () => {
    const count = await nodeCount()
    const waiting = editor.page.waitForEvent('download')
    await by('save').click()
    const file = await readFile((await (await waiting).path())!)
    expect(JSON.parse(file.toString())).toMatchObject({ version: 0.4, nodes: { length: count } })
    await drop(editor.page, 'tiny.json', 'application/json', Buffer.from('{"nodes": [], "links": []}'))
    await editor.page.waitForSelector('body[data-node-count="0"]')
    await drop(editor.page, 'saved.json', 'application/json', file)
    await editor.page.waitForSelector(`body[data-node-count="${count}"]`)
  })

  test('a run shows its progress and stops when it is cancelled', async () => {
    await by('templates').click()
    await by('template-tiled-chain').click()
    await editor.page.waitForSelector('body[data-node-count="10"]')
    await editor.page.keyboard.press('Control+Enter')
    await editor.page.waitForSelector('body[data-run-state="running"]')
    await editor.page.waitForFunction(
      () => Number(document.querySelector('[data-testid="progress"]')?.getAttribute('aria-valuenow')) > 0,
    )
    await by('cancel').click()
    await editor.page.waitForSelector('body[data-run-state="idle"]')
  })

  test('a picture that is dropped is loaded and can be restored', async () => {
    const count = await nodeCount()
    const small = sharp({ create: { width: 40, height: 30, channels: 3, background: '#68a' } })
    await drop(editor.page, 'blue.png', 'image/png', await small.png().toBuffer())
    await waitUntil(async () => {
      const known = await (await fetch(`${host.url}/object_info/LoadImage`)).text()
      return known.includes('blue.png')
    })
    expect(await nodeCount()).toBeGreaterThanOrEqual(count)
  })

  test('a file that is neither is refused in words', async () => {
    await drop(editor.page, 'broken.json', 'application/json', Buffer.from('{"nodes": 7}'))
    await expect.poll(() => by('toast').last().textContent()).toMatch(/workflow/i)
  })

  test('an error is told in words when a run is refused', async () => {
    const bad = {
      version: 0.4,
      nodes: [{ id: 7, type: 'SaveImage', pos: [50, 50], size: [200, 100], widgets_values: ['x'] }],
      links: [],
    }
    await drop(editor.page, 'bad.json', 'application/json', Buffer.from(JSON.stringify(bad)))
    await editor.page.waitForSelector('body[data-node-count="1"]')
    await editor.page.keyboard.press('Control+Enter')
    await editor.page.waitForSelector('body[data-run-state="failed"]')
    await expect.poll(() => editor.page.locator('body').innerText()).toMatch(/images/)
  })

  test('no script failed and no policy was broken on the way', () => {
    expect(editor.troubles.filter((trouble) => !/400 \(Bad Request\)/.test(trouble))).toEqual([])
  })
})

async function decode(bytes: Uint8Array): Promise<Frame> {
  return (await decodeImage(bytes, 'picture', 1e8)).frame
}

async function newestSaved(host: Host): Promise<Buffer> {
  const history = (await (await fetch(`${host.url}/history`)).json()) as Record<string, HistoryRecord>
  const files = Object.values(history)
    .flatMap(({ outputs }) => Object.values(outputs).flatMap(({ images }) => images ?? []))
    .filter(({ type }) => type === 'output')
  const response = await fetch(`${host.url}/view?${new URLSearchParams(files.at(-1))}`)
  return Buffer.from(await response.arrayBuffer())
}
