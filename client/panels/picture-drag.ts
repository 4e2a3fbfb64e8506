import { z } from 'zod'
import type { FileReference } from '../host/address.ts'

/** A picture of the host under way from one place of the page to another. */
const TYPE = 'application/x-gendr-picture'

const referenceSchema = z.object({
  filename: z.string(),
  subfolder: z.string(),
  type: z.enum(['input', 'output', 'temp']),
})

/**
 * Lets a picture be dragged: within the page as a reference, to other programs as an address, and to the desktop as the
 * file itself (`DownloadURL` is Chromium's).
 */
export function carryPicture(event: DragEvent, file: FileReference, address: string): void {
  const { dataTransfer } = event
  if (dataTransfer === null) return
  dataTransfer.effectAllowed = 'copy'
  dataTransfer.setData(TYPE, JSON.stringify(file))
  dataTransfer.setData('text/uri-list', address)
  dataTransfer.setData('DownloadURL', `${mimeOf(file.filename)}:${file.filename.replaceAll(':', '_')}:${address}`)
}

/** Whether a picture of the host is being dragged. */
export function carriesPicture({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes(TYPE) === true
}

/** The picture that was dropped, if it is one of the host's. */
export function droppedPicture({ dataTransfer }: DragEvent): FileReference | undefined {
  try {
    return referenceSchema.parse(JSON.parse(dataTransfer?.getData(TYPE) ?? ''))
  } catch {
    return undefined
  }
}

function mimeOf(name: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? 'png'
  const subtype = { jpg: 'jpeg', tif: 'tiff' }[extension] ?? extension
  return `image/${subtype}`
}
