import type { Point } from '../document/graph.ts'

const HELD_FOR = 550
/** A finger trembles; further than this it drags. */
const STILL = 8

/** A finger or a pen that stays where it is asks for the menu, as the right button does. */
export function listenToLongPress(canvas: HTMLElement, open: (event: PointerEvent) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let start: Point = [0, 0]
  const end = () => {
    clearTimeout(timer)
    timer = undefined
  }
  canvas.addEventListener(
    'pointerdown',
    (event) => {
      end()
      if (event.pointerType === 'mouse' || !event.isPrimary) return
      start = [event.clientX, event.clientY]
      timer = setTimeout(() => open(event), HELD_FOR)
    },
    { capture: true },
  )
  addEventListener(
    'pointermove',
    (event) => {
      if (Math.hypot(event.clientX - start[0], event.clientY - start[1]) > STILL) end()
    },
    { capture: true },
  )
  for (const type of ['pointerup', 'pointercancel'] as const) addEventListener(type, end, { capture: true })
  // A second finger makes it a pinch.
  addEventListener('pointerdown', (event) => !event.isPrimary && end(), { capture: true })
}
