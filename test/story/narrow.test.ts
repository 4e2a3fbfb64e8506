import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, withoutBrowser } from './browser.ts'
import { type EditorPage, openEditor, plainPicture } from './editor-page.ts'
import { invertGraph } from './graphs.ts'
import { type Host, runPrompt, startHost, upload } from './host.ts'

describe.skipIf(withoutBrowser)('narrow pages', () => {
  let host: Host
  let browser: Browser

  beforeAll(async () => {
    host = await startHost()
    browser = await openBrowser()
    await upload(host, 'grey.png', await plainPicture(64, 48, '#808080'))
    await runPrompt(host, invertGraph('grey.png'))
  }, 240_000)
  afterAll(async () => {
    await browser?.close()
    await host?.stop()
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
})
