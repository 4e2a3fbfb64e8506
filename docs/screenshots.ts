/** Takes the pictures of the editor for README and docs/editor.md from a real host: `npm run docs:pictures`. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { openBrowser } from '../test/story/browser.ts'
import { root, startHost } from '../test/story/host.ts'

const folder = join(root, 'docs/pictures')
await mkdir(folder, { recursive: true })
const host = await startHost()
const browser = await openBrowser()
try {
  await graphView(browser)
  await formView(browser)
  await drawingView(browser)
  await narrowView(browser)
} finally {
  await browser.close()
  await host.stop()
}

async function graphView(browser: Browser): Promise<void> {
  const page = await open(browser, { viewport: { width: 1280, height: 800 } })
  await press(page, 'run')
  await done(page)
  await shot(page, 'compare')
  await press(page, 'viewer-close')
  await shot(page, 'editor')

  // Three more runs, so that one goes on while others wait.
  await press(page, 'rail-runs')
  await press(page, 'templates')
  await press(page, 'template-tiled-chain')
  for (let i = 0; i < 3; i++) await press(page, 'run')
  // A fast machine may have done them by now.
  await page.waitForSelector('[data-stage="waiting"]', { timeout: 2000 }).catch(() => {})
  await press(page, 'run-timeline')
  await page.waitForTimeout(3000)
  await shot(page, 'runs')
  const waiting = page.locator('[data-testid="runs-clear-waiting"]').first()
  if (await waiting.isVisible()) await waiting.click()
  await done(page)

  await press(page, 'rail-gallery')
  await page.locator('[data-testid="gallery-picture"]').first().click()
  await press(page, 'viewer-compare')
  await page.locator('[data-testid="picker-item"][title="old-photograph.jpg"]').click()
  await press(page, 'compare-by-loupe')
  await press(page, 'viewer-histogram')
  await press(page, 'viewer-large')
  await page.waitForTimeout(800)
  await page.mouse.move(700, 590)
  await page.mouse.move(709, 600)
  await shot(page, 'viewer')
  await press(page, 'viewer-close')

  await press(page, 'theme')
  await press(page, 'theme-light')
  await press(page, 'rail-library')
  await page.locator('[data-testid="library-name"]').fill('Old photos/In tiles')
  await press(page, 'library-save')
  await page.waitForSelector('[data-testid="library-item"]')
  await press(page, 'toast-close')
  await shot(page, 'library')
  await page.context().close()
}

async function formView(browser: Browser): Promise<void> {
  const page = await open(browser, { viewport: { width: 1280, height: 800 } })
  await press(page, 'view-form')
  await press(page, 'form-run')
  await done(page)
  await shot(page, 'form')
  await page.context().close()
}

/** The damaged photograph, and a line along a post in it that shall be upright. */
async function drawingView(browser: Browser): Promise<void> {
  const page = await open(browser, { viewport: { width: 1280, height: 800 } })
  await press(page, 'templates')
  await press(page, 'template-restore-damaged-photo')
  await press(page, 'view-form')
  await press(page, 'form-draw')
  await page.waitForSelector('[data-testid="level-angle"]')
  await page.waitForTimeout(1000)
  await page.mouse.move(684, 135)
  await page.mouse.down()
  await page.mouse.move(693, 490, { steps: 4 })
  await shot(page, 'level')
  await page.context().close()
}

async function narrowView(browser: Browser): Promise<void> {
  const page = await open(browser, { viewport: { width: 400, height: 800 }, colorScheme: 'light', hasTouch: true })
  await press(page, 'form-run')
  await done(page)
  await shot(page, 'narrow')
  await page.context().close()
}

async function open(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ colorScheme: 'dark', ...options })
  const page = await context.newPage()
  await page.goto(host.url)
  await page.waitForSelector('body[data-run-state="idle"][data-connection="connected"]')
  return page
}

function press(page: Page, testid: string): Promise<void> {
  return page.locator(`[data-testid="${testid}"]`).first().click()
}

async function done(page: Page): Promise<void> {
  await page.waitForSelector('body[data-run-state="done"]', { timeout: 240_000 })
}

async function shot(page: Page, name: string): Promise<void> {
  // Pictures arrive and bars fade.
  await page.waitForTimeout(1000)
  await page.screenshot({ path: join(folder, `${name}.png`) })
}
