import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakeHost, startFakeHost } from '../runs/fake-host.ts'

/** What is not shown, and what is said of it. */

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost({ flags: { 'max-pixels': '1000000' } })
  for (const [name, bytes] of [
    ['large.png', await blank(1250, 1000)],
    ['fits.png', await blank(40, 30)],
    ['cut.png', (await blank(1000, 1000)).subarray(0, 200)],
    ['drawing.jpg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
  ] as const)
    await writeFile(join(host.data, 'output', name), bytes)
})
afterAll(() => host.stop())

const blank = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 4, background: '#0008' } })
    .png()
    .toBuffer()

async function refusal(path: string, init?: RequestInit) {
  const response = await fetch(host.url + path, init)
  const { error } = (await response.json()) as { error: { type: string; message: string; details: string } }
  expect(error.message).not.toContain(host.data)
  return [response.status, error.type, `${error.message} ${error.details}`]
}

function mask(picture: string, bytes: Uint8Array) {
  const body = new FormData()
  body.set('image', new Blob([new Uint8Array(bytes)]), 'mask.png')
  body.set('original_ref', JSON.stringify({ filename: picture }))
  return refusal('/upload/mask', { method: 'POST', body })
}

const WAYS = [
  '/view?preview=webp&',
  '/view?channel=a&',
  '/view?size=64&',
  '/picture?',
  '/picture/tile?level=0&column=0&row=0&',
]

test.each(WAYS)('%s of a picture that is too large says how large it is and may be', async (way) => {
  const words = /'large\.png'.*1 megapixels.*1250 × 1000.*--max-pixels/
  expect(await refusal(`${way}filename=large.png`)).toEqual([413, 'image_too_large', expect.stringMatching(words)])
})

test.each(WAYS)('%s of a drawing that is called a photograph is refused, as a run refuses it', async (way) => {
  const words = /'drawing\.jpg'.*its format is svg/
  expect(await refusal(`${way}filename=drawing.jpg`)).toEqual([400, 'image_unreadable', expect.stringMatching(words)])
})

test('a damaged picture is named', async () => {
  const words = /'cut\.png'.*damaged/
  expect(await refusal('/view?size=64&filename=cut.png&preview=webp')).toEqual([
    400,
    'image_unreadable',
    expect.stringMatching(words),
  ])
})

test('a mask is refused for its size, its pixels or its content, and which of these is said', async () => {
  expect(await mask('fits.png', await blank(30, 40))).toEqual([
    400,
    'invalid_input',
    expect.stringMatching(/40 × 30.*'fits\.png'.*30 × 40/),
  ])
  expect(await mask('fits.png', await blank(1250, 1000))).toEqual([
    413,
    'image_too_large',
    expect.stringMatching(/'mask'.*1250 × 1000/),
  ])
  expect(await mask('fits.png', Buffer.from('text'))).toEqual([
    400,
    'image_unreadable',
    expect.stringMatching(/'mask'/),
  ])
  for (const nothing of [Buffer.alloc(0), (await blank(40, 30)).subarray(0, 60)])
    expect(await mask('fits.png', nothing)).toEqual([400, 'image_unreadable', expect.stringMatching(/'mask'/)])
  expect(await mask('large.png', await blank(1250, 1000))).toEqual([
    413,
    'image_too_large',
    expect.stringMatching(/'large\.png'/),
  ])
})

test('a tile that is not there is called so', async () => {
  for (const place of ['level=9&column=0&row=0', 'level=0&column=1&row=0', 'level=0&column=0&row=1'])
    expect(await refusal(`/picture/tile?filename=fits.png&${place}`)).toEqual([
      400,
      'invalid_input',
      expect.stringMatching(/no tile/),
    ])
})
