import { nameAtEnd } from '../../nodes/sdk/file-name.ts'
import { entryOf } from './entry.ts'

/** The names of the pictures that a graph loads, each once: what a person knows its run by. */
export function loadedPictures(graph: Readonly<Record<string, unknown>>): string[] {
  const names = Object.values(graph).flatMap((node) => {
    const { class_type: type, inputs } = entryOf(node) ?? {}
    const image = entryOf(inputs)?.image
    return type === 'LoadImage' && typeof image === 'string' ? [pictureName(image)] : []
  })
  return [...new Set(names)]
}

/** `old/photo.png [output]` is `photo.png`. */
export function pictureName(file: string): string {
  return nameAtEnd(file.replace(/ \[(input|output|temp)\]$/, ''))
}
