import { expect, test } from 'vitest'
import { clientIdOf } from '../../client/workflows/autosave.ts'

test('a window has the same name after a reload, and one that was made of it another', () => {
  const kept = new Map<string, string>()
  const storageOf = (items: Map<string, string>) =>
    ({ getItem: (key: string) => items.get(key) ?? null, setItem: items.set.bind(items) }) as unknown as Storage
  const page = { name: '' }
  const first = clientIdOf(storageOf(kept), page)
  expect(clientIdOf(storageOf(kept), page)).toBe(first)
  const duplicate = { name: '' }
  const copied = new Map(kept)
  const second = clientIdOf(storageOf(copied), duplicate)
  expect(second).not.toBe(first)
  expect(clientIdOf(storageOf(copied), duplicate)).toBe(second)
  expect(clientIdOf(storageOf(kept), page)).toBe(first)
})
