import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page, type Route } from 'playwright-core'

const PLACES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Where a Chromium is, or undefined; CI must have one. */
const chromiumPath = PLACES.find((place) => place !== undefined && existsSync(place))

export const withoutBrowser = chromiumPath === undefined && process.env.CI !== 'true'

if (withoutBrowser) {
  process.stderr.write(
    'The browser stories are left out: no Chromium was found. Install it (Debian: apt-get install chromium) or name it in CHROMIUM.\n',
  )
}

export async function openBrowser(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('No Chromium was found; CI must have one (apt-get install chromium).')
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** Of a page whose editor has begun and hears its host. */
export const READY = 'body[data-connection="connected"]:not([data-run-state="starting"])'

/** Lets a file fall on the graph, or on another element. */
export async function drop(page: Page, name: string, type: string, bytes: Buffer, onto = 'canvas'): Promise<void> {
  await page.evaluate(
    ({ name, type, base64, onto }) => {
      const data = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
      const transfer = new DataTransfer()
      transfer.items.add(new File([data], name, { type }))
      const init = { bubbles: true, cancelable: true, clientX: 400, clientY: 300, dataTransfer: transfer }
      const target = document.querySelector(onto) ?? document.body
      target.dispatchEvent(new DragEvent('dragover', init))
      target.dispatchEvent(new DragEvent('drop', init))
    },
    { name, type, base64: bytes.toString('base64'), onto },
  )
}

/** Lets several pictures fall on the graph at once: `photo-1.png`, `photo-2.png` and so on. */
export async function dropPictures(page: Page, files: readonly Buffer[]): Promise<void> {
  await page.evaluate(
    (pictures) => {
      const transfer = new DataTransfer()
      for (const [i, base64] of pictures.entries()) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
        transfer.items.add(new File([bytes], `photo-${i + 1}.png`, { type: 'image/png' }))
      }
      const init = { bubbles: true, cancelable: true, clientX: 700, clientY: 400, dataTransfer: transfer }
      document.querySelector('canvas')!.dispatchEvent(new DragEvent('drop', init))
    },
    files.map((file) => file.toString('base64')),
  )
}

/** Holds back what the page uploads. @returns what lets it go */
export function holdUploads(page: Page): Promise<() => void> {
  return hold(page, '**/api/files/**')
}

/** Holds back what the page asks of the host. @returns what lets it go, to the host or to another answer */
export async function hold(
  page: Page,
  requests: string,
  answer = (route: Route): Promise<void> => route.continue(),
): Promise<() => void> {
  let letGo = () => {}
  const gone = new Promise<void>((resolve) => {
    letGo = resolve
  })
  await page.route(requests, async (route) => {
    await gone
    await answer(route)
  })
  return letGo
}
