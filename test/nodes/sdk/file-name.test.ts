import { posix, win32 } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { harmless, nameAtEnd, numbered, partsOf } from '../../../nodes/sdk/file-name.ts'

/** Names, and what is like them, with more dots, slashes and numbers than people write. */
const text = fc.string({ unit: fc.constantFrom(...'.. /\\()1aÜ\n\0:*"|\ud800', '🖼'), maxLength: 12 })
const name = text.map((one) => one.replaceAll(/[/\\]/g, '')).filter((one) => one !== '..')

test('the name at the end of a path is what node:path says for the system that it is of', () => {
  expect(nameAtEnd('old/photo.png')).toBe('photo.png')
  expect(nameAtEnd('C:\\old\\photo.png')).toBe('photo.png')
  fc.assert(
    fc.property(fc.array(name), name, (folders, last) => {
      const [linux, windows] = [[...folders, last].join('/'), ['C:', ...folders, last].join('\\')]
      fc.pre(last !== '')
      expect(nameAtEnd(linux)).toBe(posix.basename(linux))
      expect(nameAtEnd(windows)).toBe(win32.basename(windows))
    }),
  )
})

test('the parts of a name are what node:path says', () => {
  expect(partsOf('scan.2.tiff')).toEqual({ stem: 'scan.2', extension: '.tiff' })
  expect(partsOf('.hidden')).toEqual({ stem: '.hidden', extension: '' })
  fc.assert(
    fc.property(name, (one) => {
      expect(partsOf(one)).toEqual({ stem: posix.parse(one).name, extension: posix.extname(one) })
    }),
  )
})

describe('a harmless name', () => {
  test('has a _ for what leads elsewhere, or cannot be written', () => {
    expect(harmless('../a:b*c?"d"|e<f>\\\n\ud800🖼.png')).toBe('.._a_b_c__d__e_f____🖼.png')
  })

  test('is one name, and stays what it is', () => {
    fc.assert(
      fc.property(text, (one) => {
        const plain = harmless(one)
        expect(plain).toHaveLength(one.length)
        expect(nameAtEnd(plain)).toBe(plain)
        expect(harmless(plain)).toBe(plain)
      }),
    )
  })
})

test('a numbered name has its number before the extension, whatever is in it', () => {
  expect(numbered('photo.png', 1)).toBe('photo (1).png')
  expect(numbered('.hidden', 2)).toBe('.hidden (2)')
  fc.assert(
    fc.property(name, fc.nat(), (one, number) => {
      const { stem, extension } = partsOf(one)
      expect(partsOf(numbered(one, number))).toEqual({ stem: `${stem} (${number})`, extension })
    }),
  )
})
