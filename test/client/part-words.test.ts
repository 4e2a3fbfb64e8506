import { expect, test } from 'vitest'
import { wordsOfPart } from '../../client/document/part-words.ts'
import { allTypes } from './types.ts'

const type = (id: string) => allTypes.get(id)!

test('a title says what the node does', () => {
  expect(wordsOfPart(type('ImageStraighten'), { kind: 'title' })).toEqual({
    heading: 'Straighten',
    text: 'Turns a picture by any angle: a scan that lay askew, a horizon that slopes.',
  })
})

test('a field says what it means, and which values it takes', () => {
  expect(wordsOfPart(type('ImageStraighten'), { kind: 'field', name: 'angle' })).toEqual({
    heading: 'angle',
    text: 'In degrees, clockwise. -180.0 to 180.0; 0.0 to begin with.',
  })
  expect(wordsOfPart(type('ImageStraighten'), { kind: 'field', name: 'border' })?.text).toMatch(/crop to begin with\.$/)
})

test('a socket says its type, and what comes out of it', () => {
  expect(wordsOfPart(type('ImageDustAndScratches'), { kind: 'output', index: 1 })).toEqual({
    heading: 'MASK',
    text: '1 where something was replaced.',
  })
  expect(wordsOfPart(type('ImageStitch'), { kind: 'input', name: 'image2' })).toEqual({
    heading: 'image2: IMAGE',
    text: 'Without it the first picture stays as it is. May stay empty.',
  })
})

test('a field that a link feeds says the same as a socket', () => {
  const socket = wordsOfPart(type('ImageStraighten'), { kind: 'input', name: 'angle' })
  expect(socket).toEqual(wordsOfPart(type('ImageStraighten'), { kind: 'field', name: 'angle' }))
})

test('what the definition does not know has no words', () => {
  expect(wordsOfPart(type('ImageStraighten'), { kind: 'field', name: 'odd' })).toBeUndefined()
  expect(wordsOfPart(type('ImageStraighten'), { kind: 'output', index: 7 })).toBeUndefined()
})
