import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPngText } from '../../../server/graph/png-text.ts'

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

function chunk(type: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + body.length)
  new DataView(bytes.buffer).setUint32(0, body.length)
  bytes.set(Buffer.from(type, 'latin1'), 4)
  bytes.set(body, 8)
  return bytes
}

function png(...chunks: Uint8Array[]): Uint8Array {
  return Buffer.concat([Uint8Array.from(SIGNATURE), ...chunks, chunk('IEND', new Uint8Array())])
}

describe('the texts of a PNG', () => {
  test('a graph in tEXt is found, as ComfyUI writes it', () => {
    const text = chunk('tEXt', Buffer.from('workflow\0{"nodes":[]}', 'latin1'))
    expect(readPngText(png(text)).get('workflow')).toBe('{"nodes":[]}')
  })

  test('a graph in iTXt is found, in UTF-8', () => {
    const text = chunk('iTXt', Buffer.from('prompt\0\0\0en\0Prompt\0{"ü":1}', 'utf8'))
    expect(readPngText(png(text)).get('prompt')).toBe('{"ü":1}')
  })

  test('a graph is found behind the end of the picture, and in the chunk of animated ones', () => {
    const text = chunk('tEXt', Buffer.from('workflow\0{"nodes":[]}', 'latin1'))
    const animated = chunk('comf', Buffer.from('prompt\0{}', 'latin1'))
    expect(readPngText(Buffer.concat([png(animated), text]))).toEqual(
      new Map([
        ['prompt', '{}'],
        ['workflow', '{"nodes":[]}'],
      ]),
    )
  })

  test('tEXt may be UTF-8, as ComfyUI’s browser writes it, or Latin-1, as the specification says', () => {
    for (const encoding of ['utf8', 'latin1'] as const) {
      expect(readPngText(png(chunk('tEXt', Buffer.from('prompt\0"für"', encoding)))).get('prompt')).toBe('"für"')
    }
  })

  test('what says that it is longer than the file ends the reading', () => {
    const cut = Uint8Array.from(png(chunk('tEXt', Buffer.from('workflow\0{}', 'latin1'))))
    new DataView(cut.buffer).setUint32(8, 0xffffffff)
    expect(readPngText(cut).size).toBe(0)
  })

  test('no bytes whatever make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (tail) => {
        readPngText(Uint8Array.from([...SIGNATURE, ...tail]))
        readPngText(tail)
      }),
    )
  })
})
