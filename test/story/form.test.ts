import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { drop, withoutBrowser } from './browser.ts'
import { openEditor, plainPicture } from './editor-page.ts'
import { root, upload } from './host.ts'
import { browser, by, editor, host, inEditor } from './stage.ts'

describe.skipIf(withoutBrowser)('the form, for those who do not wire', () => {
  inEditor({ flags: ['--max-pixels', '1000000'], options: { viewport: { width: 400, height: 800 }, hasTouch: true } })

  test('is what a narrow screen begins with, and nothing is wider than the screen', async () => {
    expect(await by('form').isVisible()).toBe(true)
    expect(await by('canvas').isVisible()).toBe(false)
    expect(await editor.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400)
    for (const id of ['form-run', 'form-choose', 'viewer-frame']) {
      const { x, width } = (await by(id).boundingBox())!
      expect(x, id).toBeGreaterThanOrEqual(0)
      expect(x + width, id).toBeLessThanOrEqual(400)
    }
  })

  test('shows only what the graph exposes; the rest when asked for', async () => {
    const shown = await by('form-fields')
      .locator('.form-field')
      .evaluateAll((fields) => fields.map((field) => field.getAttribute('data-testid')))
    expect(shown[0]).toBe('field-image')
    expect(shown).toEqual(expect.arrayContaining(['field-model_name', 'field-scale', 'field-strength']))
    expect(shown).not.toContain('field-tile_size')
    expect(await by('field-tile_size').isVisible()).toBe(false)
    await editor.page.locator('.form-more summary').click()
    expect(await by('field-tile_size').isVisible()).toBe(true)
    await editor.page.locator('.form-more summary').click()
  })

  test('restores the photograph that is dropped, with one press, and hands it out', async () => {
    const photo = await readFile(join(root, 'workflows/photographs/old-photograph.jpg'))
    await by('form-choose').focus()
    await drop(editor.page, 'my-own.jpg', 'image/jpeg', photo)
    await expect.poll(() => by('field-image').locator('.form-name').textContent()).toBe('my-own.jpg')
    expect(await by('form-choose').evaluate((button) => button === document.activeElement)).toBe(true)
    await by('field-scale').locator('.form-number').fill('2')
    await by('field-scale').locator('.form-number').press('Enter')
    await by('form-run').click()
    await editor.page.waitForSelector('body[data-run-state="done"]', { timeout: 180_000 })
    await by('compare-slider').waitFor()
    await expect.poll(() => by('viewer-size').textContent()).toContain('512 × 384')
    // Of its work a node says something, but warns of nothing.
    expect(await by('form-warnings').textContent()).toBe('')
    // Both come into view without a look for them: the comparison above, the file below.
    const inView = async () => {
      const [frame, download] = [await by('viewer-frame').boundingBox(), await by('form-download').boundingBox()]
      const isBelow = frame!.y + frame!.height < download!.y
      return frame!.y >= 0 && isBelow && download!.y + download!.height < 800
    }
    await expect.poll(inView).toBe(true)
    // The arrow beside the comparison, which itself is only shown, gives what was saved: it carries the workflow.
    for (const button of ['form-download', 'viewer-download']) {
      const waiting = editor.page.waitForEvent('download')
      await by(button).click()
      const download = await waiting
      expect(download.suggestedFilename()).toBe('my-own-restored_00001_.png')
      const file = await readFile((await download.path())!)
      expect([file.subarray(1, 4).toString(), file.includes('workflow')]).toEqual(['PNG', true])
    }
  })

  test('the result is there again when one comes back to the form', async () => {
    await by('view-graph').click()
    // A narrow screen has room for one of them.
    await by('viewer-frame').waitFor({ state: 'hidden' })
    await by('canvas').waitFor()
    await by('view-form').click()
    await by('compare-slider').waitFor()
    await expect.poll(() => by('viewer-size').textContent()).toContain('512 × 384')
  })

  test('its picture is large as long as one wants, and stays where it is', async () => {
    const large = editor.page.locator('.viewer-whole')
    await by('viewer-large').click()
    expect(await large.count()).toBe(1)
    await editor.page.keyboard.press('Escape')
    expect(await large.count()).toBe(0)
    await editor.page.keyboard.press('Escape')
    expect(await by('viewer-frame').isVisible()).toBe(true)
  })

  test('phones have no reason to zoom into a field', async () => {
    const size = await by('field-scale')
      .locator('.form-number')
      .evaluate((field) => getComputedStyle(field).fontSize)
    expect(size).toBe('16px')
  })

  test('says before a run what comes of the scale, and sets the largest that fits with one press', async () => {
    const [number, note] = [by('field-scale').locator('.form-number'), by('field-scale').getByTestId('scale-note')]
    await expect.poll(() => note.textContent()).toBe('256 × 192 becomes 512 × 384 (0.19661 megapixels).')
    await number.fill('8')
    await number.press('Enter')
    await expect.poll(() => note.textContent()).toContain('more than the 1 megapixels that this host makes')
    await note.getByTestId('scale-use').click()
    await expect.poll(() => note.textContent()).toBe('256 × 192 becomes 1152 × 864 (0.99533 megapixels).')
    expect(await number.inputValue()).toBe('4.5')
  })

  test('in the graph the menu of the node sets the largest scale that fits', async () => {
    const { page, by, openGraph, troubles } = await openEditor(browser, host)
    await openGraph({
      load: { class_type: 'LoadImage', inputs: { image: 'my-own.jpg' } },
      scale: { class_type: 'ImageScaleBy', inputs: { image: ['load', 0], upscale_method: 'bicubic', scale_by: 8 } },
      save: { class_type: 'SaveImage', inputs: { images: ['scale', 0], filename_prefix: 'fits' } },
    })
    const note = by('scale-note').first()
    await by('view-form').click()
    await expect.poll(() => note.textContent()).toContain('The largest scale that fits is 4.50.')
    await by('view-graph').click()
    await by('canvas').focus()
    for (const key of ['ArrowRight', 'Alt+ArrowRight', 'Shift+F10']) await page.keyboard.press(key)
    await by('menu-scale').click()
    await by('view-form').click()
    await expect.poll(() => note.textContent()).toBe('256 × 192 becomes 1152 × 864 (0.99533 megapixels).')
    expect(troubles).toEqual([])
    await page.context().close()
  })

  test('few options stand side by side, and one press chooses', async () => {
    await editor.page.locator('.form-more summary').click()
    const options = by('field-color_transfer').getByRole('radio')
    expect(await options.evaluateAll((all) => all.map((one) => one.parentElement?.textContent))).toEqual([
      'Model',
      'Wavelet',
      'Adain',
      'None',
    ])
    await by('field-color_transfer').getByText('Wavelet').click()
    await expect.poll(() => by('option-wavelet').isChecked()).toBe(true)
    await editor.page.keyboard.press('ArrowRight')
    await expect.poll(() => by('option-adain').isChecked()).toBe(true)
    await by('option-model').check()
    await editor.page.locator('.form-more summary').click()
  })

  test('what is no number gives the field back what it had', async () => {
    const number = by('field-scale').locator('.form-number')
    for (const [typed, shown] of [
      ['3', /^3/],
      ['many', /^3/],
      ['2', /^2/],
    ] as const) {
      await number.fill(typed)
      await number.press('Enter')
      expect(await number.inputValue()).toMatch(shown)
    }
  })

  test('a picture with a graph inside is a photograph here, not a graph', async () => {
    const count = await editor.page.evaluate(() => document.body.dataset.nodeCount)
    const history = (await (await fetch(`${host.url}/internal/files/output`)).json()) as string[]
    const saved = await (await fetch(`${host.url}/view?filename=${history[0]}`)).arrayBuffer()
    await drop(editor.page, 'restored.png', 'image/png', Buffer.from(saved))
    // The host has this content already, under another name.
    await expect.poll(() => by('field-image').locator('.form-name').textContent()).toBe('restored.png')
    expect(await editor.page.evaluate(() => document.body.dataset.nodeCount)).toBe(count)
  })

  test('a picture goes into the field that it falls on, and from anywhere else into the first of the form', async () => {
    const { page, by, troubles } = await openEditor(browser, host)
    const load = (id: number, more: object) => ({
      id,
      type: 'LoadImage',
      pos: [300 * id, 0],
      size: [230, 300],
      ...more,
    })
    const shown = (label: string) => ({ properties: { form: { image: label } } })
    const nodes = [load(1, { mode: 2 }), load(2, {}), load(3, shown('Photograph')), load(4, shown('Mask'))]
    await drop(page, 'two.json', 'application/json', Buffer.from(JSON.stringify({ nodes, links: [] })))
    await page.waitForSelector('body[data-node-count="4"]')
    await by('view-form').click()
    const names = () => by('field-image').locator('.form-name').allTextContents()
    const before = await names()
    await drop(page, 'mask.png', 'image/png', await plainPicture(16, 16, '#fff'), '[data-node="4"] .form-photo')
    await expect.poll(names).toEqual([before[0], 'mask.png'])
    await drop(page, 'photo.png', 'image/png', await plainPicture(16, 16, '#c33'))
    await expect.poll(names).toEqual(['photo.png', 'mask.png'])
    const pasted = (await plainPicture(16, 16, '#3c3')).toString('base64')
    await page.evaluate((base64) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
      const clipboardData = new DataTransfer()
      clipboardData.items.add(new File([bytes], 'pasted.png', { type: 'image/png' }))
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
      document.body.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, clipboardData }))
    }, pasted)
    await expect.poll(names).toEqual(['pasted.png', 'mask.png'])
    expect(await page.locator('body').getAttribute('data-node-count')).toBe('4')
    expect(troubles).toEqual([])
    await page.context().close()
  })

  test('messages are in sight, and cover neither button nor setting', async () => {
    const wide = await openEditor(browser, host)
    await wide.by('view-form').click()
    for (const { page, by } of [editor, wide]) {
      await drop(page, 'notes.txt', 'text/plain', Buffer.from('no picture'))
      const toast = by('toast').filter({ hasText: 'There is no picture' })
      await toast.waitFor()
      // A press comes to where it is aimed at: to the message, and to the form.
      await toast.click({ trial: true })
      await by('form-run').click({ trial: true })
      await by('field-scale').locator('.form-number').click({ trial: true })
      await by('toast-close').click()
      await toast.waitFor({ state: 'hidden' })
    }
    await wide.page.context().close()
  })

  test('a file that is dragged over the page is told where it may fall', async () => {
    const drag = (type: 'dragover' | 'dragleave') =>
      editor.page.evaluate((type) => {
        const dataTransfer = new DataTransfer()
        dataTransfer.items.add(new File([], 'photo.png'))
        document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }))
      }, type)
    const middle = () => editor.colourAt(200, 300)
    const before = await middle()
    await drag('dragover')
    await expect.poll(middle).not.toEqual(before)
    await drag('dragleave')
    await expect.poll(middle).toEqual(before)
  })

  test('there is no picture of a graph that is not in view, and that is said', async () => {
    await by('share').click()
    await by('share-picture').click()
    await by('toast').filter({ hasText: 'no picture of it' }).waitFor()
    await by('toast-close').click()
  })

  test('a graph that exposes nothing has a form too, and compares by itself', async () => {
    const graph = {
      load: { class_type: 'LoadImage', inputs: { image: 'my-own.jpg' } },
      scale: { class_type: 'ImageScaleBy', inputs: { image: ['load', 0], upscale_method: 'bicubic', scale_by: 2 } },
      save: { class_type: 'SaveImage', inputs: { images: ['scale', 0], filename_prefix: 'twice' } },
    }
    await editor.openGraph(graph)
    await expect.poll(() => by('field-scale_by').isVisible()).toBe(true)
    await by('form-run').click()
    await expect.poll(() => by('form-download').textContent(), { timeout: 30_000 }).toContain('twice_00001_.png')
    await by('compare-slider').waitFor()
  })

  test('a run that is started by key from a field takes what was typed there, and leaves it the keys', async () => {
    const number = by('field-scale_by').locator('.form-number')
    await number.fill('3')
    await number.press('Control+Enter')
    await expect.poll(() => by('viewer-size').textContent()).toContain('768 × 576')
    expect(await number.evaluate((field) => field === document.activeElement)).toBe(true)
  })

  test('what is lost of a damaged photograph is said beside its result, and again after a reload', async () => {
    const photo = await readFile(join(root, 'workflows/photographs/old-photograph.jpg'))
    await upload(host, 'cut.jpg', photo.subarray(0, photo.length / 2))
    const { page, by, openGraph } = await openEditor(browser, host)
    await openGraph({
      load: { class_type: 'LoadImage', inputs: { image: 'cut.jpg' } },
      levels: {
        class_type: 'ImageAutoLevels',
        inputs: { image: ['load', 0], mode: 'each colour', clip: 1, strength: 1 },
      },
      save: { class_type: 'SaveImage', inputs: { images: ['levels', 0], filename_prefix: 'mended' } },
    })
    await by('view-form').click()
    await by('form-run').click()
    const said = /^Load Image: the file is damaged: its last \d+ % could not be read$/
    await expect.poll(() => by('form-warnings').textContent(), { timeout: 30_000 }).toMatch(said)
    await page.reload()
    await expect.poll(() => by('form-warnings').textContent()).toMatch(said)
    await page.context().close()
  })

  test('what the form shows is chosen in the menu of a node', async () => {
    const wide = await openEditor(browser, host)
    const node = { id: 1, type: 'ImageScaleBy', pos: [0, 0], size: [300, 200] }
    await drop(wide.page, 'one.json', 'application/json', Buffer.from(JSON.stringify({ nodes: [node], links: [] })))
    await wide.page.waitForSelector('body[data-node-count="1"]')
    const { x, y, width, height } = (await wide.by('canvas').boundingBox())!
    await wide.page.mouse.click(x + width / 2, y + height / 2, { button: 'right' })
    await wide.by('menu-form').click()
    await wide.by('expose-scale_by').click()
    await wide.by('view-form').click()
    await wide.by('field-scale_by').waitFor()
    expect(await wide.page.locator('.form-scroll > .form-fields .form-field').count()).toBe(1)
    // It is part of the graph: undone, saved and opened like all else.
    await wide.page.keyboard.press('Control+z')
    await expect.poll(() => wide.page.locator('.form-scroll > .form-fields .form-field').count()).toBe(2)
    expect(wide.troubles).toEqual([])
    await wide.page.context().close()
  })

  test('a failure is told in words beside the button', async () => {
    await editor.openGraph({ save: { class_type: 'SaveImage', inputs: { filename_prefix: 'x' } } })
    await by('form-run').click()
    await expect.poll(() => by('form-words').textContent()).toMatch(/images/)
  })

  test('two fingers enlarge the picture', async () => {
    await editor.openGraph({ load: { class_type: 'LoadImage', inputs: { image: 'my-own.jpg' } } })
    await expect.poll(() => by('viewer-size').textContent()).toContain('256 × 192')
    const zoom = async () => Number(/(\d+) %/.exec((await by('viewer-size').textContent()) ?? '')?.[1])
    const before = await zoom()
    const { x, y, width, height } = (await by('viewer-frame').boundingBox())!
    const [middleX, middleY] = [x + width / 2, y + height / 2]
    const session = await editor.page.context().newCDPSession(editor.page)
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', apart: number) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints:
          type === 'touchEnd'
            ? []
            : [
                { x: middleX - apart, y: middleY, id: 1 },
                { x: middleX + apart, y: middleY, id: 2 },
              ],
      })
    await touch('touchStart', 30)
    for (const apart of [45, 60, 75, 90]) await touch('touchMove', apart)
    await touch('touchEnd', 90)
    expect(await zoom()).toBeGreaterThan(before * 2)
  })

  test('a graph that opens from the runs or from the library is not left under the panel', async () => {
    await by('view-graph').click()
    while ((await by('toast-close').count()) > 0) await by('toast-close').first().click()
    await by('rail-runs').click()
    await by('run-graph').first().click()
    await by('runs').waitFor({ state: 'hidden' })
    expect(await by('canvas').isVisible()).toBe(true)
    await by('rail-library').click()
    await by('library-name').fill('small screen')
    await by('library-save').click()
    await by('library-open').first().click()
    await by('library-panel').waitFor({ state: 'hidden' })
    expect(await by('canvas').isVisible()).toBe(true)
    await by('view-form').click()
  })

  test('no script failed and no policy was broken on the way', () => {
    expect(editor.troubles.filter((trouble) => !/400 \(Bad Request\)|404 \(Not Found\)/.test(trouble))).toEqual([])
  })
})
