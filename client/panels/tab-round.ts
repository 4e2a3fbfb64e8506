/** Lets the Tab key go round inside an element: from its last stop to the first, and back. @returns whether it has moved the focus */
export function tabRound(root: HTMLElement, { key, shiftKey }: KeyboardEvent): boolean {
  if (key !== 'Tab') return false
  const stops = [...root.querySelectorAll<HTMLElement>('a[href], button, input, [tabindex="0"]')].filter((stop) =>
    stop.checkVisibility(),
  )
  const [from, to] = shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]]
  if (document.activeElement !== from && document.activeElement !== root) return false
  to?.focus()
  return true
}
