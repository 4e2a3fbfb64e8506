import { describe, expect, test } from 'vitest'
import { drop, dropPictures, hold, holdUploads, withoutBrowser } from './browser.ts'
import { openEditor, plainPicture } from './editor-page.ts'
import { chainGraph, invertGraph } from './graphs.ts'
import { post, upload } from './host.ts'
import { browser, by, editor, host, inEditor } from './stage.ts'

describe.skipIf(withoutBrowser)('the queue', () => {
  inEditor({
    before: async () => {
      for (const [name, color] of [
        ['long.png', '#785'],
        ['first.png', '#c64'],
        ['second.png', '#46c'],
      ] as const) {
        await upload(host, name, await plainPicture(name === 'long.png' ? 640 : 64, 480, color))
      }
    },
    first: () => by('rail-runs').click(),
  })

  const stage = (name: string) => editor.page.locator(`[data-testid="runs-list"] [data-stage="${name}"]`)
  const titles = (name: string) => stage(name).locator('.runs-title').allTextContents()
  const clear = async () => {
    await post(host, '/queue', { clear: true })
    await post(host, '/interrupt', {})
    await expect.poll(() => stage('running').count(), { timeout: 60_000 }).toBe(0)
  }

  test('what waits can be run next, or removed, while another run goes on', async () => {
    await editor.openGraph(chainGraph('long.png'))
    await by('run').click()
    await stage('running').waitFor()
    for (const name of ['first.png', 'second.png']) await post(host, '/prompt', { prompt: invertGraph(name) })
    await expect.poll(() => titles('waiting')).toEqual(['first.png', 'second.png'])
    await stage('waiting').nth(1).locator('[data-testid="run-front"]').click()
    await expect.poll(() => titles('waiting')).toEqual(['second.png', 'first.png'])
    await stage('waiting').nth(1).locator('[data-testid="run-cancel"]').click()
    await expect.poll(() => titles('waiting')).toEqual(['second.png'])
    expect(await stage('running').count()).toBe(1)
  })

  test('the run under way says how far it is, and its nodes when they worked', async () => {
    await stage('running').locator('[data-testid="run-timeline"]').click()
    await expect.poll(() => by('timeline-line').count(), { timeout: 60_000 }).toBeGreaterThan(2)
    await expect.poll(() => by('run-words').textContent(), { timeout: 60_000 }).toMatch(/^\d+ of \d+( nodes)?/)
    await clear()
  })

  test('of many that wait the first are listed, more at each wish, and all are counted', async () => {
    await editor.openGraph(chainGraph('long.png'))
    await by('run').click()
    await stage('running').waitFor()
    await Promise.all(Array.from({ length: 35 }, () => post(host, '/prompt', { prompt: invertGraph('first.png') })))
    await expect.poll(() => by('runs-list').textContent()).toContain('35 runs wait')
    expect(await stage('waiting').count()).toBe(30)
    await by('runs-more-waiting').click()
    await expect.poll(() => stage('waiting').count()).toBe(35)
    expect(await by('runs-more-waiting').count()).toBe(0)
    await clear()
  })

  test('Escape lets go of what is dragged before it stops the run', async () => {
    await editor.openGraph(chainGraph('long.png', { scale: 3 }))
    await by('run').click()
    await stage('running').waitFor()
    const asked: string[] = []
    editor.page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    const cancelled = () => asked.filter((path) => path.endsWith('/cancel'))
    const { x, y } = (await editor.page.locator('#canvas').boundingBox())!
    await editor.page.keyboard.down('Control')
    await editor.page.mouse.move(x + 4, y + 4)
    await editor.page.mouse.down()
    await editor.page.mouse.move(x + 60, y + 40, { steps: 3 })
    await editor.page.keyboard.up('Control')
    await editor.page.keyboard.press('Escape')
    await editor.page.mouse.up()
    expect(cancelled()).toEqual([])
    await editor.page.keyboard.press('Escape')
    await expect.poll(cancelled).toHaveLength(1)
    await clear()
  })

  test('a run up to a node shows the picture that the node gives, and runs nothing behind it', async () => {
    const nodes = [
      { id: 1, type: 'LoadImage', pos: [0, 0], size: [230, 300], properties: { params: { image: 'first.png' } } },
      {
        id: 2,
        type: 'ImageInvert',
        pos: [300, 0],
        size: [230, 80],
        inputs: [{ name: 'image', type: 'IMAGE', link: 1 }],
      },
      {
        id: 3,
        type: 'SaveImage',
        pos: [600, 0],
        size: [230, 300],
        inputs: [{ name: 'images', type: 'IMAGE', link: 2 }],
      },
    ]
    const links = [
      [1, 1, 0, 2, 0, 'IMAGE'],
      [2, 2, 0, 3, 0, 'IMAGE'],
    ]
    const saved = async () => (await editor.page.request.get(`${host.url}/internal/files/output`)).json()
    const before = await saved()
    await drop(editor.page, 'chain.json', 'application/json', Buffer.from(JSON.stringify({ nodes, links })))
    await editor.page.waitForSelector('body[data-node-count="3"]')
    const box = (await by('canvas').boundingBox())!
    // The graph is fitted: its second node is in the middle, its title near the top of the nodes.
    await expect
      .poll(async () => {
        for (const part of [0.3, 0.35, 0.4, 0.45, 0.5]) {
          await editor.page.mouse.click(box.x + box.width / 2, box.y + box.height * part, { button: 'right' })
          if (await by('menu-run-here').isVisible()) return true
          await editor.page.keyboard.press('Escape')
        }
        return false
      })
      .toBe(true)
    await by('menu-run-here').click()
    await by('viewer-frame').waitFor()
    await expect.poll(() => by('viewer-size').textContent()).toContain('64 × 480')
    const frame = (await by('viewer-frame').boundingBox())!
    await expect
      .poll(() => editor.colourAt(frame.x + frame.width / 2, frame.y + frame.height / 2))
      .toEqual([255 - 0xcc, 255 - 0x66, 255 - 0x44])
    expect(await saved()).toEqual(before)
    await by('viewer-close').click()
  })

  test('several pictures that are dropped are run one by one, and the graph stays as it is', async () => {
    await editor.openGraph(invertGraph('first.png', 'batch'))
    const files = await Promise.all(['#123', '#456', '#789'].map((color) => plainPicture(20, 16, color)))
    await dropPictures(editor.page, files)
    await expect
      .poll(async () => (await titles('done')).filter((title) => title.startsWith('photo-')).sort(), {
        timeout: 60_000,
      })
      .toEqual(['photo-1.png', 'photo-2.png', 'photo-3.png'])
    await by('rail-gallery').click()
    const captions = editor.page.locator('[data-testid="gallery-item"] figcaption')
    await expect.poll(() => captions.allTextContents()).toEqual(['photo-3.png', 'photo-2.png', 'photo-1.png'])
    await by('rail-runs').click()
  })

  test('pictures that are run one by one run the graph that they fell on, whatever is in view meanwhile', async () => {
    const load = { class_type: 'LoadImage', inputs: { image: 'first.png' } }
    const preview = (from: string) => ({ class_type: 'PreviewImage', inputs: { images: [from, 0] } })
    await editor.openGraph({ load, other: preview('load') })
    await editor.openGraph(invertGraph('first.png', 'meant'))
    const saved = async () =>
      (await (await fetch(`${host.url}/internal/files/output`)).json()).filter((name: string) => /^meant/.test(name))
    const letGo = await holdUploads(editor.page)
    await dropPictures(editor.page, await Promise.all(['#234', '#567'].map((color) => plainPicture(20, 16, color))))
    await editor.page.keyboard.press('Alt+PageUp')
    await editor.page.waitForSelector('body[data-node-count="2"]')
    letGo()
    await expect.poll(saved).toHaveLength(2)
    await editor.page.keyboard.press('Alt+PageDown')
  })

  test('pictures that are run one by one run the graph as it was when they fell on it, whatever is done to it meanwhile', async () => {
    await editor.openGraph(invertGraph('first.png', 'early'))
    const saved = async () =>
      (await (await fetch(`${host.url}/internal/files/output`)).json()).filter((name: string) => /^early/.test(name))
    const letGo = await holdUploads(editor.page)
    await dropPictures(editor.page, await Promise.all(['#345', '#678'].map((color) => plainPicture(20, 16, color))))
    await editor.page.evaluate(() => document.querySelector('canvas')!.focus())
    await editor.page.keyboard.press('Control+a')
    await editor.page.keyboard.press('Delete')
    await editor.page.waitForSelector('body[data-node-count="0"]')
    letGo()
    await expect.poll(saved).toHaveLength(2)
    await editor.page.keyboard.press('Control+z')
  })

  test('pictures that are run one by one can be stopped, and until they are sent the page asks before it closes', async () => {
    await editor.openGraph(invertGraph('first.png', 'stopped'))
    const asksBeforeClosing = () =>
      editor.page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })))
    const letGo = await holdUploads(editor.page)
    await dropPictures(
      editor.page,
      await Promise.all(['#246', '#357', '#468'].map((color) => plainPicture(9, 8, color))),
    )
    await expect.poll(() => by('run-state').textContent()).toBe('0 of 3 sent')
    expect(await asksBeforeClosing()).toBe(true)
    await by('cancel').click()
    letGo()
    await by('toast').filter({ hasText: '0 of 3 pictures were sent' }).filter({ hasText: 'photo-1.png' }).waitFor()
    expect(await by('cancel').isDisabled()).toBe(true)
    expect(await asksBeforeClosing()).toBe(false)
    const saved = (await (await fetch(`${host.url}/internal/files/output`)).json()) as string[]
    expect(saved.filter((name) => /^stopped/.test(name))).toEqual([])
  })

  test('where the host has no room for a picture, none of the others is tried', async () => {
    const asked: string[] = []
    const letGo = await hold(editor.page, '**/api/files/**', (route) => {
      asked.push(route.request().url())
      return route.fulfill({ status: 507, json: { error: { message: 'The disk is full.' } } })
    })
    letGo()
    await dropPictures(editor.page, await Promise.all(['#147', '#258'].map((color) => plainPicture(9, 8, color))))
    await by('toast').filter({ hasText: '0 of 2 pictures were sent' }).waitFor()
    expect(asked).toHaveLength(1)
    await editor.page.unroute('**/api/files/**')
  })

  test('a run that is asked for while a picture is being loaded runs that picture', async () => {
    await editor.openGraph(invertGraph('first.png', 'before'))
    const prompts = async (): Promise<string[]> => {
      const { queue_running, queue_pending } = await (await fetch(`${host.url}/queue`)).json()
      const past = Object.values<{ prompt: unknown[] }>(await (await fetch(`${host.url}/history`)).json())
      const all = [...queue_running, ...queue_pending, ...past.map(({ prompt }) => prompt)]
      return all.map(([, , prompt]) => JSON.stringify(prompt))
    }
    const before = await prompts()
    const letGo = await holdUploads(editor.page)
    await drop(editor.page, 'other.png', 'image/png', await plainPicture(24, 16, '#9a4'))
    await by('run').click()
    await expect.poll(() => by('run-state').textContent()).toBe('Loading ‘other.png’…')
    letGo()
    await expect.poll(async () => (await prompts()).length).toBe(before.length + 1)
    expect((await prompts()).filter((prompt) => prompt.includes('"other.png"'))).toHaveLength(1)
    await expect.poll(() => by('run-state').textContent()).toBe('Done')
  })

  test('nothing is run where the picture cannot be loaded', async () => {
    const { pagination } = await (await fetch(`${host.url}/api/jobs?limit=1`)).json()
    const letGo = await hold(editor.page, '**/api/files/**', (route) =>
      route.fulfill({ status: 507, json: { error: { message: 'The disk is full.' } } }),
    )
    await drop(editor.page, 'lost.png', 'image/png', await plainPicture(25, 16, '#9a4'))
    await by('run').click()
    letGo()
    await by('toast').filter({ hasText: '‘lost.png’ could not be uploaded' }).waitFor()
    await expect.poll(() => by('run-state').textContent()).toBe('Done')
    const after = await (await fetch(`${host.url}/api/jobs?limit=1`)).json()
    expect(after.pagination.total).toBe(pagination.total)
    await editor.page.unroute('**/api/files/**')
  })

  test('the bar says that a run is being sent, until the host has answered', async () => {
    const letGo = await hold(editor.page, '**/api/runs')
    await by('run').click()
    await expect.poll(() => by('run-state').textContent()).toBe('Sending…')
    letGo()
    await expect.poll(() => by('run-state').textContent()).toBe('Done')
    await editor.page.unroute('**/api/runs')
  })

  test('a change runs the graph by itself where that is wished; a move, a tab and a later time in a name are none', async () => {
    const { page, by, openGraph } = await openEditor(browser, host)
    const sent: string[] = []
    page.on('request', (request) => {
      if (request.url().endsWith('/api/runs')) sent.push(request.postData() ?? '')
    })
    await page.clock.install()
    /** So much later that any change would have been run. */
    const later = () => page.clock.fastForward(2000)
    const state = () => page.locator('body').getAttribute('data-run-state')
    await openGraph(invertGraph('first.png'))
    await by('run-menu').click()
    await by('run-on-change').click()
    await expect.poll(state).toBe('done')
    await openGraph(invertGraph('second.png', '%date:hhmmss%'))
    await later()
    await page.locator('#canvas').focus()
    await page.keyboard.press('Control+a')
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => by('undo').isEnabled()).toBe(true)
    await later()
    for (const key of ['Alt+PageUp', 'Alt+PageDown']) {
      const name = await by('tab').and(page.locator('[aria-selected=true]')).textContent()
      await page.keyboard.press(key)
      await expect.poll(() => by('tab').and(page.locator('[aria-selected=true]')).textContent()).not.toBe(name)
      await later()
    }
    await drop(page, 'changed.png', 'image/png', await plainPicture(24, 24, '#abc'))
    await expect
      .poll(async () => {
        await later()
        return sent.at(-1)
      })
      .toContain('"changed.png"')
    expect(sent).toEqual([expect.stringContaining('"first.png"'), expect.anything()])
    await expect.poll(state).toBe('done')
    const saved = (await (await fetch(`${host.url}/internal/files/output`)).json()) as string[]
    expect(saved).toContainEqual(expect.stringMatching(/^\d{6}_00001_\.png/))
    await page.context().close()
  })

  test('each tab shows what its own run has made, also after the page is loaded again beside another tab', async () => {
    const state = () => editor.page.locator('body').getAttribute('data-run-state')
    const made = () => by('form-download').allTextContents()
    await editor.openGraph(invertGraph('second.png', 'own'))
    await by('run').click()
    await expect.poll(state).toBe('done')
    await editor.openGraph(invertGraph('second.png', 'other'))
    expect(await state()).toBe('idle')
    await editor.page.keyboard.press('Alt+PageUp')
    expect(await state()).toBe('done')
    await editor.page.keyboard.press('Alt+PageDown')
    await editor.reload()
    await by('view-form').click()
    await editor.page.keyboard.press('Alt+PageUp')
    await expect.poll(made).toEqual([expect.stringContaining('own_00001_.png')])
    await editor.page.keyboard.press('Alt+PageDown')
    expect(await made()).toEqual([])
    await by('view-graph').click()
  })

  test('results and times are there again after the page is loaded again', async () => {
    await editor.reload()
    await by('rail-runs').click()
    await expect.poll(() => stage('done').count()).toBeGreaterThan(3)
    const second = await openEditor(browser, host)
    await second.by('rail-runs').click()
    const others = second.page.locator('[data-testid="runs-list"] [data-stage="done"]')
    await expect.poll(() => others.count()).toBe(await stage('done').count())
    await second.page.context().close()
  })

  test('no script failed and no policy was broken on the way', () => {
    expect(editor.troubles.filter((trouble) => !/404|507/.test(trouble))).toEqual([])
  })
})
