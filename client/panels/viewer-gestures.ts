/** What a person does to a picture with one pointer or two fingers; all lengths in CSS pixels. */
export interface Gestures {
  press(event: PointerEvent): void
  drag(event: PointerEvent, x: number, y: number): void
  /** What was dragged is let go. */
  release(): void
  pinch(middle: readonly [number, number], x: number, y: number, factor: number): void
}

/** Mouse (its middle button, too), pen and fingers on an element: one drags; a second finger makes it a pinch until both are up. */
export function listenToGestures(area: HTMLElement, { press, drag, release, pinch }: Gestures): void {
  const pointers = new Map<number, { x: number; y: number }>()
  let hasPinched = false

  area.addEventListener('pointerdown', (event) => {
    if (event.button > 1) return
    area.setPointerCapture(event.pointerId)
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY })
    hasPinched = pointers.size > 1
    if (pointers.size === 1) press(event)
    event.preventDefault()
  })
  area.addEventListener('pointermove', (event) => {
    const before = pointers.get(event.pointerId)
    if (before === undefined) return
    const now = { x: event.clientX, y: event.clientY }
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1]
    pointers.set(event.pointerId, now)
    if (other !== undefined) {
      const far = Math.hypot(before.x - other.x, before.y - other.y)
      const factor = far === 0 ? 1 : Math.hypot(now.x - other.x, now.y - other.y) / far
      pinch([(now.x + other.x) / 2, (now.y + other.y) / 2], (now.x - before.x) / 2, (now.y - before.y) / 2, factor)
    } else if (!hasPinched) {
      drag(event, now.x - before.x, now.y - before.y)
    }
  })
  for (const type of ['pointerup', 'pointercancel'] as const) {
    area.addEventListener(type, (event) => {
      const wasDown = pointers.delete(event.pointerId)
      if (pointers.size > 0) return
      if (wasDown && !hasPinched) release()
      hasPinched = false
    })
  }
}
