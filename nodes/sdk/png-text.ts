import { crc32 } from 'node:zlib'

const SIGNATURE_LENGTH = 8

/**
 * Puts tEXt chunks after the header of a PNG, so before IDAT, as ComfyUI does (PNG specification 3rd ed., 11.3.3.2).
 * tEXt is Latin-1; text beyond ASCII is written as JSON's \uXXXX, so pass JSON.
 */
export function addPngText(png: Uint8Array, texts: Readonly<Record<string, string>>): Uint8Array {
  const headerEnd = SIGNATURE_LENGTH + 12 + new DataView(png.buffer, png.byteOffset).getUint32(SIGNATURE_LENGTH)
  const chunks = Object.entries(texts).map(([keyword, text]) => textChunk(keyword, asciiJson(text)))
  return Buffer.concat([png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)])
}

function asciiJson(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function textChunk(keyword: string, text: string): Buffer {
  const body = Buffer.from(`tEXt${keyword}\0${text}`, 'latin1')
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(body.length - 4, 0)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return chunk
}
