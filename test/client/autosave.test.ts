import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Autosave } from '../../client/autosave.ts'
import { GraphDocument } from '../../client/document/document.ts'
import { EditHistory } from '../../client/document/history.ts'
import { Tabs } from '../../client/tabs.ts'

class Kept extends Map<string, string> {
  get length() {
    return this.size
  }
  key = (at: number) => [...this.keys()][at] ?? null
  getItem = (key: string) => this.get(key) ?? null
  setItem = (key: string, value: string) => void this.set(key, value)
  removeItem = (key: string) => void this.delete(key)
}

/** Windows of one browser, on a page that is no secure context: it has no locks. */
function browser() {
  const storage = new Kept()
  const load = async (page: { name: string }, session: Kept) => {
    let beat = () => {}
    vi.stubGlobal('window', page)
    vi.stubGlobal('setInterval', (act: () => void) => {
      beat = act
    })
    const { autosave, kept } = await Autosave.begin(storage as unknown as Storage, session as unknown as Storage)
    const document = new GraphDocument()
    const history = new EditHistory(document)
    const view = { viewpoint: { scale: 1, offset: [0, 0] as const }, fit: () => {} }
    const tabs = new Tabs({ document, history, view, read: () => {}, leaving: () => {} })
    if (kept !== undefined) tabs.restore(kept.tabs, kept.active)
    autosave.follow(
      document,
      tabs,
      () => tabs.active.name,
      () => {},
    )
    return {
      /** What it found when it opened. */
      found: kept?.tabs.map(({ name }) => name),
      write(name: string) {
        tabs.rename(name)
        document.open(document.whole)
        autosave.flush()
      },
      beat: () => beat(),
      reload: () => load(page, session),
      duplicate: () => load({ name: '' }, new Kept(session)),
    }
  }
  return { open: () => load({ name: '' }, new Kept()) }
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('navigator', {})
  vi.stubGlobal('addEventListener', () => {})
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('without locks a window and the one that was made of it each keep their own', async () => {
  const first = await browser().open()
  first.write('of the first')
  const second = await first.duplicate()
  expect(second.found).toBeUndefined()
  second.write('of the second')
  first.beat()
  expect((await first.reload()).found).toEqual(['of the first'])
  expect((await second.reload()).found).toEqual(['of the second'])
})

test('without locks a window that only slept has its own when it wakes, whoever went on with it', async () => {
  const { open } = browser()
  const sleeping = await open()
  sleeping.write('before it slept')
  vi.advanceTimersByTime(60_000)
  const next = await open()
  expect(next.found).toEqual(['before it slept'])
  next.write('of the next')
  expect((await open()).found).toBeUndefined()
  sleeping.beat()
  expect((await sleeping.reload()).found).toEqual(['before it slept'])
  expect((await next.reload()).found).toEqual(['of the next'])
})

test('without locks what a window left that is gone is taken over once', async () => {
  const { open } = browser()
  const gone = await open()
  gone.write('left behind')
  vi.advanceTimersByTime(20_000)
  const heir = await open()
  vi.advanceTimersByTime(20_000)
  heir.beat()
  expect([heir.found, (await open()).found]).toEqual([['left behind'], undefined])
})
