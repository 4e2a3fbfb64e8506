import type { Point } from '../document/graph.ts'

/**
 * Two fingers zoom and move. litegraph would take the second finger for the right button, so it never sees it.
 * `move` gets the middle between the fingers on the page, how far it went, and by which factor the fingers spread.
 */
export function listenToPinch(
  canvas: HTMLElement,
  move: (middle: Point, shift: Point, factor: number) => void,
  release: () => void,
): void {
  const fingers = new Map<number, Point>()
  let isPinching = false

  const listen = (type: string, hear: (event: PointerEvent) => void) =>
    addEventListener(
      type,
      (event) => {
        if (event instanceof PointerEvent && event.pointerType === 'touch') hear(event)
      },
      { capture: true },
    )

  listen('pointerdown', (event) => {
    if (event.target !== canvas) return
    fingers.set(event.pointerId, [event.clientX, event.clientY])
    if (fingers.size < 2) return
    // The first finger may have begun to drag something.
    if (!isPinching) release()
    isPinching = true
    event.stopImmediatePropagation()
  })
  listen('pointermove', (event) => {
    if (!fingers.has(event.pointerId)) return
    const before = spread(fingers)
    fingers.set(event.pointerId, [event.clientX, event.clientY])
    if (!isPinching) return
    event.stopImmediatePropagation()
    const after = spread(fingers)
    if (before === undefined || after === undefined || before.distance === 0) return
    const shift = [after.middle[0] - before.middle[0], after.middle[1] - before.middle[1]] as const
    move(after.middle, shift, after.distance / before.distance)
  })
  for (const type of ['pointerup', 'pointercancel']) {
    listen(type, (event) => {
      if (!fingers.delete(event.pointerId) || !isPinching) return
      event.stopImmediatePropagation()
      isPinching = fingers.size > 0
    })
  }
}

function spread(fingers: ReadonlyMap<number, Point>): { middle: Point; distance: number } | undefined {
  const [a, b] = fingers.values()
  if (a === undefined || b === undefined) return undefined
  return { middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], distance: Math.hypot(a[0] - b[0], a[1] - b[1]) }
}
