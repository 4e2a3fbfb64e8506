type Press = Pick<KeyboardEvent, 'key' | 'code' | 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey'>

/** `Mod Shift e`, `Alt c`, `Delete`: modifiers in alphabetical order and the key; `Mod` is Ctrl, on a Mac also Cmd. */
export function keyName(press: Press): string {
  const { altKey, ctrlKey, metaKey, shiftKey } = press
  const key = keyOf(press)
  const isSign = key.length === 1 && !/[a-z0-9]/.test(key)
  const modifiers = [
    ...(altKey ? ['Alt'] : []),
    ...(ctrlKey || metaKey ? ['Mod'] : []),
    // Signs need Shift on some keyboards and not on others.
    ...(shiftKey && !isSign ? ['Shift'] : []),
  ]
  return [...modifiers, key].join(' ')
}

const SIGNS: Readonly<Record<string, string>> = { Equal: '=', Minus: '-' }

/**
 * What is written on the key for those who write Latin letters: keyboards of other scripts have these beside their own,
 * where a keyboard of the United States has them. With Alt a Mac makes signs of letters, and a Hebrew keyboard has signs
 * in the place of some.
 */
export function keyOf({ key, code, altKey }: Press): string {
  const isWritten = altKey ? /^[a-z0-9+=-]$/i : /^[ -~]$/
  const isNamed = key.length > 1 && key !== 'Dead'
  const latin = code.startsWith('Key') ? code.slice(3) : SIGNS[code]
  const written = isNamed || isWritten.test(key) ? key : (latin ?? key)
  return written.length === 1 ? written.toLowerCase() : written
}
