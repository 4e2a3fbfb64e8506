/**
 * How fast the editor is with a graph of 1,000 nodes and 1,500 links, by the browser's own tracing:
 * `npm run bench:editor`. Software rendering, 1280 × 800, one page, the shipped host.
 */
import { writeFile } from 'node:fs/promises'
import type { CDPSession, Page } from 'playwright-core'
import { drop, openBrowser } from '../story/browser.ts'
import { startHost } from '../story/host.ts'

const NODES = 1000
const LINKS = 1500
const COLUMNS = 40

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly ts: number
  readonly dur?: number
  readonly args?: { readonly data?: { readonly type?: string } }
}

/** A graph of nodes with two inputs, one or two fields, pictures here and there. */
function largeGraph() {
  const links: unknown[] = []
  const nodes = Array.from({ length: NODES }, (_, i) => {
    const [column, row] = [i % COLUMNS, Math.floor(i / COLUMNS)]
    const into = (slot: number, from: number) => {
      if (links.length >= LINKS || from < 0) return null
      links.push([links.length + 1, from + 1, 0, i + 1, slot, 'IMAGE'])
      return links.length
    }
    const isLast = column === COLUMNS - 1
    const common = { id: i + 1, pos: [column * 300, row * 260], size: [230, isLast ? 220 : 140], flags: {}, mode: 0 }
    if (column === 0) return { ...common, type: 'LoadImage', widgets_values: ['old-photograph.jpg', 'image'] }
    if (isLast) {
      return { ...common, type: 'SaveImage', inputs: [{ name: 'images', type: 'IMAGE', link: into(0, i - 1) }] }
    }
    const first = { name: 'image', type: 'IMAGE', link: into(0, i - 1) }
    if (i % 2 === 1 && column % 4 !== 1) {
      return { ...common, type: 'ImageScaleBy', inputs: [first], widgets_values: ['bicubic', 1.5] }
    }
    const second = { name: 'reference', type: 'IMAGE', link: into(1, i - COLUMNS) }
    return { ...common, type: 'ColorTransfer', inputs: [first, second] }
  })
  return { nodes, links, groups: [], extra: { ds: { scale: 1, offset: [0, 0] } }, version: 0.4 }
}

const host = await startHost()
const browser = await openBrowser()
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
await page.goto(host.url)
await page.waitForSelector('body[data-run-state="idle"]')
const graph = largeGraph()
const session = await page.context().newCDPSession(page)
const results: Record<string, string> = { graph: `${graph.nodes.length} nodes, ${graph.links.length} links` }

const opening = await traced(session, async () => {
  await drop(page, 'large.json', 'application/json', Buffer.from(JSON.stringify(graph)))
  await page.waitForSelector(`body[data-node-count="${NODES}"]`)
  await frames(page, 2)
})
results['open, until it is drawn'] = ms(busy(opening))

for (const scale of [1, 0.5, 0.25, 0.1]) {
  await zoomTo(page, scale)
  const trace = await traced(session, () => pan(page))
  results[`pan at ${scale}`] = frameRate(trace)
}

await zoomTo(page, 1)
results['press of a key in a field'] = await typing(page, session)
results['move of everything by a key'] = await summaryOf(5, async () => {
  await page.keyboard.press('Control+a')
  const trace = await traced(session, async () => {
    await page.keyboard.press('ArrowRight')
    await frames(page, 2)
  })
  return longest(trace, 'keydown')
})
results['undo of a move of everything'] = await undoOf(page, session, async () => {
  await page.keyboard.press('Control+a')
  await page.keyboard.press('ArrowRight')
})
results['undo of removing everything'] = await undoOf(page, session, async () => {
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Delete')
  await page.waitForSelector('body[data-node-count="0"]')
})
results['undo of a paste of everything'] = await undoOf(page, session, async () => {
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Control+c')
  await page.keyboard.press('Control+v')
  await page.waitForSelector(`body[data-node-count="${2 * NODES}"]`)
})
results['undo of a subgraph of everything'] = await undoOf(page, session, async () => {
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Control+Shift+e')
  await page.waitForSelector('body[data-node-count="1"]')
})
for (const [what, value] of Object.entries(results)) process.stdout.write(`${what.padEnd(36)} ${value}\n`)
if (process.argv[2] !== undefined) await writeFile(process.argv[2], `${JSON.stringify(results, null, 2)}\n`)
await browser.close()
await host.stop()

/** What the page's main thread did meanwhile. */
async function traced(session: CDPSession, act: () => Promise<void>): Promise<TraceEvent[]> {
  const events: TraceEvent[] = []
  const collect = ({ value }: { value: object[] }) => events.push(...(value as TraceEvent[]))
  session.on('Tracing.dataCollected', collect)
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: {
      includedCategories: ['devtools.timeline', 'disabled-by-default-devtools.timeline.frame', 'viz', 'cc'],
    },
  })
  await act()
  const done = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
  await session.send('Tracing.end')
  await done
  session.off('Tracing.dataCollected', collect)
  return events
}

