import { element } from '../browser/element.ts'

export interface Anchor {
  readonly x: number
  readonly y: number
  readonly width?: number
  readonly height?: number
}

let close: (() => void) | undefined

/**
 * Shows one popup at a time below an anchor, inside the window; a press elsewhere or Escape closes it.
 * @param onClose told whether Escape closed it
 * @returns a function that closes it
 */
export function openPopup(
  content: HTMLElement,
  anchor: Anchor,
  onClose: (isCancelled: boolean) => void = () => {},
): () => void {
  close?.()
  const focused = document.activeElement
  const popup = element('div', { class: 'popup' }, content)
  document.body.append(popup)
  const { width, height } = popup.getBoundingClientRect()
  const below = anchor.y + (anchor.height ?? 0)
  const top = below + height + 8 > innerHeight ? Math.max(8, Math.min(anchor.y, innerHeight - 8) - height) : below
  popup.style.left = `${Math.max(8, Math.min(anchor.x, innerWidth - width - 8))}px`
  popup.style.top = `${top}px`

  const ended = new AbortController()
  const end = (isCancelled = false) => {
    if (ended.signal.aborted) return
    ended.abort()
    close = undefined
    popup.remove()
    onClose(isCancelled)
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true })
  }
  close = end
  addEventListener(
    'pointerdown',
    (event) => {
      if (!(event.target instanceof Node && popup.contains(event.target))) end()
    },
    { capture: true, signal: ended.signal },
  )
  addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape') return
      event.stopPropagation()
      event.preventDefault()
      end(true)
    },
    { capture: true, signal: ended.signal },
  )
  // The canvas would move away under it.
  addEventListener(
    'wheel',
    (event) => {
      if (!(event.target instanceof Node && popup.contains(event.target))) end()
    },
    { capture: true, passive: true, signal: ended.signal },
  )
  return end
}
