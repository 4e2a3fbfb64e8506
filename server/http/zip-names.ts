import { harmless, numbered, partsOf } from '../../nodes/sdk/file-name.ts'

/** Bytes of a name, which leave room for a number among the 255 that file systems take. */
const LONGEST = 240
/** Characters of an extension, with its dot: what is longer is a part of the name. */
const LONGEST_EXTENSION = 17

/** Names of files that are unpacked side by side: none leads elsewhere, and one that is taken gets a number, `photo (1).png`. */
export class ZipNames {
  /** Also what differs in case or in how its accents are written: many file systems see one name in them. */
  readonly #taken = new Set<string>()
  /** The last number given, by the name that is taken. */
  readonly #last = new Map<string, number>()

  give(wanted: string): string {
    const plain = short(harmless(wanted).replace(/^\.*$/, '_'))
    const key = keyOf(plain)
    let name = plain
    for (let number = (this.#last.get(key) ?? 0) + 1; this.#taken.has(keyOf(name)); number++) {
      name = numbered(plain, number)
      this.#last.set(key, number)
    }
    this.#taken.add(keyOf(name))
    return name
  }
}

/** Cut before its extension. */
function short(name: string): string {
  const parts = partsOf(name)
  const extension = parts.extension.length > LONGEST_EXTENSION ? '' : parts.extension
  let stem = name.slice(0, name.length - extension.length)
  while (Buffer.byteLength(stem + extension) > LONGEST) stem = [...stem].slice(0, -1).join('')
  return stem + extension
}

function keyOf(name: string): string {
  return name.normalize('NFC').toLowerCase()
}
