import { afterEach, expect, test, vi } from 'vitest'
import { inOrder } from '../../client/choose-files.ts'
import { saveAll } from '../../client/save-all.ts'

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

const wanted = ['a', 'b'].map((name) => ({ address: `http://host/${name}`, name: `${name}.png` }))
const answer = async (address: string) => new Response(`bytes of ${address}`, { status: 200 })

test('all go into the folder that is chosen, where what was there stays', async () => {
  const files = new Map([
    ['a.png', 'an older one'],
    ['a (1).png', 'another'],
  ])
  vi.stubGlobal('window', { showDirectoryPicker: async () => folderWith(files) })
  vi.stubGlobal('fetch', answer)
  expect(await saveAll(wanted)).toBe(2)
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
  expect(await saveAll(wanted)).toBeUndefined()
})

test('a file that the host has no more is told, and not saved as its answer', async () => {
  const files = new Map<string, string>()
  vi.stubGlobal('window', { showDirectoryPicker: async () => folderWith(files) })
  vi.stubGlobal('fetch', async () => new Response('no', { status: 404 }))
  await expect(saveAll(wanted)).rejects.toThrow('404')
  expect([...files]).toEqual([])
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
  expect(await saveAll(wanted)).toBe(2)
  expect(names).toEqual(['a.png', 'b.png'])
})

test('pictures that are chosen come in the order of their numbers', () => {
  const names = ['pic 10', 'pic 2', 'DSC_4029', 'pic 1'].map((name) => ({ name }))
  expect(inOrder(names, ({ name }) => name).map(({ name }) => name)).toEqual(['DSC_4029', 'pic 1', 'pic 2', 'pic 10'])
})
