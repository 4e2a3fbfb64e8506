import { expect, test } from 'vitest'
import { applySettings } from '../../../server/graph/settings.ts'

test('a graph is read once, however many settings it gets', () => {
  let reads = 0
  const node = {
    get class_type() {
      reads++
      return 'Note'
    },
    inputs: {},
  }
  const settings = (count: number) => Array.from({ length: count }, (_, i) => `last.text${i}=${i}`)
  const prompt = { ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}`, node])), last: node }
  applySettings(prompt, settings(1), new Map())
  const once = reads
  const changed = applySettings(prompt, settings(100), new Map())
  expect(reads).toBe(2 * once)
  expect(Object.keys(changed.last!.inputs)).toHaveLength(100)
})

test('of two settings of one parameter the later one counts', () => {
  const prompt = { '1': { class_type: 'Note', inputs: { text: '' } } }
  expect(applySettings(prompt, ['1.text=a', 'Note.text=b'], new Map())).toEqual({
    '1': { class_type: 'Note', inputs: { text: 'b' } },
  })
  expect(prompt['1'].inputs.text).toBe('')
})
