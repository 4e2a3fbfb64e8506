import { describe, expect, test } from 'vitest'
import { keyName } from '../../client/browser/key-name.ts'

const none = { altKey: false, ctrlKey: false, metaKey: false, shiftKey: false }
const [alt, ctrl, shift, cmd] = [{ altKey: true }, { ctrlKey: true }, { shiftKey: true }, { metaKey: true }]

const named = (key: string, code: string, ...held: readonly object[]) =>
  keyName(Object.assign({ key, code, ...none }, ...held) as KeyboardEvent)

describe('a key is called by what is written on it', () => {
  test.each([
    ['z', 'KeyZ', [ctrl], 'Mod z'],
    ['Z', 'KeyZ', [cmd, shift], 'Mod Shift z'],
    ['Enter', 'Enter', [ctrl, alt], 'Alt Mod Enter'],
    ['?', 'Slash', [shift], '?'],
    ['q', 'KeyA', [], 'q'],
    // Where a Dvorak keyboard has its semicolon, and a French one its W.
    [';', 'KeyZ', [ctrl], 'Mod ;'],
    ['w', 'KeyZ', [alt], 'Alt w'],
  ])('%s at %s', (key, code, held, name) => {
    expect(named(key, code, ...held)).toBe(name)
  })
})

describe('keyboards of other scripts have the letters of a Latin one', () => {
  test.each([
    ['Russian', 'я', 'KeyZ', [ctrl], 'Mod z'],
    ['Russian', 'Я', 'KeyZ', [ctrl, shift], 'Mod Shift z'],
    ['Russian', 'й', 'KeyQ', [], 'q'],
    ['Greek', 'α', 'KeyA', [ctrl], 'Mod a'],
    ['Hebrew', 'ד', 'KeyS', [ctrl], 'Mod s'],
    ['Hebrew', "'", 'KeyW', [alt], 'Alt w'],
    ['Arabic', 'ل', 'KeyG', [ctrl], 'Mod g'],
  ])('%s %s', (_, key, code, held, name) => {
    expect(named(key, code, ...held)).toBe(name)
  })

  test('and letters that no Latin keyboard has stay what they are', () => {
    expect(named('ö', 'Semicolon')).toBe('ö')
    expect(named('ж', 'Semicolon', ctrl)).toBe('Mod ж')
  })
})

test.each([
  ['ç', 'KeyC', [alt], 'Alt c'],
  ['Dead', 'KeyE', [alt], 'Alt e'],
  ['≠', 'Equal', [alt], 'Alt ='],
  ['±', 'Equal', [alt, shift], 'Alt ='],
  ['–', 'Minus', [alt], 'Alt -'],
])('what a Mac makes of a key with Alt is that key: %s', (key, code, held, name) => {
  expect(named(key, code, ...held)).toBe(name)
})
