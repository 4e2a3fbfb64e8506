/** The name at the end of a path, in the manner of Linux or of Windows. */
export function nameAtEnd(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
}

/** A name in two: the extension with its dot, empty where there is none. `.hidden` is a name, as it is to `node:path`. */
export function partsOf(name: string): { readonly stem: string; readonly extension: string } {
  const extension = /(?<=.)\.[^.]*$/s.exec(name)?.[0] ?? ''
  return { stem: name.slice(0, name.length - extension.length), extension }
}

/** A name with a `_` for each character that leads to a folder, or that a file system does not take. */
export function harmless(name: string): string {
  return name.replaceAll(/[/\\?<>:*|"\p{Cc}\p{Cs}]/gu, '_')
}

/** What a file is called whose name is taken, as ComfyUI does it: `photo (1).png`. */
export function numbered(name: string, number: number): string {
  const { stem, extension } = partsOf(name)
  return `${stem} (${number})${extension}`
}
