import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { openBrowser } from './browser.ts'
import { Canvas } from './canvas.ts'
import { type EditorPage, openEditor } from './editor-page.ts'
import { type Host, startHost } from './host.ts'

/**
 * What the stories of a file play on. They are there in its tests, once the file or one of its blocks has said which it
 * wants: `onHost()`, `inEditor()` or `onCanvas()`. Every file has this module to itself.
 */
export let host: Host
export let browser: Browser
export let editor: EditorPage
export let canvas: Canvas

interface Setting {
  /** What the host is started with. */
  readonly flags?: readonly string[]
  /** What is done with the host before anybody looks at it. */
  readonly before?: () => Promise<unknown>
}

interface PageSetting extends Setting {
  readonly options?: BrowserContextOptions
  /** What is done in the page before the first story. */
  readonly first?: () => Promise<unknown>
}

/** Starts a host for the stories of a file, and stops it after them. */
export function onHost({ flags, before }: Setting = {}): void {
  beforeAll(async () => {
    host = await startHost(flags)
    await before?.()
  })
  afterAll(() => host?.stop())
}

/** Starts a host and a browser. */
export function inBrowser(setting: Setting = {}): void {
  onHost(setting)
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())
}

/** Starts a host, and a browser with the editor of it: `editor`. */
export function inEditor({ options, first, ...setting }: PageSetting = {}): void {
  inBrowser(setting)
  beforeAll(async () => {
    editor = await openEditor(browser, host, options)
    await first?.()
  })
}

/** Starts a host, and a browser with the editor whose canvas is played on: `canvas`. */
export function onCanvas({ options, first, ...setting }: PageSetting = {}): void {
  inBrowser(setting)
  beforeAll(async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
    canvas = await Canvas.open(context, host)
    await first?.()
  })
}

/** A part of the editor by the name that it has for tests. */
export const by = (id: string) => editor.by(id)
