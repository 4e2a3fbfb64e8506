import { expect, test } from 'vitest'
import { GraphDocument } from '../../client/document/document.ts'
import { changeNode } from '../../client/document/edits.ts'
import { EditHistory } from '../../client/document/history.ts'
import { readGraphText } from '../../client/document/read-file.ts'
import { type Opened, Tabs } from '../../client/workflows/tabs.ts'
import { savedWorkflow, allTypes as types } from './types.ts'

const text = JSON.stringify(savedWorkflow())

function bench() {
  let now = 0
  const document = new GraphDocument()
  const history = new EditHistory(document, () => now)
  const read = (file: string) => document.open(readGraphText(file, types).graph)
  const view = { viewpoint: { scale: 1, offset: [0, 0] as const }, fit: () => {} }
  const tabs = new Tabs({ document, history, view, read, leaving: () => {} })
  const open = (opened: Opened) => {
    tabs.open(opened)
    read(text)
  }
  const edit = () => {
    now += 10_000
    const [node] = document.graph.nodes.values()
    document.commit(changeNode(document.graph, node!.id, { collapsed: !node!.collapsed }))
  }
  const changed = () => tabs.all.filter(({ isChanged }) => isChanged).map(({ name }) => name)
  return { tabs, history, open, edit, changed }
}

test('a tab is changed as long as its graph is another than the one that was saved', () => {
  const { tabs, history, open, edit, changed } = bench()
  open({ name: 'one' })
  expect(changed()).toEqual([])
  edit()
  expect(changed()).toEqual(['one'])
  history.undo()
  expect(changed()).toEqual([])
  history.redo()
  tabs.saving()()
  expect(changed()).toEqual([])
  open({ name: 'two' })
  tabs.step(-1)
  expect(changed()).toEqual([])
  history.undo()
  expect(changed()).toEqual(['one'])
  tabs.step(1)
  tabs.step(-1)
  expect(changed()).toEqual(['one'])
  history.redo()
  expect(changed()).toEqual([])
})

test('edits after a reload do not make what was not saved before it the same again', () => {
  const { tabs, history, edit, changed } = bench()
  const kept = { id: '1', name: 'kept', isChanged: true, text }
  tabs.restore([kept, { ...kept, id: '2', name: 'saved', isChanged: false }], '1')
  edit()
  history.undo()
  tabs.show('2')
  edit()
  history.undo()
  expect(changed()).toEqual(['kept'])
})

test('what is saved is the tab and the state of it that was in view when the saving began', () => {
  const { tabs, open, edit, changed } = bench()
  open({ name: 'one' })
  edit()
  const saved = tabs.saving()
  edit()
  open({ name: 'two' })
  edit()
  saved('photos/old')
  expect(tabs.all.map(({ name, libraryPath }) => [name, libraryPath])).toEqual([
    ['old', 'photos/old'],
    ['two', undefined],
  ])
  expect(changed()).toEqual(['old', 'two'])
  tabs.step(-1)
  tabs.saving()()
  expect(changed()).toEqual(['two'])
})

test('a workflow that takes the place of one that nobody would miss has nothing of it', () => {
  const { tabs, open } = bench()
  open({ name: 'example', isExample: true, libraryPath: 'examples/example' })
  const { id } = tabs.active
  open({ name: 'file' })
  expect(tabs.all).toEqual([{ id: expect.not.stringMatching(id), name: 'file', isChanged: false }])
})

test('an example that was saved is somebody’s own, and stays', () => {
  const { tabs, open } = bench()
  open({ name: 'example', isExample: true })
  tabs.saving()('mine')
  open({ name: 'file' })
  expect(tabs.all.map(({ name }) => name)).toEqual(['mine', 'file'])
})

test('what is meant for a tab happens when it is in view, and never to another', () => {
  const { tabs, open } = bench()
  const done: string[] = []
  const ids = ['one', 'two', 'three'].map((name) => {
    open({ name, libraryPath: name })
    open({ name: 'other', libraryPath: 'other' })
    return tabs.all.find((tab) => tab.name === name)!.id
  })
  for (const id of ids) tabs.whenShown(id, () => done.push(tabs.active.name))
  tabs.close(ids[1]!)
  expect(done).toEqual([])
  for (const { id } of tabs.all) tabs.show(id)
  for (const { id } of tabs.all) tabs.show(id)
  expect(done).toEqual(['one', 'three'])
  tabs.whenShown(tabs.active.id, () => done.push('at once'))
  expect(done).toHaveLength(3)
})

test('what the library has no more is saved nowhere, until it is put back or saved again', () => {
  const { tabs, open, edit, changed } = bench()
  const kept = { id: '1', name: 'kept', isChanged: false, libraryPath: 'kept', text }
  tabs.restore([kept, { ...kept, id: '2', name: 'other', libraryPath: 'other' }], '2')
  open({ name: 'mine', libraryPath: 'mine' })
  edit()
  tabs.saving()()
  const isBack = ['kept', 'mine'].map((path) => tabs.removed(path))
  expect(changed()).toEqual(['kept', 'mine'])
  for (const putBack of isBack) putBack()
  expect(changed()).toEqual([])
  const isBackLate = tabs.removed('mine')
  edit()
  tabs.saving()()
  edit()
  isBackLate()
  expect(changed()).toEqual(['mine'])
})

test('tabs follow their workflow when the library moves it', () => {
  const { tabs, open } = bench()
  open({ name: 'old', libraryPath: 'photos/old' })
  open({ name: 'old', libraryPath: 'others/old' })
  tabs.moved('photos/old', 'photos/new')
  expect(tabs.all.map(({ name, libraryPath }) => [name, libraryPath])).toEqual([
    ['new', 'photos/new'],
    ['old', 'others/old'],
  ])
})
