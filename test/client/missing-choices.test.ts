import { expect, test } from 'vitest'
import { readGraphText } from '../../client/document/read-file.ts'
import { allTypes, types } from './types.ts'

const problemsOf = (prompt: object) => readGraphText(JSON.stringify(prompt), allTypes).problems
const loader = (model_name: unknown) => ({ class_type: 'GenDRModelLoader', inputs: { model_name, setting: 'default' } })

test('a graph that names a model which is not here says so as it opens, and how to come to it', () => {
  expect(problemsOf({ '1': loader('gendr-large') })).toEqual([
    expect.stringMatching(/^Load GenDR Model: this host has no ‘gendr-large’ for ‘model name’\. .*gendr import/),
  ])
})

test('a graph that names what is here says nothing', () => {
  expect(problemsOf({ '1': loader('gendr-nano') })).toEqual([])
  expect(problemsOf({ '1': { class_type: 'LoadImage', inputs: { image: 'not-yet-sent.png' } } })).toEqual([])
})

test('what a link brings is no choice', () => {
  const socket = { name: 'model_name', type: 'COMBO', link: 1, widget: { name: 'model_name' } }
  const place = { pos: [0, 0], size: [200, 80] }
  const nodes = [
    { ...place, id: 1, type: 'GenDRModelLoader', inputs: [socket], widgets_values: ['gendr-large', 'default'] },
    { ...place, id: 2, type: 'PrimitiveNode', outputs: [{ name: 'COMBO', type: 'COMBO', links: [1] }] },
  ]
  const problems = (links: unknown[]) => readGraphText(JSON.stringify({ nodes, links }), allTypes).problems
  expect(problems([[1, 2, 0, 1, 0, 'COMBO']])).toEqual([])
  expect(problems([])).toEqual([expect.stringContaining('‘gendr-large’')])
})

test('choices of nodes in subgraphs are looked at too', () => {
  const inner = { id: 1, type: 'ImageScaleBy', pos: [0, 0], size: [200, 80], widgets_values: ['magic', 2] }
  const file = {
    nodes: [{ id: 7, type: 'inside', pos: [0, 0], size: [100, 100] }],
    links: [],
    definitions: { subgraphs: [{ id: 'inside', name: 'Inside', nodes: [inner], links: [], inputs: [], outputs: [] }] },
  }
  expect(readGraphText(JSON.stringify(file), types).problems).toEqual([expect.stringContaining('‘magic’')])
})
