/**
 * Draws a list anew and gives the focus back to what had it: to the button of the same name in the same item, else to the first
 * of that item or of the one in its place.
 */
export function keepFocus(list: HTMLElement, draw: () => void): void {
  const focused = document.activeElement
  if (!(focused instanceof HTMLElement) || !list.contains(focused)) {
    draw()
    return
  }
  const places = [...list.children]
  const place = places.findIndex((item) => item.contains(focused))
  const run = places[place]?.getAttribute('data-run')
  const [testid, title] = [focused.dataset.testid, focused.title]
  draw()
  const items = [...list.children]
  const same = items.find((item) => run != null && item.getAttribute('data-run') === run)
  const buttons = [...((same ?? items[Math.min(place, items.length - 1)])?.querySelectorAll('button') ?? [])]
  const named = buttons.find((button) => button.dataset.testid === testid && button.title === title)
  const next = named ?? buttons[0]
  next?.focus({ preventScroll: true })
}
