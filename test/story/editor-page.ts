import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import { drop, READY } from './browser.ts'
import type { Host } from './host.ts'

/** The editor in a page of its own. */
export interface EditorPage {
  readonly page: Page
  /** What scripts failed with and which policies were broken, so far. */
  readonly troubles: string[]
  by(testid: string): Locator
  /** Loads the page again. */
  reload(): Promise<void>
  /** Opens a graph in place of the present one. */
  openGraph(graph: object): Promise<void>
  /** The colour on the screen at a point of the page. */
  colourAt(x: number, y: number): Promise<readonly [red: number, green: number, blue: number]>
}

export async function openEditor(
  browser: Browser,
  host: Host,
  options: BrowserContextOptions = {},
  path = '/',
): Promise<EditorPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  const troubles: string[] = []
  page.on('pageerror', (error) => troubles.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(message.text())
  })
  let opened = 0
  await page.goto(host.url + path)
  await page.waitForSelector(READY)
  return {
    page,
    troubles,
    by: (testid) => page.locator(`[data-testid="${testid}"]`),
    reload: async () => {
      await page.reload()
      await page.waitForSelector(READY)
    },
    openGraph: async (graph) => {
      // The graph before may have as many nodes: only its name tells that this one is in view.
      const name = `graph ${++opened}`
      await drop(page, `${name}.json`, 'application/json', Buffer.from(JSON.stringify(graph)))
      const tab = page.locator('[data-testid="tab"][aria-selected="true"]')
      await tab.getByText(name, { exact: true }).waitFor({ state: 'attached' })
      await page.waitForSelector(`body[data-node-count="${Object.keys(graph).length}"]`)
    },
    colourAt: async (x, y) => {
      const clip = { x: Math.round(x), y: Math.round(y), width: 1, height: 1 }
      const [red = 0, green = 0, blue = 0] = await sharp(await page.screenshot({ clip }))
        .raw()
        .toBuffer()
      return [red, green, blue]
    },
  }
}

/** A PNG of one colour. */
export function plainPicture(width: number, height: number, background: string): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer()
}
