import { describe, expect, test } from 'vitest'
import { withoutBrowser } from './browser.ts'
import { plainPicture } from './editor-page.ts'
import { cropGraph, invertGraph } from './graphs.ts'
import { runPrompt, upload } from './host.ts'
import { by, editor, host, inEditor } from './stage.ts'

describe.skipIf(withoutBrowser)('the list of runs', () => {
  inEditor({
    before: async () => {
      await upload(host, 'brown.png', await plainPicture(64, 48, '#c64'))
      await runPrompt(host, invertGraph('brown.png'))
    },
  })

  const done = () => editor.page.locator('[data-testid="runs-list"] [data-stage="done"]')

  test('opens by its key, and shows what an earlier run saved', async () => {
    await editor.page.keyboard.press('q')
    await done().first().waitFor()
    expect(await done().count()).toBe(1)
    const picture = done().locator('img')
    await editor.page.waitForFunction(() => {
      const shown = document.querySelector<HTMLImageElement>('[data-stage="done"] img')
      return shown?.complete === true && shown.naturalWidth === 64
    })
    await picture.click()
    await by('viewer-frame').waitFor()
    await by('viewer-close').click()
  })

  test('opens the graph of a run', async () => {
    await by('run-graph').first().click()
    await editor.page.waitForSelector('body[data-node-count="3"]')
  })

  test('repeats a run, and the list follows without being asked', async () => {
    await by('run-again').first().click()
    await expect.poll(() => done().count(), { timeout: 30_000 }).toBe(2)
  })

  test('leaves the focus where it is when it changes', async () => {
    const focused = () =>
      editor.page.evaluate(() => {
        const { activeElement } = document
        return [
          activeElement?.closest('[data-run]')?.getAttribute('data-run'),
          activeElement?.getAttribute('data-testid'),
        ]
      })
    const item = done()
      .filter({ has: by('run-timeline') })
      .first()
    const run = await item.getAttribute('data-run')
    await item.locator('[data-testid="run-timeline"]').focus()
    await editor.page.keyboard.press('Enter')
    await item.locator('.runs-timeline').waitFor()
    expect(await focused()).toEqual([run, 'run-timeline'])
    await runPrompt(host, invertGraph('brown.png', 'another'))
    await expect.poll(() => done().count()).toBe(3)
    expect(await focused()).toEqual([run, 'run-timeline'])
    await editor.page.locator(`[data-run="${run}"] [data-testid="run-forget"]`).focus()
    await editor.page.keyboard.press('Enter')
    await expect.poll(() => done().count()).toBe(2)
    expect((await focused())[1]).toBe('run-forget')
  })

  test('forgets one run, then all', async () => {
    const before = await done().count()
    await by('run-forget').first().click()
    await expect.poll(() => done().count()).toBe(before - 1)
    await by('runs-clear').click()
    expect(await done().count()).toBe(before - 1)
    await by('runs-clear-now').click()
    await expect.poll(() => by('runs-list').textContent()).toContain('Nothing has run yet')
    expect(await (await fetch(`${host.url}/history`)).json()).toEqual({})
  })

  test('says what a node warned of, for those who only saw the result', async () => {
    await runPrompt(host, cropGraph('brown.png', 100, 0))
    await done().first().waitFor()
    expect(await done().first().textContent()).toContain(
      'Crop Image: the rectangle begins at 100, 0, beyond the picture',
    )
  })

  test('stops a run that goes on', async () => {
    await by('templates').click()
    await by('template-tiled-chain').click()
    await by('run').click()
    const running = editor.page.locator('[data-testid="runs-list"] [data-stage="running"]')
    await running.waitFor()
    await running.locator('[data-testid="run-cancel"]').click()
    await editor.page.locator('[data-testid="runs-list"] [data-stage="cancelled"]').waitFor()
  })
})
