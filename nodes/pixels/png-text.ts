import { pngChunk } from './png.ts'

const SIGNATURE_LENGTH = 8

/**
 * tEXt chunks, to go between the header of a PNG and its pixels, where ComfyUI puts them (PNG specification 3rd ed.,
 * 11.3.3.2). tEXt is Latin-1; text beyond ASCII is written as JSON's \uXXXX, so pass JSON.
 */
export function textChunks(texts: Readonly<Record<string, string>>): readonly Uint8Array[] {
  return Object.entries(texts).map(([keyword, text]) =>
    pngChunk('tEXt', Buffer.from(`${keyword}\0${asciiJson(text)}`, 'latin1')),
  )
}

/** Puts texts into a finished PNG. */
export function addPngText(png: Uint8Array, texts: Readonly<Record<string, string>>): Uint8Array {
  return addPngChunks(png, textChunks(texts))
}

/** Puts chunks into a finished PNG, behind its header. */
export function addPngChunks(png: Uint8Array, chunks: readonly Uint8Array[]): Uint8Array {
  const headerEnd = SIGNATURE_LENGTH + 12 + new DataView(png.buffer, png.byteOffset).getUint32(SIGNATURE_LENGTH)
  return Buffer.concat([png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)])
}

/** JSON in ASCII: all else is escaped. */
export function asciiJson(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
