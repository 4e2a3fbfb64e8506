import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { drop, withoutBrowser } from './browser.ts'
import { openEditor, plainPicture } from './editor-page.ts'
import { invertGraph } from './graphs.ts'
import { upload } from './host.ts'
import { browser, by, editor, host, inEditor } from './stage.ts'

describe.skipIf(withoutBrowser)('keeping and sharing workflows', () => {
  inEditor({
    options: { permissions: ['clipboard-read', 'clipboard-write'] },
    before: async () => upload(host, 'any.png', await plainPicture(32, 32, '#345')),
    first: async () => {
      await editor.openGraph(invertGraph('any.png'))
      await by('rail-library').click()
    },
  })

  const paths = () => by('library-item').evaluateAll((items) => items.map((item) => item.getAttribute('data-path')))
  const item = (path: string) => editor.page.locator(`[data-testid="library-item"][data-path="${path}"]`)
  const save = async (path: string) => {
    await by('library-name').fill(path)
    await by('library-save').click()
  }
  const fileOf = async (act: () => Promise<void>) => {
    const waiting = editor.page.waitForEvent('download')
    await act()
    return readFile((await (await waiting).path())!)
  }
  const clipboard = () => editor.page.evaluate(() => navigator.clipboard.readText())

  test('a workflow is saved in a folder, with a picture, where ComfyUI keeps its own', async () => {
    await save('Old photos/Invert')
    await expect.poll(paths).toEqual(['Old photos/Invert'])
    const files = await (await fetch(`${host.url}/userdata?dir=workflows&recurse=true`)).json()
    expect(files).toEqual(['Old photos/Invert.json'])
    await expect
      .poll(() =>
        item('Old photos/Invert')
          .locator('img')
          .evaluate((image: HTMLImageElement) => image.naturalWidth),
      )
      .toBeGreaterThan(100)
  })

  test('what ComfyUI saved is opened from the list', async () => {
    const workflow = { version: 0.4, nodes: [{ id: 4, type: 'LoadImage', pos: [0, 0], size: [200, 100] }], links: [] }
    const file = encodeURIComponent('workflows/from-comfy.json')
    await fetch(`${host.url}/userdata/${file}`, { method: 'POST', body: JSON.stringify(workflow) })
    await by('rail-library').click()
    await by('rail-library').click()
    await item('from-comfy').locator('[data-testid="library-open"]').click()
    await editor.page.waitForSelector('body[data-node-count="1"]')
  })

  test('saving again keeps what was there as a version, which opens', async () => {
    await item('Old photos/Invert').locator('[data-testid="library-open"]').click()
    await editor.page.waitForSelector('body[data-node-count="3"]')
    await editor.page.locator('#canvas').focus()
    await editor.page.keyboard.press('Control+a')
    await editor.page.keyboard.press('Delete')
    await editor.page.waitForSelector('body[data-node-count="0"]')
    await save('Old photos/Invert')
    await expect.poll(() => by('toast').last().textContent()).toContain('Old photos/Invert')
    await item('Old photos/Invert').locator('[data-testid="library-menu"]').click()
    await by('library-versions').click()
    await by('library-version').first().click()
    await editor.page.waitForSelector('body[data-node-count="3"]')
  })

  test('the name to save under is that of the workflow in view, whatever was in view before', async () => {
    const name = () => by('library-name').inputValue()
    const broken = `${host.url}/userdata/${encodeURIComponent('workflows/broken.json')}`
    await fetch(broken, { method: 'POST', body: '{"nodes": [' })
    await item('from-comfy').locator('[data-testid="library-open"]').click()
    await expect.poll(name).toBe('from-comfy')
    await by('tab').filter({ hasText: 'Invert' }).last().click()
    expect(await name()).toBe('Old photos/Invert')
    await by('rail-library').click()
    await by('rail-library').click()
    await item('broken').locator('[data-testid="library-open"]').click()
    await expect.poll(() => by('toast').last().textContent()).toContain('JSON')
    expect(await name()).toBe('Old photos/Invert')
    await fetch(broken, { method: 'DELETE' })
    await editor.reload()
    await by('rail-library').click()
    await expect.poll(name).toBe('Old photos/Invert')
  })

  test('an example that nobody touched makes room after a reload, too', async () => {
    const visitor = await openEditor(browser, host)
    await visitor.reload()
    await visitor.openGraph(invertGraph('any.png'))
    expect(await visitor.by('tab').count()).toBe(1)
    await visitor.page.context().close()
  })

  test('a workflow gets another name, which its tab takes, and is removed', async () => {
    await item('from-comfy').locator('[data-testid="library-menu"]').click()
    await by('library-rename').click()
    await by('text-editor').fill('Renamed')
    await by('text-editor').press('Enter')
    await expect.poll(paths).toEqual(['Old photos/Invert', 'Renamed'])
    expect(await by('tab').filter({ hasText: 'Renamed' }).count()).toBeGreaterThan(0)
    await item('Renamed').locator('[data-testid="library-menu"]').click()
    const tab = by('tab').filter({ hasText: 'Renamed' }).first()
    const remove = async () => {
      await by('library-remove').click()
      await expect.poll(paths).toEqual(['Old photos/Invert'])
      await tab.locator('.tab-changed').waitFor()
    }
    await remove()
    await by('toast-action').last().click()
    await expect.poll(paths).toEqual(['Old photos/Invert', 'Renamed'])
    await tab.locator('.tab-changed').waitFor({ state: 'detached' })
    await item('Renamed').locator('[data-testid="library-menu"]').click()
    await remove()
  })

  test('a link opens a workflow of the library', async () => {
    await item('Old photos/Invert').locator('[data-testid="library-menu"]').click()
    await by('library-link').click()
    await expect.poll(clipboard).toContain('#workflow=Old%20photos%2FInvert')
    const other = await openEditor(browser, host, {}, new URL(await clipboard()).hash.replace(/^/, '/'))
    await expect
      .poll(() => other.page.locator('.tab').allTextContents())
      .toContainEqual(expect.stringContaining('Invert'))
    expect(new URL(other.page.url()).hash).toBe('')
    await other.page.context().close()
  })

  test('a link holds a whole graph, and opens it elsewhere', async () => {
    await editor.openGraph(invertGraph('any.png', 'shared-by-link'))
    await by('share').click()
    await by('share-link').click()
    await expect.poll(clipboard).toContain('#graph=')
    const link = await clipboard()
    const other = await openEditor(browser, host, {}, `/${new URL(link).hash}`)
    await other.page.waitForSelector('body[data-node-count="3"]')
    await other.by('share').click()
    const waiting = other.page.waitForEvent('download')
    await other.by('share-api').click()
    expect(await readFile((await (await waiting).path())!, 'utf8')).toContain('shared-by-link')
    await other.page.context().close()
    const broken = await openEditor(browser, host, {}, '/#graph=not-a-graph')
    await expect.poll(() => broken.by('toast').last().textContent()).toContain('cannot be read')
    await broken.page.context().close()
  })

  test('a link is copied where the page has no clipboard, too, or else shown to be copied', async () => {
    const share = async () => {
      await by('share').click()
      await by('share-link').click()
    }
    const { page } = editor
    const toast = by('toast').filter({ hasText: 'The link is on the clipboard.' })
    await toast.waitFor({ state: 'detached' })
    await page.evaluate(async () => {
      await navigator.clipboard.writeText('before')
      Object.defineProperty(navigator, 'clipboard', { configurable: true, value: undefined })
    })
    await share()
    await toast.waitFor()
    // Whatever a message says, it leaves the page to be seen.
    await toast
      .locator('p')
      .last()
      .evaluate((words) => words.replaceChildren('many words '.repeat(2000)))
    expect((await toast.boundingBox())!.height).toBeLessThan(page.viewportSize()!.height / 2)
    await toast.getByRole('button').click()
    await page.evaluate(() => Reflect.deleteProperty(navigator, 'clipboard'))
    expect(await clipboard()).toContain('#graph=')
    await page.evaluate(() => {
      Object.defineProperty(navigator, 'clipboard', { configurable: true, value: undefined })
      document.execCommand = () => false
    })
    await share()
    const marked = await by('copy-field').evaluate((field: HTMLTextAreaElement) =>
      field.value.slice(field.selectionStart, field.selectionEnd),
    )
    expect(marked).toContain('#graph=')
    await page.keyboard.press('Escape')
    await by('copy-field').waitFor({ state: 'detached' })
    await page.evaluate(() => {
      Reflect.deleteProperty(navigator, 'clipboard')
      Reflect.deleteProperty(document, 'execCommand')
    })
  })

  test('a picture of the graph carries the graph, and the API gets what it runs', async () => {
    const count = await editor.page.evaluate(() => document.body.dataset.nodeCount)
    const prompt = await fileOf(async () => {
      await by('share').click()
      await by('share-api').click()
    })
    const classes = Object.values(JSON.parse(prompt.toString()) as Record<string, { class_type: string }>)
    expect(classes.map(({ class_type }) => class_type).sort()).toEqual(['ImageInvert', 'LoadImage', 'SaveImage'])
    const picture = await fileOf(async () => {
      await by('share').click()
      await by('share-picture').click()
    })
    await editor.openGraph({})
    await drop(editor.page, 'graph.png', 'image/png', picture)
    await editor.page.waitForSelector(`body[data-node-count="${count}"]`)
  })

  test('templates show what they do, and open', async () => {
    await by('templates').click()
    const picture = by('template-restore-photo').locator('img')
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(640)
    const cards = editor.page.locator('.card')
    expect(await cards.count()).toBeGreaterThan(2)
    // However little room the panel has, it scrolls; no card is cut.
    await editor.page.setViewportSize({ width: 1280, height: 500 })
    for (const card of await cards.all()) expect(await card.evaluate((c) => c.scrollHeight - c.clientHeight)).toBe(0)
    await by('template-restore-photo').click()
    await editor.page.waitForSelector('body[data-node-count="5"]')
  })

  test('no script failed and no policy was broken on the way', () => {
    // A workflow that ComfyUI saved has no picture of ours.
    expect(editor.troubles.filter((trouble) => !/404/.test(trouble))).toEqual([])
  })
})
