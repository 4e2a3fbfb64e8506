import { afterAll, beforeAll, expect, test } from 'vitest'
import { Address } from '../../client/host/address.ts'
import { Library } from '../../client/host/library.ts'
import { wordsOf } from '../../client/host/run-control.ts'
import { type FakeHost, startFakeHost } from '../server/runs/fake-host.ts'

let host: FakeHost
let library: Library
beforeAll(async () => {
  host = await startFakeHost()
  library = libraryAt(host.url)
})
afterAll(() => host.stop())

const libraryAt = (url: string) => new Library(new Address(new URL(url), { getItem: () => null } as unknown as Storage))

test('what cannot be done is said in words, with what to do', async () => {
  await library.save('one', '{}')
  await library.save('two', '{}')
  const wordsFor = (act: Promise<unknown>) => act.then(() => [], wordsOf)
  expect(await wordsFor(library.move('one', 'two'))).toEqual([
    'There is a workflow called ‘two’.',
    'Choose another name.',
  ])
  expect(await wordsFor(library.open('three'))).toEqual([expect.stringMatching(/three.*404/), 'Choose another name.'])
  expect(await wordsFor(libraryAt('http://127.0.0.1:9').open('one'))).toEqual([
    'The host does not answer.',
    'See whether it still runs.',
  ])
})

test('what is removed can be put back as it was, and is a version of its path', async () => {
  await library.save('gone', '{"a": 1}')
  const text = await library.remove('gone')
  expect((await library.list()).map(({ path }) => path)).not.toContain('gone')
  const [version] = await library.versions('gone')
  expect(await library.openVersion('gone', version!)).toBe('{"a": 1}')
  await library.putBack('gone', text)
  expect(await library.open('gone')).toBe('{"a": 1}')
})

test('what is removed does not replace what was saved under its path meanwhile', async () => {
  await library.save('again', '{"a": 1}')
  const text = await library.remove('again')
  await library.save('again', '{"a": 2}')
  expect(await library.putBack('again', text).then(() => [], wordsOf)).toEqual([
    'There is a workflow called ‘again’.',
    'What was removed is one of its earlier versions.',
  ])
  expect(await library.open('again')).toBe('{"a": 2}')
  expect(await library.openVersion('again', (await library.versions('again'))[0]!)).toBe('{"a": 1}')
})

test('earlier versions and the picture go along with a workflow that gets another path', async () => {
  await library.save('photos/old', '{"a": 1}', new Blob(['picture']))
  await library.save('photos/old', '{"a": 2}')
  await library.move('photos/old', 'photos/new')
  const [version, ...more] = await library.versions('photos/new')
  expect(more).toEqual([])
  expect(await library.openVersion('photos/new', version!)).toBe('{"a": 1}')
  expect(await library.versions('photos/old')).toEqual([])
  expect(await (await library.thumbnail('photos/new'))?.text()).toBe('picture')
  expect(await library.thumbnail('photos/old')).toBeUndefined()
})
