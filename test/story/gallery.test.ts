import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { unzip } from '../server/http/unzip.ts'
import { withoutBrowser } from './browser.ts'
import { plainPicture } from './editor-page.ts'
import { invertGraph } from './graphs.ts'
import { Listener, post, runPrompt, upload, waitUntil } from './host.ts'
import { by, editor, host, inEditor } from './stage.ts'

describe.skipIf(withoutBrowser)('the gallery', () => {
  inEditor({
    before: async () => {
      for (const [name, color] of [
        ['red.png', '#f00'],
        ['blue.png', '#00f'],
      ] as const) {
        await upload(host, name, await plainPicture(96, 64, color))
        await runPrompt(host, invertGraph(name, `from-${name.split('.')[0]}`))
      }
    },
    first: () => by('rail-gallery').click(),
  })

  const names = () => by('gallery-item').evaluateAll((items) => items.map((item) => item.getAttribute('title')))

  test('shows what runs have saved, the newest first, and finds it by name', async () => {
    await expect.poll(names).toEqual(['from-blue_00001_.png', 'from-red_00001_.png'])
    await by('gallery-search').fill('red')
    await expect.poll(names).toEqual(['from-red_00001_.png'])
    await by('gallery-search').fill('')
  })

  test('compares two that are marked', async () => {
    expect(await by('gallery-compare').isDisabled()).toBe(true)
    await by('gallery-mark').nth(0).check()
    await by('gallery-mark').nth(1).check()
    await by('gallery-compare').click()
    const { x, y, width, height } = (await by('viewer-frame').boundingBox())!
    // Blue inverted is yellow, red inverted is cyan.
    await expect.poll(() => editor.colourAt(x + width * 0.25, y + height / 2)).toEqual([255, 255, 0])
    await expect.poll(() => editor.colourAt(x + width * 0.75, y + height / 2)).toEqual([0, 255, 255])
    await by('viewer-close').click()
  })

  test('downloads those that are marked into a folder, and all that are found where none is', async () => {
    const { page } = editor
    const saved = () =>
      page.evaluate(async () => {
        const names = []
        for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name)
        return names.sort()
      })
    await page.evaluate(() => Object.assign(window, { showDirectoryPicker: () => navigator.storage.getDirectory() }))
    await by('gallery-mark').nth(0).uncheck()
    await by('gallery-save').click()
    await expect.poll(saved).toEqual(['from-red_00001_.png'])
    await by('gallery-mark').nth(1).uncheck()
    await by('gallery-save').click()
    await expect.poll(saved).toEqual(['from-blue_00001_.png', 'from-red_00001_ (1).png', 'from-red_00001_.png'])
  })

  test('downloads all that are found as one ZIP, and says why where the host has none of them', async () => {
    const waiting = editor.page.waitForEvent('download')
    await by('gallery-zip').click()
    const download = await waiting
    expect(download.suggestedFilename()).toBe('results.zip')
    const entries = unzip(await readFile((await download.path())!))
    expect(entries.map(({ name }) => name)).toEqual(['from-blue_00001_.png', 'from-red_00001_.png'])
    const place = join(host.data, 'output/from-red_00001_.png')
    await rename(place, `${place}.away`)
    await by('gallery-search').fill('red')
    await by('gallery-zip').click()
    await expect.poll(() => by('toast').last().textContent()).toContain('output/from-red_00001_.png')
    await rename(`${place}.away`, place)
    await by('gallery-search').fill('')
    await by('toast-close').last().click()
  })

  test('opens the graph that made a picture', async () => {
    await by('gallery-menu').nth(1).click()
    await by('gallery-graph').click()
    await editor.page.waitForSelector('body[data-node-count="3"]')
  })

  test('a result becomes the next input, by its menu', async () => {
    await by('gallery-menu').nth(0).click()
    await by('gallery-use').click()
    await expect.poll(() => by('toast').last().textContent()).toContain('from-blue_00001_.png')
    await by('run').click()
    await expect.poll(names, { timeout: 30_000 }).toContain('from-red_00002_.png')
    // Inverted twice, it is blue again.
    await by('gallery-picture').nth(0).click()
    const { x, y, width, height } = (await by('viewer-frame').boundingBox())!
    await expect.poll(() => editor.colourAt(x + width / 2, y + height / 2)).toEqual([0, 0, 255])
    await by('viewer-close').click()
  })

  test('a picture is dragged from the gallery into the graph', async () => {
    const before = await editor.page.evaluate(() => Number(document.body.dataset.nodeCount))
    await editor.openGraph({})
    const source = by('gallery-picture').last()
    await source.evaluate((picture) => {
      const transfer = new DataTransfer()
      picture.dispatchEvent(new DragEvent('dragstart', { bubbles: true, dataTransfer: transfer }))
      const init = { bubbles: true, cancelable: true, clientX: 800, clientY: 400, dataTransfer: transfer }
      const canvas = document.querySelector('canvas')!
      canvas.dispatchEvent(new DragEvent('dragover', init))
      canvas.dispatchEvent(new DragEvent('drop', init))
    })
    await editor.page.waitForSelector('body[data-node-count="1"]')
    expect(before).toBe(3)
  })

  test('goes back to the first of many runs', async () => {
    const client = await Listener.open(host.url, 'many')
    const many = Array.from({ length: 130 }, (_, i) => ({
      made: { class_type: 'EmptyImage', inputs: { width: 8, height: 8, batch_size: 1, color: i } },
      save: { class_type: 'SaveImage', inputs: { images: ['made', 0], filename_prefix: 'many' } },
    }))
    for (const prompt of many) await post(host, '/prompt', { prompt, client_id: 'many' })
    await waitUntil(() => client.messages.filter(({ type }) => type === 'execution_success').length === many.length)
    client.close()
    await expect.poll(async () => (await names())[0]).toBe('many_00130_.png')
    expect((await names()).length).toBe(60)
    await by('gallery-more').click()
    await expect.poll(async () => (await names()).length).toBe(120)
    await by('gallery-more').focus()
    await editor.page.keyboard.press('Enter')
    await expect.poll(async () => (await names()).at(-1)).toBe('from-red_00001_.png')
    expect((await names()).length).toBe(133)
    expect(await by('gallery-more').count()).toBe(0)
  })

  test('downloads what every run has saved, also what the page has not loaded', async () => {
    await editor.page.reload()
    await editor.page.waitForSelector('body[data-connection="connected"]')
    if (!(await by('gallery-grid').isVisible())) await by('rail-gallery').click()
    await expect.poll(async () => (await names()).length).toBe(60)
    const waiting = editor.page.waitForEvent('download')
    await by('gallery-zip').click()
    const entries = unzip(await readFile((await (await waiting).path())!))
    expect(entries.length).toBe(133)
    expect(entries.at(-1)?.name).toBe('from-red_00001_.png')
    await expect.poll(() => by('gallery-zip').textContent()).toBe('ZIP')
    expect((await names()).length).toBe(60)
    while ((await by('gallery-more').count()) > 0) await by('gallery-more').click()
  })

  test('pictures of different shapes are compared as they are', async () => {
    const marked = editor.page.locator('[data-testid="gallery-mark"]:checked')
    while ((await marked.count()) > 0) await marked.first().uncheck()
    await by('gallery-mark').nth(0).check()
    await by('gallery-mark').last().check()
    await by('gallery-compare').click()
    const shapeOf = async (id: string) => {
      const { width, height } = (await by(id).boundingBox())!
      return Math.round((100 * width) / height) / 100
    }
    await expect.poll(() => Promise.all(['viewer-before', 'viewer-after'].map(shapeOf))).toEqual([1, 1.5])
    await by('viewer-close').click()
  })

  test('no script failed and no policy was broken on the way', () => {
    // The ZIP of which there was nothing is one.
    expect(editor.troubles.filter((trouble) => !trouble.includes('404 (Not Found)'))).toEqual([])
  })
})
