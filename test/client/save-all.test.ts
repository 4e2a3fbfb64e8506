import { afterEach, expect, test, vi } from 'vitest'
import { inOrder } from '../../client/browser/choose-files.ts'
import { saveAll } from '../../client/pictures/save-all.ts'

afterEach(() => vi.unstubAllGlobals())

/** A folder with files in it, as a browser hands it to a page. */
function folderWith(files: Map<string, string>) {
  const getFileHandle = async (name: string, { create = false } = {}) => {
    if (!files.has(name) && !create) throw new DOMException('Not there.', 'NotFoundError')
    if (create) files.set(name, '')
    const write = async (content: Blob) => void files.set(name, await content.text())
    return { createWritable: async () => ({ write, close: async () => {} }) }
  }
  return { getFileHandle }
}

async function* wanted(...names: readonly string[]) {
  for (const name of names)
    yield { file: { filename: name, subfolder: '', type: 'output' as const }, name: `${name}.png` }
}
const address = ({ filename }: { readonly filename: string }) => `http://host/${filename}`
const answer = async (address: string) => new Response(`bytes of ${address}`, { status: 200 })

test('all go into the folder that is chosen, where what was there stays', async () => {
  const files = new Map([
    ['a.png', 'an older one'],
    ['a (1).png', 'another'],
  ])
  vi.stubGlobal('window', { showDirectoryPicker: async () => folderWith(files) })
  vi.stubGlobal('fetch', answer)
  expect(await saveAll(wanted('a', 'b'), address)).toEqual({ saved: 2, gone: [] })
  expect([...files]).toEqual([
    ['a.png', 'an older one'],
    ['a (1).png', 'another'],
    ['a (2).png', 'bytes of http://host/a'],
    ['b.png', 'bytes of http://host/b'],
  ])
})

test('who chooses no folder saves nothing, and that is no failure', async () => {
  const showDirectoryPicker = () => Promise.reject(new DOMException('Aborted.', 'AbortError'))
  vi.stubGlobal('window', { showDirectoryPicker })
  expect(await saveAll(wanted('a', 'b'), address)).toBeUndefined()
})

/** A host that answers for some files with a status. */
function failing(status: number, ...names: readonly string[]) {
  const files = new Map<string, string>()
  vi.stubGlobal('window', { showDirectoryPicker: async () => folderWith(files) })
  vi.stubGlobal('fetch', async (from: string) =>
    names.some((name) => from.endsWith(`/${name}`)) ? new Response('no', { status }) : answer(from),
  )
  return files
}

test('a file that the host has no more is told, not saved as its answer, and the others are saved', async () => {
  const files = failing(404, 'a')
  expect(await saveAll(wanted('a', 'b'), address)).toEqual({ saved: 1, gone: ['a.png'] })
  expect([...files.keys()]).toEqual(['b.png'])
})

test('what fails otherwise ends it, and says at which file and how many are saved', async () => {
  const files = failing(500, 'b')
  await expect(saveAll(wanted('a', 'b', 'c'), address)).rejects.toThrow(
    '‘b.png’ could not be saved: the host answered 500. One picture is saved.',
  )
  expect([...files.keys()]).toEqual(['a.png'])
})

test('a browser without folders downloads each by its name', async () => {
  const names: string[] = []
  const link = {
    href: '',
    download: '',
    click() {
      names.push(this.download)
    },
  }
  vi.stubGlobal('window', {})
  vi.stubGlobal('document', { createElement: () => link })
  vi.stubGlobal('fetch', answer)
  expect(await saveAll(wanted('a', 'b'), address)).toEqual({ saved: 2, gone: [] })
  expect(names).toEqual(['a.png', 'b.png'])
})

test('pictures that are chosen come in the order of their numbers', () => {
  const names = ['pic 10', 'pic 2', 'DSC_4029', 'pic 1'].map((name) => ({ name }))
  expect(inOrder(names, ({ name }) => name).map(({ name }) => name)).toEqual(['DSC_4029', 'pic 1', 'pic 2', 'pic 10'])
})
