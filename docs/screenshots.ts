/** Takes the pictures of the editor for the README from a real host: `npm run docs:pictures`. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openBrowser } from '../test/story/browser.ts'
import { root, startHost } from '../test/story/host.ts'

const folder = join(root, 'docs/pictures')
await mkdir(folder, { recursive: true })
const host = await startHost()
const browser = await openBrowser()
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await page.goto(host.url)
  await page.waitForSelector('body[data-run-state="idle"]')
  await page.locator('[data-testid="run"]').click()
  await page.waitForSelector('body[data-run-state="done"]', { timeout: 240_000 })
  await page.waitForTimeout(1000)
  await page.screenshot({ path: join(folder, 'compare.png') })
  await page.locator('[data-testid="viewer-close"]').click()
  await page.waitForTimeout(500)
  await page.screenshot({ path: join(folder, 'editor.png') })
} finally {
  await browser.close()
  await host.stop()
}
