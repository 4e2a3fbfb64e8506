import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { GraphDocument } from '../../client/document/document.ts'
import { EditHistory } from '../../client/document/history.ts'
import { Autosave } from '../../client/workflows/autosave.ts'
import { Tabs } from '../../client/workflows/tabs.ts'

class Kept extends Map<string, string> {
  /** How many letters it takes. */
  room = Number.POSITIVE_INFINITY
  get length() {
    return this.size
  }
  key = (at: number) => [...this.keys()][at] ?? null
  getItem = (key: string) => this.get(key) ?? null
  setItem = (key: string, value: string) => {
    const others = [...this].filter(([name]) => name !== key).map(([name, text]) => name.length + text.length)
    const taken = others.reduce((all, one) => all + one, key.length + value.length)
    if (taken > this.room) throw new DOMException('It is full.', 'QuotaExceededError')
    this.set(key, value)
  }
  removeItem = (key: string) => void this.delete(key)
}

/** Windows of one browser; a page that is no secure context has no locks. */
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
    const told: boolean[] = []
    const view = { viewpoint: { scale: 1, offset: [0, 0] as const }, fit: () => {} }
    const tabs = new Tabs({ document, history, view, read: () => {}, leaving: () => {} })
    if (kept !== undefined) tabs.restore(kept.tabs, kept.active)
    autosave.follow(
      document,
      tabs,
      () => tabs.active.name,
      (isFull) => told.push(isFull),
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
      /** Whether it was told that the browser is full, each time. */
      told: async () => {
        await vi.advanceTimersByTimeAsync(0)
        return told
      },
      get isFull() {
        return autosave.isFull
      },
      id: () => session.get('gendr.window') ?? page.name,
      isKept: () => [...storage.keys()].some((key) => key.startsWith(`gendr.tab.${session.get('gendr.window')}.`)),
      reload: () => load(page, session),
      duplicate: () => load({ name: '' }, new Kept(session)),
    }
  }
  return {
    open: () => load({ name: '' }, new Kept()),
    fillUpTo(room: number) {
      storage.room = room
    },
  }
}

/** A text of so many letters. */
const long = (letters: number) => 'x'.repeat(letters)

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

test('that the browser is full is told once, and that it takes the work after all', async () => {
  const { open, fillUpTo } = browser()
  const window = await open()
  fillUpTo(3000)
  window.write(long(4000))
  window.beat()
  window.write(long(4001))
  expect([await window.told(), window.isFull]).toEqual([[true], true])
  window.write('short')
  expect([await window.told(), window.isFull]).toEqual([[true, false], false])
  expect((await window.reload()).found).toEqual(['short'])
})

test('what was not taken is offered again, also when nothing is edited any more', async () => {
  const { open, fillUpTo } = browser()
  const window = await open()
  fillUpTo(3000)
  window.write(long(2000))
  expect(await window.told()).toEqual([true])
  fillUpTo(10_000)
  window.beat()
  expect(await window.told()).toEqual([true, false])
  expect((await window.reload()).found).toEqual([long(2000)])
})

test('without locks what was copied goes before the work of a living window is lost', async () => {
  const { open, fillUpTo } = browser()
  const gone = await open()
  gone.write(long(1000))
  vi.advanceTimersByTime(20_000)
  const heir = await open()
  expect(heir.found).toEqual([long(1000)])
  fillUpTo(5000)
  heir.write(long(1500))
  expect(await heir.told()).toEqual([])
  expect((await heir.reload()).found).toEqual([long(1500)])
  expect((await gone.reload()).found).toBeUndefined()
})

test('without locks a silent window that nobody copied does not go for another', async () => {
  const { open, fillUpTo } = browser()
  const [one, other] = [await open(), await open()]
  one.write(long(1000))
  other.write('other')
  vi.advanceTimersByTime(60_000)
  fillUpTo(3500)
  other.write(long(1000))
  expect(await other.told()).toEqual([true])
  expect((await one.reload()).found).toEqual([long(1000)])
})

test('a browser that is too full for a copy leaves the next window what was to be copied', async () => {
  const { open, fillUpTo } = browser()
  const gone = await open()
  gone.write(long(1000))
  vi.advanceTimersByTime(20_000)
  fillUpTo(3000)
  const heir = await open()
  expect([heir.found, await heir.told()]).toEqual([[long(1000)], [true]])
  expect((await gone.reload()).found).toEqual([long(1000)])
})

/** The names of locks that somebody has, in a browser that has locks. */
function withLocks(): Set<string> {
  const locked = new Set<string>()
  const locks = {
    request: (name: string, _: unknown, act: (held: object | null) => unknown) => {
      void act(locked.has(name) ? null : {})
      locked.add(name)
    },
    query: async () => ({ held: [...locked].map((name) => ({ name })) }),
  }
  vi.stubGlobal('navigator', { locks })
  return locked
}

test('with locks the oldest window that is gone goes first, and none that is there', async () => {
  const locked = withLocks()
  const { open, fillUpTo } = browser()
  const windows = [await open(), await open(), await open(), await open()]
  for (const window of windows) {
    window.write(long(1000))
    vi.advanceTimersByTime(20_000)
  }
  const [asleep, oldest, newer, living] = windows
  locked.clear()
  for (const one of [asleep, living]) locked.add(`gendr.window.${one!.id()}`)
  fillUpTo(9000)
  living!.write(long(1500))
  expect(await living!.told()).toEqual([])
  expect([oldest!.isKept(), newer!.isKept(), asleep!.isKept()]).toEqual([false, true, true])
})

test('what is too large costs no other window its work', async () => {
  const locked = withLocks()
  const { open, fillUpTo } = browser()
  const [older, newer, living] = [await open(), await open(), await open()]
  older.write(long(1000))
  vi.advanceTimersByTime(20_000)
  newer.write(long(1001))
  vi.advanceTimersByTime(20_000)
  fillUpTo(9000)
  locked.clear()
  locked.add(`gendr.window.${living.id()}`)
  living.write(long(10_000))
  expect(await living.told()).toEqual([true])
  living.beat()
  await living.told()
  expect([living.isFull, (await older.reload()).found, (await newer.reload()).found]).toEqual([
    true,
    [long(1000)],
    [long(1001)],
  ])
})
