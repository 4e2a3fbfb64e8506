import { expect, test } from 'vitest'
import { listenToTrackpad } from '../../client/browser/trackpad.ts'

function open() {
  const area = new EventTarget()
  const zooms: (readonly [factor: number, x: number, y: number])[] = []
  listenToTrackpad(area as HTMLElement, (...zoom) => zooms.push(zoom))
  const tell = (type: string, more: object = {}) => {
    const event = Object.assign(new Event(type, { cancelable: true }), { clientX: 30, clientY: 40, ...more })
    area.dispatchEvent(event)
    return event.defaultPrevented
  }
  return { zooms, tell }
}

test('two fingers on a trackpad zoom by each step, and the page stays as it is', () => {
  const { zooms, tell } = open()
  expect(tell('gesturestart', { scale: 1 })).toBe(true)
  for (const scale of [2, 3]) expect(tell('gesturechange', { scale })).toBe(true)
  tell('gesturestart', { scale: 1 })
  tell('gesturechange', { scale: 0.5 })
  expect(zooms).toEqual([
    [2, 30, 40],
    [1.5, 30, 40],
    [0.5, 30, 40],
  ])
})

test('fingers on a screen are followed as pointers alone', () => {
  const { zooms, tell } = open()
  tell('touchstart', { touches: [1, 2] })
  tell('gesturestart', { scale: 1 })
  tell('gesturechange', { scale: 2 })
  tell('touchend', { touches: [] })
  expect(zooms).toEqual([])
})
