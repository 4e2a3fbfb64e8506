/** What Safari tells of two fingers on a trackpad, where other browsers turn a wheel with Ctrl: since the start. */
interface GestureEvent extends UIEvent {
  readonly scale: number
  readonly clientX: number
  readonly clientY: number
}

/**
 * Two fingers on the trackpad of a Mac, in Safari. It tells the same of fingers on a screen, of which pointers tell, too.
 * @param zoom gets the factor since it was called last, and the place on the page
 */
export function listenToTrackpad(area: HTMLElement, zoom: (factor: number, x: number, y: number) => void): void {
  let before = 1
  let isTouched = false
  const listen = (type: string, hear: (event: GestureEvent) => void) =>
    area.addEventListener(type, (event) => {
      // Else the page is zoomed.
      event.preventDefault()
      hear(event as GestureEvent)
    })

  listen('gesturestart', () => {
    before = 1
  })
  listen('gesturechange', ({ scale, clientX, clientY }) => {
    if (!isTouched && before > 0) zoom(scale / before, clientX, clientY)
    before = scale
  })
  for (const type of ['touchstart', 'touchend', 'touchcancel'] as const) {
    area.addEventListener(
      type,
      ({ touches }) => {
        isTouched = touches.length > 0
      },
      { capture: true, passive: true },
    )
  }
}
