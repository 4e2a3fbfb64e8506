import { expect, test } from 'vitest'
import { ZipNames } from '../../../server/http/zip-names.ts'

const given = (...wanted: readonly string[]) => {
  const names = new ZipNames()
  return wanted.map((one) => names.give(one))
}

test('a name that is taken gets a number that is free', () => {
  expect(given('a.png', 'a (1).png', 'a.png', 'a.png', 'a', 'a', '.hidden', '.hidden')).toEqual([
    'a.png',
    'a (1).png',
    'a (2).png',
    'a (3).png',
    'a',
    'a (1)',
    '.hidden',
    '.hidden (1)',
  ])
})

test('names that a file system takes for one are told apart', () => {
  expect(given('Photo.png', 'photo.PNG', 'Ü.png', 'U\u0308.png')).toEqual([
    'Photo.png',
    'photo (1).PNG',
    'Ü.png',
    'U\u0308 (1).png',
  ])
})

test('no name leads out of the folder that it is unpacked in', () => {
  expect(given('../../a.png', '/etc/passwd', 'C:\\a.png', '..', '.', 'a\n\0.png', 'b\ud800.png')).toEqual([
    '.._.._a.png',
    '_etc_passwd',
    'C__a.png',
    '_',
    '_ (1)',
    'a__.png',
    'b_.png',
  ])
})

test('a name that is too long for file systems is cut before its extension', () => {
  const [first, second] = given(`${'写'.repeat(300)}.png`, `${'写'.repeat(300)}.png`)
  expect(Buffer.byteLength(second!)).toBeLessThanOrEqual(255)
  expect(first).toMatch(/^写+\.png$/)
  expect(second).toMatch(/^写+ \(1\)\.png$/)
  for (const one of given(...Array(2).fill(`a.${'b'.repeat(300)}`))) expect(one.length).toBeLessThanOrEqual(255)
})

test('thousands of one name are numbered one after the other', () => {
  expect(given(...Array.from({ length: 20_000 }, () => 'a.png')).at(-1)).toBe('a (19999).png')
})
