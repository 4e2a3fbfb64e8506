import { describe, expect, test } from 'vitest'
import { drop, hold, withoutBrowser } from './browser.ts'
import { type EditorPage, openEditor, plainPicture } from './editor-page.ts'
import { invertGraph } from './graphs.ts'
import { runPrompt, upload } from './host.ts'
import { browser, host, inBrowser } from './stage.ts'

describe.skipIf(withoutBrowser)('narrow pages', () => {
  inBrowser({
    before: async () => {
      await upload(host, 'grey.png', await plainPicture(64, 48, '#808080'))
      await runPrompt(host, invertGraph('grey.png'))
    },
  })

  const right = async ({ by }: EditorPage, id: string) => {
    const { x, width } = (await by(id).boundingBox())!
    return x + width
  }

  test.each([700, 760, 900])(
    'keep the way out of the viewer in sight beside the gallery, %i pixels wide',
    async (width) => {
      const editor = await openEditor(browser, host, { viewport: { width, height: 700 } })
      await editor.by('rail-gallery').click()
      await editor.by('gallery-picture').first().click()
      await editor.by('viewer-frame').waitFor()
      for (const id of ['viewer-frame', 'viewer-download', 'viewer-close']) {
        expect(await right(editor, id), id).toBeLessThanOrEqual(width)
      }
      await editor.page.context().close()
    },
  )

  test.each([390, 1280])('hold the form of a picture with a long name, %i pixels wide', async (width) => {
    const { page, by } = await openEditor(browser, host, { viewport: { width, height: 800 } })
    await by('view-form').click()
    const name = `${'Hochzeit von Oma und Opa '.repeat(3)}1953.png`
    await drop(page, name, 'image/png', await plainPicture(64, 48, '#336699'))
    await expect.poll(() => by('field-image').locator('.form-name').textContent()).toBe(name)
    const cut = await page.locator('.form-scroll').evaluate((form) => form.scrollWidth - form.clientWidth)
    expect(cut).toBe(0)
    await page.context().close()
  })

  test('say in the graph that a run is being sent', async () => {
    const editor = await openEditor(browser, host, { viewport: { width: 390, height: 800 } })
    await editor.by('view-graph').click()
    expect(await editor.by('run-state').isVisible()).toBe(false)
    const letGo = await hold(editor.page, '**/api/runs')
    await editor.by('run').click()
    await editor.by('run-state').filter({ hasText: 'Sending…' }).waitFor({ state: 'visible' })
    letGo()
    await editor.page.waitForSelector('body[data-run-state="done"]', { timeout: 180_000 })
    await editor.page.context().close()
  }, 200_000)

  test.each(['form', 'graph'])(
    'say in the %s how a run goes, and cut nothing of it',
    async (view) => {
      const editor = await openEditor(browser, host, { viewport: { width: 390, height: 800 } })
      await editor.by(`view-${view}`).click()
      await editor.page.evaluate(keepCut)
      await editor.by(view === 'form' ? 'form-run' : 'run').click()
      await editor.page.waitForSelector('body[data-run-state="done"]', { timeout: 180_000 })
      expect(await editor.page.evaluate(() => (window as unknown as WithCut).cut)).toBe(0)
      await editor.page.context().close()
    },
    200_000,
  )
})

interface WithCut {
  /** How much of the status was out of sight at most, in CSS pixels. */
  cut: number
}

function keepCut(): void {
  const status = document.querySelector('.run-status')!
  Object.assign(window, { cut: 0 })
  setInterval(() => {
    const kept = window as unknown as WithCut
    kept.cut = Math.max(kept.cut, status.scrollWidth - status.clientWidth)
  }, 20)
}
