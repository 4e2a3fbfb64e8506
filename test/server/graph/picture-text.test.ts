import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { saveImageAs } from '../../../nodes/image/save-image-as.ts'
import { addPngText } from '../../../nodes/pixels/png-text.ts'
import { readGraphTexts } from '../../../server/graph/picture-text.ts'
import { readWebpText } from '../../../server/graph/webp-text.ts'
import { readXmpText } from '../../../server/graph/xmp-text.ts'
import { noiseFrame, testContext } from '../../nodes/context.ts'
import { batch } from '../../nodes/frames.ts'

const WORKFLOW = { nodes: [], extra: { note: 'grün <b> & "NaN" &lt; \\ Zeile\nzwei' } }
const PROMPT = { 1: { class_type: 'Test', inputs: { text: 'grün' } } }

type Format = 'jpg' | 'webp' | 'avif' | 'tiff' | 'png'

async function saved(format: Format): Promise<Uint8Array> {
  const context = { ...testContext(), metadata: { prompt: PROMPT, extraPnginfo: { workflow: WORKFLOW } } }
  const settings = saveImageAs.parameters.parse({ format })
  await saveImageAs.run({ images: batch(noiseFrame(24, 16)) }, settings, context)
  return [...context.written.values()][0]!
}

/** EXIF as Pillow writes it for ComfyUI, in either byte order, after what some put before it. */
function exif(tags: Readonly<Record<number, string>>, order: 'MM' | 'II' = 'MM', before = ''): Buffer {
  const entries = Object.entries(tags).map(([tag, text]) => ({ tag: Number(tag), value: Buffer.from(`${text}\0`) }))
  const head = Buffer.alloc(8 + 2 + 12 * entries.length + 4)
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  const little = order === 'II'
  head.write(order)
  view.setUint16(2, 42, little)
  view.setUint32(4, 8, little)
  view.setUint16(8, entries.length, little)
  let offset = head.length
  for (const [i, { tag, value }] of entries.entries()) {
    const at = 10 + 12 * i
    view.setUint16(at, tag, little)
    view.setUint16(at + 2, 2, little)
    view.setUint32(at + 4, value.length, little)
    view.setUint32(at + 8, offset, little)
    offset += value.length
  }
  return Buffer.concat([Buffer.from(before, 'latin1'), head, ...entries.map(({ value }) => value)])
}

function webp(exifBody: Uint8Array): Buffer {
  const chunk = (name: string, body: Uint8Array) => {
    const header = Buffer.alloc(8)
    header.write(name)
    header.writeUInt32LE(body.length, 4)
    return Buffer.concat([header, body, Buffer.alloc(body.length % 2)])
  }
  const chunks = Buffer.concat([Buffer.from('WEBP'), chunk('VP8 ', Buffer.alloc(3)), chunk('EXIF', exifBody)])
  const riff = Buffer.alloc(8)
  riff.write('RIFF')
  riff.writeUInt32LE(chunks.length, 4)
  return Buffer.concat([riff, chunks])
}

describe('the graphs that a picture carries', () => {
  test.each(['jpg', 'webp', 'avif', 'tiff', 'png'] as const)(
    'are found in what this host saves as %s',
    async (format) => {
      const graphs = readGraphTexts(await saved(format)).map((text) => JSON.parse(text))
      expect(graphs).toEqual([WORKFLOW, PROMPT])
    },
  )

  test.each(['jpeg', 'webp', 'avif', 'tiff', 'png'] as const)('are none in a plain %s', async (format) => {
    const plain = sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    expect(
      readGraphTexts(await plain.withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>').toFormat(format).toBuffer()),
    ).toEqual([])
  })

  test.each([
    ['as ComfyUI writes it', exif({ 271: 'workflow:{"a":"b:c"}', 272: 'prompt:{"p":1}' })],
    ['in the other byte order', exif({ 271: 'workflow:{"a":"b:c"}', 272: 'prompt:{"p":1}' }, 'II')],
    ['after Exif\\0\\0', exif({ 271: 'workflow:{"a":"b:c"}', 272: 'prompt:{"p":1}' }, 'MM', 'Exif\0\0')],
    ['with capitals', exif({ 270: 'Workflow:{"a":"b:c"}', 271: 'Prompt:{"p":1}' })],
  ])('are found in the EXIF of a WebP %s', (_, body) => {
    expect(readGraphTexts(webp(body))).toEqual(['{"a":"b:c"}', '{"p":1}'])
  })

  test('are found beside what a camera says, whatever that says of its length', () => {
    const body = exif({ 270: 'a caption', 271: 'workflow:{"a":"b:c"}', 272: 'prompt:{"p":1}' })
    body.writeUInt32BE(1_000_000, 14)
    expect(readGraphTexts(webp(body))).toEqual(['{"a":"b:c"}', '{"p":1}'])
  })

  test('may have numbers that only Python writes', async () => {
    const png = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    const text = '{"a":[NaN,-Infinity],"b":"NaN \\" Infinity","c":NaN}'
    const [graph = ''] = readGraphTexts(addPngText(png, { prompt: text }))
    expect(JSON.parse(graph)).toEqual({ a: [null, null], b: 'NaN " Infinity', c: null })
  })

  test('are not read from texts that lie on each other', () => {
    const body = exif({ 271: `workflow:${'x'.repeat(1000)}`, 272: 'prompt:{"p":1}' })
    // Each claims everything to the end.
    for (const at of [14, 26]) body.writeUInt32BE(body.length - 40, at)
    expect([...readWebpText(webp(body)).keys()]).toEqual(['workflow'])
  })

  test('no bytes whatever make the reading throw, nor those that begin like a picture', async () => {
    const pictures = await Promise.all((['jpg', 'webp', 'avif', 'tiff', 'png'] as const).map(saved))
    const harmed = fc
      .tuple(fc.constantFrom(...pictures), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 30 }), fc.nat())
      .map(([picture, bytes, end]) => {
        const copy = Uint8Array.from(picture)
        for (const [at, byte] of bytes) copy[at % copy.length] = byte
        return copy.subarray(0, end % 3 === 0 ? end % copy.length : copy.length)
      })
    const exifs = fc.uint8Array({ maxLength: 300 }).map((tail) => webp(Buffer.concat([Buffer.from('MM\0*'), tail])))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), harmed, exifs), (bytes) => {
        readGraphTexts(bytes)
        readXmpText(bytes)
      }),
      { numRuns: 500 },
    )
  })

  test('a file of nothing but beginnings is read through once', () => {
    const begin = Buffer.from('<?xpacket begin=')
    const bytes = Buffer.alloc(8 * 2 ** 20)
    for (let at = 0; at < bytes.length; at += begin.length) begin.copy(bytes, at)
    const start = process.cpuUsage()
    expect(readXmpText(bytes).size).toBe(0)
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(5000)
  })
})