/** The longest time between two frames that were shown is not hidden by the mean: both are told. */
function frameRate(events: readonly TraceEvent[]): string {
  const shown = events
    .filter(({ name }) => name === 'DrawFrame')
    .map(({ ts }) => ts / 1000)
    .sort((a, b) => a - b)
  if (shown.length < 3) return 'no frames'
  const gaps = shown.slice(1).map((time, i) => time - shown[i]!)
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const sorted = gaps.toSorted((a, b) => a - b)
  const work = events.filter(({ name }) => name === 'FireAnimationFrame').map(({ dur = 0 }) => dur / 1000)
  const script = work.reduce((sum, each) => sum + each, 0) / Math.max(1, work.length)
  return `${(1000 / mean).toFixed(1)} frames/s, 95 % within ${ms(sorted[Math.floor(gaps.length * 0.95)]!)}, script ${ms(script)} a frame`
}

/** From the first to the last moment that the main thread worked. */
function busy(events: readonly TraceEvent[]): number {
  const tasks = events.filter(
    ({ name, ph }) =>
      (ph === 'X' && name === 'EventDispatch') || name === 'FunctionCall' || name === 'FireAnimationFrame',
  )
  const starts = tasks.map(({ ts }) => ts)
  const ends = tasks.map(({ ts, dur = 0 }) => ts + dur)
  const drops = events.filter(({ name, args }) => name === 'EventDispatch' && args?.data?.type === 'drop')
  const start = drops[0]?.ts ?? Math.min(...starts)
  return (Math.max(...ends) - start) / 1000
}

/** The time that an event took, with everything that it called. */
function longest(events: readonly TraceEvent[], type: string): number {
  const dispatched = events.filter(({ name, args }) => name === 'EventDispatch' && args?.data?.type === type)
  return Math.max(0, ...dispatched.map(({ dur = 0 }) => dur / 1000))
}

/** The event itself and the frame that shows what it did. */
function untilShown(events: readonly TraceEvent[], type: string): number {
  const event = events
    .filter(({ name, args }) => name === 'EventDispatch' && args?.data?.type === type)
    .toSorted((a, b) => (b.dur ?? 0) - (a.dur ?? 0))[0]
  if (event === undefined) return Number.NaN
  const frame = events.find(({ name, ts }) => name === 'FireAnimationFrame' && ts >= event.ts + (event.dur ?? 0))
  return ((event.dur ?? 0) + (frame?.dur ?? 0)) / 1000
}

async function pan(page: Page): Promise<void> {
  await page.mouse.move(1240, 790)
  await page.mouse.down({ button: 'middle' })
  for (let i = 0; i < 120; i++) {
    await page.mouse.move(1240 - i * 6, 790 - (i % 60) * 5)
  }
  await page.mouse.up({ button: 'middle' })
}

/** Opens the graph again, looked at from another scale. */
async function zoomTo(page: Page, scale: number): Promise<void> {
  const file = { ...graph, extra: { ds: { scale, offset: [-200, -200] } } }
  await drop(page, 'large.json', 'application/json', Buffer.from(JSON.stringify(file)))
  await page.waitForTimeout(1200)
  await page.locator('#canvas').focus()
}

/** Letters into the field of a name, from the key to the frame that shows it. */
async function typing(page: Page, session: CDPSession): Promise<string> {
  const times: number[] = []
  const canvas = (await page.locator('#canvas').boundingBox())!
  // The second field of the fourth node of the second row.
  await page.mouse.click(canvas.x + 900 - 200 + 115, canvas.y + 260 - 200 + 73)
  await page.locator('[data-testid=text-editor]').waitFor()
  for (const letter of '0123456789'.repeat(2)) {
    const trace = await traced(session, async () => {
      await page.keyboard.press(letter)
      await frames(page, 2)
    })
    times.push(untilShown(trace, 'keydown'))
  }
  const trace = await traced(session, async () => {
    await page.keyboard.press('Enter')
    await frames(page, 2)
  })
  return `${summary(times)}; Enter ${ms(untilShown(trace, 'keydown'))}`
}

async function undoOf(page: Page, session: CDPSession, act: () => Promise<void>): Promise<string> {
  const times: number[] = []
  for (let i = 0; i < 5; i++) {
    await act()
    await page.waitForTimeout(900)
    const trace = await traced(session, async () => {
      await page.keyboard.press('Control+z')
      await frames(page, 2)
    })
    times.push(longest(trace, 'keydown'))
    await page.waitForTimeout(600)
  }
  return summary(times)
}

async function summaryOf(rounds: number, measure: () => Promise<number>): Promise<string> {
  const times: number[] = []
  for (let i = 0; i < rounds; i++) times.push(await measure())
  return summary(times)
}

function summary(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  return `median ${ms(sorted[Math.floor(sorted.length / 2)]!)}, longest ${ms(sorted.at(-1)!)}`
}

async function frames(page: Page, count: number): Promise<void> {
  await page.evaluate(async (count) => {
    for (let i = 0; i < count; i++) await new Promise((resolve) => requestAnimationFrame(resolve))
  }, count)
}

function ms(time: number): string {
  return `${time.toFixed(1)} ms`
}
