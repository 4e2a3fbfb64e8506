/** Bytes of a name, which leave room for a number among the 255 that file systems take. */
const LONGEST = 240

/** Names of files that are unpacked side by side: none leads elsewhere, and one that is taken gets a number, `photo (1).png`. */
export class ZipNames {
  /** Also what differs in case or in how its accents are written: many file systems see one name in them. */
  readonly #taken = new Set<string>()
  /** The last number given, by the name that is taken. */
  readonly #last = new Map<string, number>()

  give(wanted: string): string {
    const { stem, extension } = partsOf(wanted)
    const plain = stem + extension
    const key = keyOf(plain)
    let name = plain
    for (let number = (this.#last.get(key) ?? 0) + 1; this.#taken.has(keyOf(name)); number++) {
      name = `${stem} (${number})${extension}`
      this.#last.set(key, number)
    }
    this.#taken.add(keyOf(name))
    return name
  }
}

/** A name without what a file system could take for a folder, or not take at all; cut before its extension. */
function partsOf(wanted: string): { readonly stem: string; readonly extension: string } {
  const name = wanted.replaceAll(/[/\\?<>:*|"\p{Cc}\p{Cs}]/gu, '_').replace(/^\.*$/, '_')
  const extension = /(?<=.)\.[^.]{1,16}$/u.exec(name)?.[0] ?? ''
  let stem = name.slice(0, name.length - extension.length)
  while (Buffer.byteLength(stem + extension) > LONGEST) stem = [...stem].slice(0, -1).join('')
  return { stem, extension }
}

function keyOf(name: string): string {
  return name.normalize('NFC').toLowerCase()
}
