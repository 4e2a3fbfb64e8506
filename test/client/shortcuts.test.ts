import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Editor } from '../../client/editor.ts'
import { listenToKeys } from '../../client/page/shortcuts.ts'

const nothing = () => {}

interface Page {
  readonly isForm?: boolean
  readonly isRunning?: boolean
  readonly isLarge?: boolean
  readonly hasPicture?: boolean
  readonly selected?: readonly string[]
  /** What has the focus; the canvas by default. */
  readonly focused?: object
  /** Whether something has the page to itself that is no dialog of the browser. */
  readonly isCovered?: boolean
  /** What the browser does when it shall copy. */
  readonly onCopy?: () => void
}

/** A page, an editor that notes what it is asked for, and a viewer. */
function open({ isForm = false, isRunning = false, isLarge = false, hasPicture = true, ...more }: Page = {}) {
  const { selected = [], onCopy = nothing, isCovered = false } = more
  const page = new EventTarget()
  const canvas = {} as HTMLElement
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('dispatchEvent', page.dispatchEvent.bind(page))
  vi.stubGlobal('HTMLElement', class {})
  vi.stubGlobal('getSelection', () => null)
  vi.stubGlobal('document', {
    querySelector: (wish: string) => (isCovered && wish.includes('aria-modal') ? {} : null),
    activeElement: more.focused ?? canvas,
    execCommand: onCopy,
  })
  const asked: string[] = []
  const note = (what: string) => () => {
    asked.push(what)
  }
  const viewer = {
    isOpen: hasPicture,
    close: note('close the viewer'),
    shrink: () => {
      if (isLarge) asked.push('shrink the viewer')
      return isLarge
    },
  }
  const editor = {
    commands: {
      leaveSubgraph: note('leave the subgraph'),
      remove: note('remove'),
      nudge: (_: unknown, isHeld: boolean) => note(isHeld ? 'move on' : 'move')(),
    },
    history: {},
    view: { abandon: () => false, selected: new Set(selected), selectedGroups: new Set() },
    walk: { step: (to: string) => note(`go ${to}`)(), fields: note('open the fields'), menu: note('open the menu') },
    canCancel: isRunning,
    cancel: note('stop the run'),
    clipboard: { copied: () => (selected.length > 0 ? 'the graph' : undefined) },
  } as unknown as Editor
  const actions = { open: nothing, runs: nothing, example: nothing, help: nothing, refresh: nothing, closeTab: nothing }
  listenToKeys(editor, viewer, canvas, { ...actions, searchAt: () => [0, 0], isForm: () => isForm })
  return asked
}

function press(key: string, held: object = {}): void {
  const none = { altKey: false, ctrlKey: false, metaKey: false, shiftKey: false }
  dispatchEvent(Object.assign(new Event('keydown', { cancelable: true }), { key, code: key, ...none, ...held }))
}

/** The event as it is after everybody has heard it. */
function hear(type: string) {
  const setData = vi.fn<(type: string, text: string) => void>()
  const event = Object.assign(new Event(type, { cancelable: true }), { clipboardData: { setData } })
  dispatchEvent(event)
  return { isTaken: event.defaultPrevented, text: setData.mock.calls[0]?.[1] }
}

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('Escape', () => {
  const escaped = (page: Parameters<typeof open>[0]) => {
    const asked = open(page)
    press('Escape')
    return asked
  }

  test('closes the viewer beside the graph before it stops the run', () => {
    expect(escaped({ isRunning: true })).toEqual(['close the viewer'])
    expect(escaped({ isRunning: true, hasPicture: false })).toEqual(['stop the run'])
    expect(escaped({ hasPicture: false })).toEqual(['leave the subgraph'])
  })

  test('leaves the picture of the form in its place, and stops the run', () => {
    expect(escaped({ isForm: true, isRunning: true })).toEqual(['stop the run'])
    expect(escaped({ isForm: true, isRunning: true, isLarge: true })).toEqual(['shrink the viewer'])
  })
})

test('no key reaches a graph that something covers', () => {
  const covered = open({ selected: ['1'], isCovered: true })
  press('Delete')
  expect(covered).toEqual([])
  press('Escape')
  expect(covered).toEqual(['close the viewer'])
  const seen = open({ selected: ['1'] })
  press('Delete')
  expect(seen).toEqual(['remove'])
})

describe('the clipboard', () => {
  const asked = () => ['beforecopy', 'beforecut', 'beforepaste'].filter((type) => hear(type).isTaken)

  test('takes nodes, as browsers want to know before', () => {
    open({ selected: ['1'] })
    expect(asked()).toEqual(['beforecopy', 'beforecut', 'beforepaste'])
    expect(hear('copy')).toEqual({ isTaken: true, text: 'the graph' })
  })

  test('takes nothing where nothing is selected, in the form, or while something else has the focus', () => {
    open()
    expect(asked()).toEqual(['beforepaste'])
    expect(hear('copy').isTaken).toBe(false)
    open({ isForm: true, selected: ['1'] })
    // The form takes pictures.
    expect(asked()).toEqual(['beforepaste'])
    open({ selected: ['1'], focused: {} })
    expect(asked()).toEqual([])
  })

  test('cuts what it has copied, and nothing where the browser has not asked for it', () => {
    const cut = open({ selected: ['1'], onCopy: () => hear('copy') })
    press('x', { ctrlKey: true })
    expect(cut).toEqual(['remove'])
    const refused = open({ selected: ['1'] })
    press('x', { ctrlKey: true })
    expect(refused).toEqual([])
    const fromMenu = open({ selected: ['1'] })
    expect(hear('cut')).toEqual({ isTaken: true, text: 'the graph' })
    expect(fromMenu).toEqual(['remove'])
  })
})

test('an arrow that is held goes on with what its press moves', () => {
  const asked = open({ selected: ['1'] })
  press('ArrowLeft')
  press('ArrowLeft', { repeat: true })
  expect(asked).toEqual(['move', 'move on'])
})

describe('keys walk the graph', () => {
  test('where nothing is selected, and past what is selected with Alt', () => {
    const asked = open()
    press('ArrowRight')
    press('ArrowDown', { altKey: true })
    expect(asked).toEqual(['go right', 'go down'])
    const moved = open({ selected: ['1'] })
    press('ArrowRight', { altKey: true })
    press('ArrowRight')
    expect(moved).toEqual(['go right', 'move'])
  })

  test('into its fields and its menu, and press buttons elsewhere', () => {
    const asked = open({ selected: ['1'] })
    press('Enter')
    press('F10', { shiftKey: true })
    expect(asked).toEqual(['open the fields', 'open the menu'])
    const elsewhere = open({ selected: ['1'], focused: {} })
    press('Enter')
    press('ArrowLeft', { altKey: true })
    expect(elsewhere).toEqual([])
  })
})
