import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { addPngText } from '../../nodes/pixels/png-text.ts'
import { drop, withoutBrowser } from './browser.ts'
import { title } from './canvas.ts'
import { plainPicture } from './editor-page.ts'
import { root, runPrompt, savedImage } from './host.ts'
import { canvas, host, onCanvas } from './stage.ts'

const folder = join(root, 'test/fixtures/workflows')

describe.skipIf(withoutBrowser)('workflow files', () => {
  onCanvas()

  test('of every kind open, and are saved back byte for byte', async () => {
    for (const name of await readdir(folder)) {
      const text = await readFile(join(folder, name), 'utf8')
      const { nodes, extra } = JSON.parse(text) as { nodes: unknown[]; extra?: { ds?: object } }
      await canvas.open(name.replace('.json', ''), text)
      await canvas.count(nodes.length)
      const saved = await canvas.text()
      // Only where it is looked at from is added to a file that does not say it.
      const expected = extra?.ds === undefined ? JSON.parse(text) : text
      if (typeof expected === 'string') expect(saved).toBe(expected)
      else {
        const { extra: _, ...rest } = JSON.parse(saved)
        const { extra: __, ...before } = expected
        expect(rest).toEqual(before)
      }
    }
  })

  test('that pictures carry open, whatever the format; over a node that loads pictures they are pictures', async () => {
    const loader = { id: 1, type: 'LoadImage', pos: [200, 100], size: [300, 320], widgets_values: ['a.png'] }
    const saving = { filename_prefix: 'carries', quality: 90, background: 'white', save_graph: true }
    const image = async () => (await canvas.node(1)).widgets_values?.[0]
    for (const [format, type] of [
      ['webp', 'image/webp'],
      ['tiff', ''],
    ] as const) {
      const record = await runPrompt(host, {
        made: { class_type: 'EmptyImage', inputs: { width: 16, height: 8, batch_size: 1, color: 255 } },
        save: { class_type: 'SaveImageAs', inputs: { ...saving, format, images: ['made', 0] } },
      })
      const picture = await savedImage(host, record, 'save')
      await canvas.load([])
      await drop(canvas.page, `carries-${format}.${format}`, type, picture)
      await canvas.count(2)
      await canvas.load([loader])
      await drop(canvas.page, `carries-${format}.${format}`, type, picture)
      // The host has it already, as a result of another name.
      await expect.poll(image).toBe(`carries-${format}.${format}`)
    }
  })

  test('that pictures carry and nobody can read are said; files that are no pictures load nothing', async () => {
    const loader = { id: 1, type: 'LoadImage', pos: [600, 450], size: [300, 200], widgets_values: ['a.png'] }
    await canvas.load([loader])
    await canvas.closeMessages()
    for (const [name, type] of [
      ['notes.txt', 'text/plain'],
      ['film.mp4', 'video/mp4'],
    ] as const) {
      await drop(canvas.page, name, type, Buffer.from('no picture'))
      await expect.poll(() => canvas.told()).toContain('There is no picture')
      await canvas.closeMessages()
    }
    expect((await canvas.node(1)).widgets_values?.[0]).toBe('a.png')
    const broken = addPngText(await plainPicture(16, 8, '#0f0'), { workflow: '{"nodes":[', prompt: '{"1":' })
    await drop(canvas.page, 'broken.png', 'image/png', Buffer.from(broken))
    await expect.poll(async () => (await canvas.node(1)).widgets_values?.[0]).toBe('broken.png')
    expect((await canvas.by('toast').allTextContents()).join()).toContain('The graph in ‘broken.png’ cannot be read')
  })

  test('with HTML in every string show it as text', async () => {
    const html = '<img src=x onerror="document.body.dataset.pwned=1"><script>document.body.dataset.pwned=1</script>'
    const node = {
      id: 1,
      type: html,
      title: html,
      pos: [100, 100],
      size: [300, 120],
      inputs: [{ name: html, type: html, label: html, link: null }],
      outputs: [{ name: html, type: html, links: [] }],
      widgets_values: [html],
      properties: { [html]: html },
    }
    const known = { id: 2, type: 'SaveImage', title: html, pos: [500, 100], size: [230, 120], widgets_values: [html] }
    await canvas.load([node, known], [], { groups: [{ title: html, bounding: [50, 20, 900, 400], color: html }] })
    await canvas.click(...title([100, 100]), { button: 'right' })
    await canvas.press('Escape')
    await canvas.drag([400, 115], [700, 500])
    await canvas.press('Escape')
    await canvas.click(...title([500, 100]), { clickCount: 2 })
    await canvas.press('Escape')
    await canvas.click(60, 40, { clickCount: 2 })
    await canvas.press('Escape')
    await canvas.press('/')
    await canvas.page.keyboard.type('<img')
    await canvas.press('Escape')
    expect(await canvas.page.evaluate(() => document.body.dataset.pwned)).toBeUndefined()
    expect(await canvas.page.locator('img[src=x]').count()).toBe(0)
    await expect.poll(() => canvas.told()).toContain('<img src=x')
  })

  test('that are hostile are refused in words, and the graph that is open stays', async () => {
    await canvas.load([{ id: 1, type: 'SaveImage', pos: [100, 100], size: [230, 120] }])
    const hostile = [
      [`{"nodes":[{"id":1,"type":"x","__proto__":{"polluted":1}}]}`, /__proto__/],
      [`{"nodes":[],"links":[${'[1,1,0,2,0,"X"],'.repeat(1_000_000)}[1,1,0,2,0,"X"]]}`, /1000001 links/],
      [`{"nodes":[],"extra":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, /nested deeper/],
      [`{"nodes":[{"id":{},"type":"x"}]}`, /nodes\.0\.id/],
      ['{"nodes":[', /not JSON/],
    ] as const
    for (const [text, message] of hostile) {
      await canvas.closeMessages()
      await canvas.drop('hostile', text)
      await expect.poll(() => canvas.told()).toMatch(message)
      await canvas.count(1)
    }
    expect(await canvas.page.evaluate(() => ({}) as Record<string, unknown>)).not.toHaveProperty('polluted')
  })

  test('with circles, huge ids and long texts open and can still be worked with', async () => {
    const long = 'word '.repeat(180_000)
    const ring = Array.from({ length: 40 }, (_, i) => ({
      id: 2 ** 50 + i,
      type: 'ImageInvert',
      pos: [(i % 8) * 150, Math.floor(i / 8) * 90],
      size: [140, 60],
      title: i === 0 ? long.slice(0, 9000) : `Node ${i}`,
      inputs: [{ name: 'image', type: 'IMAGE', link: i }],
    }))
    const links = ring.map(({ id }, i) => [i, 2 ** 50 + ((i + 39) % 40), 0, id, 0, 'IMAGE'])
    const note = { id: 1, type: 'Note', pos: [0, 600], size: [400, 200], widgets_values: [long] }
    await canvas.load([...ring, note], links)
    expect(await canvas.told()).toMatch(/closes a circle/)
    await canvas.press('Control+a', 'Control+c')
    await canvas.drag(title([0, 600]), [300, 640])
    expect((await canvas.saved()).links).toHaveLength(39)
  })

  test('of a size that few have are panned and zoomed without a hang', async () => {
    const nodes = Array.from({ length: 5000 }, (_, i) => ({
      id: i + 1,
      type: 'ImageInvert',
      pos: [(i % 100) * 260, Math.floor(i / 100) * 120],
      size: [230, 60],
      inputs: [{ name: 'image', type: 'IMAGE', link: i }],
    }))
    const links = nodes.slice(1).map(({ id }, i) => [i + 1, id - 1, 0, id, 0, 'IMAGE'])
    await canvas.load(nodes, links)
    await canvas.press('f')
    await canvas.move(600, 300)
    await canvas.page.mouse.wheel(0, -400)
    await canvas.drag([640, 700], [300, 500])
    await canvas.press('Control+a', 'Delete')
    await canvas.count(0)
    await canvas.press('Control+z')
    await canvas.count(5000)
  })

  test('no script failed and no policy was broken on the way', () => {
    expect(canvas.troubles).toEqual([])
  })
})
