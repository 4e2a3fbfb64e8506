import { expect, test } from 'vitest'
import { bytesFor, jobsOf } from '../../../server/cli/jobs.ts'

const batch = { pictures: 1000, modelBytes: 10e6, threads: 8, memory: 16e9 }

test('many pictures are restored four at once', () => {
  expect(jobsOf({}, batch)).toBe(4)
})

test.each([
  ['few pictures', { pictures: 4 }, 1],
  ['some pictures', { pictures: 9 }, 3],
  ['few cores', { threads: 2 }, 2],
  ['little memory', { memory: 1e9 }, 2],
  ['hardly any memory', { memory: 1e6 }, 1],
  ['a large model', { modelBytes: 2e9 }, 1],
])('fewer for %s', (_, change, jobs) => {
  expect(jobsOf({}, { ...batch, ...change })).toBe(jobs)
})

test('as many as are asked for, but no more than there are pictures', () => {
  expect(jobsOf({ jobs: '6' }, { ...batch, modelBytes: 2e9 })).toBe(6)
  expect(jobsOf({ jobs: '6' }, { ...batch, pictures: 2 })).toBe(2)
})

test.each(['0', '1.5', 'all', '65'])('%s is no number of jobs', (jobs) => {
  expect(() => jobsOf({ jobs }, batch)).toThrow(`--jobs to be a whole number from 1 to 64 but received '${jobs}'`)
})

test('a picture takes memory by the pixels of its result', () => {
  expect(bytesFor(10e6) - bytesFor(0)).toBe(720e6)
})
