import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Editor } from '../../client/editor.ts'
import { listenToKeys } from '../../client/shortcuts.ts'

const nothing = () => {}

/** A page with the focus on it, an editor that notes what it is asked for, and a viewer. */
function open({ isForm = false, isRunning = false, isLarge = false, hasPicture = true } = {}) {
  const page = new EventTarget()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('dispatchEvent', page.dispatchEvent.bind(page))
  vi.stubGlobal('document', { querySelector: () => null })
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
    commands: { leaveSubgraph: note('leave the subgraph') },
    history: {},
    view: { abandon: () => false },
    canCancel: isRunning,
    cancel: note('stop the run'),
  } as unknown as Editor
  const actions = { open: nothing, runs: nothing, example: nothing, help: nothing, refresh: nothing, closeTab: nothing }
  listenToKeys(editor, viewer, {} as HTMLElement, { ...actions, searchAt: () => [0, 0], isForm: () => isForm })
  return asked
}

function press(key: string): void {
  const held = { altKey: false, ctrlKey: false, metaKey: false, shiftKey: false }
  dispatchEvent(Object.assign(new Event('keydown', { cancelable: true }), { key, code: key, ...held }))
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
