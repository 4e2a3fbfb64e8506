import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { drop, READY } from './browser.ts'
import { type Host, waitUntil } from './host.ts'

interface SavedNode {
  readonly id: number | string
  readonly type: string
  readonly pos: readonly [number, number]
  readonly size: readonly [number, number]
  readonly mode: number
  readonly title?: string
  readonly color?: string
  readonly flags: { readonly collapsed?: boolean; readonly pinned?: boolean }
  readonly inputs?: readonly { readonly name: string; readonly link: number | null }[]
  readonly widgets_values?: readonly unknown[]
  readonly properties: { readonly params?: Readonly<Record<string, unknown>> }
}

/** What a file of the editor says. */
export interface Saved {
  readonly nodes: readonly SavedNode[]
  readonly links: readonly (readonly [number, number, number, number, number, string])[]
  readonly groups: readonly { readonly title: string; readonly bounding: readonly [number, number, number, number] }[]
  readonly extra: Readonly<Record<string, unknown>>
  readonly definitions?: {
    readonly subgraphs: readonly (Omit<Saved, 'links'> & {
      readonly id: string
      readonly name: string
      readonly links: readonly object[]
      readonly inputs: readonly { readonly name: string }[]
      readonly outputs: readonly { readonly name: string }[]
    })[]
  }
}

interface WithFiles {
  filesGiven: Blob[]
}

/**
 * In the page: files that it gives the person are kept here and not downloaded. Chromium drops what a frame downloads
 * beyond ten files in a second (Blink's LocalFrame::ShouldThrottleDownload), and stories are faster than people.
 */
function keepFiles(): void {
  const made = new Map<string, Blob>()
  const given: Blob[] = []
  Object.assign(window, { filesGiven: given })
  const makeAddress = URL.createObjectURL
  URL.createObjectURL = (source) => {
    const address = makeAddress.call(URL, source)
    if (source instanceof Blob) made.set(address, source)
    return address
  }
  const press = HTMLAnchorElement.prototype.click
  HTMLAnchorElement.prototype.click = function () {
    const file = this.download === '' ? undefined : made.get(this.href)
    if (file === undefined) press.call(this)
    else given.push(file)
  }
}

type Draft = Readonly<Record<string, unknown>> & { readonly id: number; readonly type: string }

/** The canvas of a page, one pixel for each unit of the graph. */
export class Canvas {
  readonly page: Page
  /** What scripts failed with, so far, but for files that are not there. */
  readonly troubles: string[] = []
  #origin = { x: 0, y: 0 }
  #loaded = 0
  #session: Promise<CDPSession> | undefined
  /** How many are on the canvas. */
  #fingers = 0

