import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Pictures } from '../../client/canvas/pictures.ts'

/** What the host has, by address; undefined while it is down. */
let hosted: Map<string, string> | undefined
let asked: string[]

beforeEach(() => {
  hosted = new Map()
  asked = []
  vi.stubGlobal('fetch', async (address: string) => {
    asked.push(address)
    const picture = hosted?.get(address)
    if (hosted === undefined) throw new TypeError('fetch failed')
    return { ok: picture !== undefined, blob: async () => picture, headers: new Headers() }
  })
  vi.stubGlobal('createImageBitmap', async (content: string) => ({ content, width: 1, height: 1, close: () => {} }))
})
afterEach(() => vi.unstubAllGlobals())

const settled = () => new Promise((resolve) => setTimeout(resolve))

/** A canvas whose frames show pictures. */
function canvas() {
  const pictures = new Pictures(() => {})
  const look = (addresses: readonly string[]) => {
    return addresses.map((address) => {
      const shown = pictures.get(address)
      return typeof shown === 'object' ? (shown.bitmap as unknown as { content: string }).content : shown
    })
  }
  const draw = async (...addresses: readonly string[]) => {
    look(addresses)
    await settled()
    return look(addresses)
  }
  return { pictures, draw, look }
}

test('a picture that the host has anew under the same address is shown once it was asked again, the old one until then', async () => {
  const { pictures, draw, look } = canvas()
  hosted?.set('a', 'before')
  expect(await draw('a')).toEqual(['before'])
  hosted?.set('a', 'after')
  pictures.forget()
  expect(look(['a'])).toEqual(['before'])
  expect(await draw('a')).toEqual(['after'])
  expect(asked).toEqual(['a', 'a'])
})

test('an answer from before the pictures were forgotten does not count', async () => {
  const { pictures, draw, look } = canvas()
  hosted?.set('a', 'before')
  look(['a'])
  pictures.forget(['a'])
  hosted?.set('a', 'after')
  expect(await draw('a')).toEqual(['after'])
})

test('a picture that was not there while the host was down is there again after', async () => {
  const { pictures, draw } = canvas()
  hosted = undefined
  expect(await draw('a')).toEqual(['missing'])
  hosted = new Map([['a', 'found']])
  pictures.forget()
  expect(await draw('a')).toEqual(['found'])
})

test.each([
  ['not there', 404, 'missing'],
  ['no picture', 400, 'unreadable'],
  ['too large to be decoded', 413, 'unreadable'],
])('a file that is %s is told from others', async (_, status, said) => {
  vi.stubGlobal('fetch', async () => new Response('', { status }))
  expect(await canvas().draw('a')).toEqual([said])
})

test('a file that the browser itself cannot read is unreadable', async () => {
  vi.stubGlobal('createImageBitmap', () => Promise.reject(new Error('InvalidStateError')))
  hosted?.set('a', 'noise')
  expect(await canvas().draw('a')).toEqual(['unreadable'])
})

test('however many others come, what is on the screen is loaded once, even where that is more than are kept', async () => {
  const { draw } = canvas()
  const many = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name} ${i}`)
  hosted = new Map([...many('shown', 120), ...many('preview', 200)].map((address) => [address, address]))
  const shown = many('shown', 120)
  for (const preview of many('preview', 200)) await draw(...shown, preview)
  expect(await draw(...shown)).toEqual(shown)
  expect(asked.filter((address) => address.startsWith('shown'))).toHaveLength(120)
})

test('what was not drawn for longest makes room', async () => {
  const { draw } = canvas()
  hosted = new Map(Array.from({ length: 100 }, (_, i) => [`${i}`, `${i}`]))
  for (let i = 0; i < 96; i++) await draw(`${i}`)
  await draw('0')
  await draw('97')
  expect(asked).toHaveLength(97)
  await draw('0')
  expect(asked).toHaveLength(97)
  await draw('1')
  expect(asked).toHaveLength(98)
})