  constructor(page: Page) {
    this.page = page
    page.on('pageerror', (error) => this.troubles.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' && !/404/.test(message.text())) this.troubles.push(message.text())
    })
  }

  static async open(browser: Browser | BrowserContext, host: Host): Promise<Canvas> {
    const page = await browser.newPage('contexts' in browser ? { viewport: { width: 1280, height: 800 } } : {})
    const canvas = new Canvas(page)
    await page.addInitScript(keepFiles)
    await page.goto(host.url)
    await page.waitForSelector(READY)
    await canvas.#find()
    return canvas
  }

  /** Loads the page again. */
  async reload(): Promise<void> {
    await this.page.reload()
    await this.page.waitForSelector(READY)
  }

  async #find(): Promise<void> {
    const { x, y } = (await this.page.locator('#canvas').boundingBox())!
    this.#origin = { x, y }
  }

  /** Opens a graph and waits until it is there, looked at from where its corner is that of the canvas. */
  async load(nodes: readonly Draft[], links: readonly unknown[] = [], more: object = {}): Promise<void> {
    const file = { nodes, links, groups: [], extra: { ds: { scale: 1, offset: [0, 0] } }, version: 0.4, ...more }
    await this.open(`graph ${++this.#loaded}`, file)
    await this.count(nodes.length)
  }

  /** Drops a file that opens, and waits until it is in view. */
  async open(name: string, file: unknown): Promise<void> {
    await this.drop(name, file)
    await this.by('tab').and(this.page.locator('[aria-selected=true]')).getByText(name, { exact: true }).waitFor()
    await this.#find()
  }

  /** Drops a file, whatever comes of it. */
  async drop(name: string, file: unknown): Promise<void> {
    const text = typeof file === 'string' ? file : JSON.stringify(file)
    await drop(this.page, `${name}.json`, 'application/json', Buffer.from(text))
  }

  /** Waits for so many nodes in view. */
  async count(nodes: number): Promise<void> {
    await this.page.waitForSelector(`body[data-node-count="${nodes}"]`)
  }

  by(id: string) {
    return this.page.locator(`[data-testid="${id}"]`)
  }

  async move(x: number, y: number, steps = 1): Promise<void> {
    await this.page.mouse.move(this.#origin.x + x, this.#origin.y + y, { steps })
  }

  async click(x: number, y: number, options: { button?: 'right'; clickCount?: number } = {}): Promise<void> {
    await this.page.mouse.click(this.#origin.x + x, this.#origin.y + y, options)
  }

  async drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    await this.move(...from)
    await this.page.mouse.down()
    await this.move(...to, 6)
    await this.page.mouse.up()
  }

  /** Puts fingers on the canvas, moves them, or lifts them all. */
  async touch(...fingers: readonly (readonly [number, number])[]): Promise<void> {
    const type = fingers.length === 0 ? 'touchEnd' : fingers.length === this.#fingers ? 'touchMove' : 'touchStart'
    this.#fingers = fingers.length
    this.#session ??= this.page.context().newCDPSession(this.page)
    const touchPoints = fingers.map(([x, y], id) => ({ x: this.#origin.x + x, y: this.#origin.y + y, id }))
    await (await this.#session).send('Input.dispatchTouchEvent', { type, touchPoints })
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key)
  }

  /** Chooses from the menu that is open. */
  async choose(label: string): Promise<void> {
    await this.by('menu').getByRole('menuitem', { name: label }).first().click()
  }

  /** The words of the latest message. */
  async told(): Promise<string> {
    return (await this.by('toast').last().textContent()) ?? ''
  }

  async closeMessages(): Promise<void> {
    while ((await this.by('toast-close').count()) > 0) await this.by('toast-close').first().click()
  }

  /** The text of the file that Ctrl+S gives. */
  async text(): Promise<string> {
    await this.press('Control+s')
    const file = await this.page.waitForFunction(() => (window as unknown as WithFiles).filesGiven.shift())
    return await file.evaluate((given) => given!.text())
  }

  /** The texts of the files that the page gave since somebody asked. */
  async filesGiven(): Promise<string[]> {
    return await this.page.evaluate(() =>
      Promise.all((window as unknown as WithFiles).filesGiven.splice(0).map((file) => file.text())),
    )
  }

  /** The graph as its file would say. */
  async saved(): Promise<Saved> {
    return JSON.parse(await this.text()) as Saved
  }

  async node(id: number): Promise<SavedNode> {
    const { nodes } = await this.saved()
    const found = nodes.find((node) => node.id === id)
    if (found === undefined) throw new Error(`no node ${id}`)
    return found
  }

  /** Waits until the browser keeps the workflow in view as what says so: after a crash it is back like that. */
  async untilKept(isSo: (saved: Saved) => boolean): Promise<void> {
    await waitUntil(async () => {
      const text = await this.page.evaluate(() => {
        const window = sessionStorage.getItem('gendr.window')
        const { active } = JSON.parse(localStorage.getItem(`gendr.window.${window}`) ?? '{}') as { active?: string }
        return localStorage.getItem(`gendr.tab.${window}.${active}`)
      })
      return text !== null && isSo(JSON.parse(text) as Saved)
    })
  }

  /** Waits until the file would say so. */
  async until(isSo: (saved: Saved) => boolean): Promise<void> {
    await waitUntil(async () => isSo(await this.saved()))
  }
}

/** Where a socket of a node at `x`, `y` is; `width` as drawn. */
export const input = ([x, y]: readonly [number, number], slot = 0): [number, number] => [x, y + (slot + 0.7) * 22]
export const output = ([x, y]: readonly [number, number], slot = 0, width = 230): [number, number] => [
  x + width,
  y + (slot + 0.7) * 22,
]
/** The middle of the nth field of a node with so many rows of sockets. */
export const field = ([x, y]: readonly [number, number], rows: number, n = 0): [number, number] => [
  x + 115,
  y + rows * 22 + 8 + n * 30 + 13,
]
/** Where a node can be taken hold of. */
export const title = ([x, y]: readonly [number, number]): [number, number] => [x + 100, y - 15]
