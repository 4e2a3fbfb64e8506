import { expect, test } from 'vitest'
import { jobsOf, MOST_JOBS, pictureBytes, processBytes, threadsOf } from '../../../server/cli/jobs.ts'

const small = { bytes: 10e6, isUpscaler: false }
const large = { bytes: 2e9, isUpscaler: false }
const batch = { pictures: 16, model: small, threads: 8, memory: 16e9 }

test('many pictures are restored four at once', () => {
  expect(jobsOf({}, batch)).toBe(4)
})

test.each([
  ['few pictures', { pictures: 4 }, 1],
  ['some pictures', { pictures: 9 }, 3],
  ['no pictures', { pictures: 0 }, 1],
  ['few cores', { threads: 2 }, 2],
  ['little memory', { memory: 2.5e9 }, 3],
  ['less memory', { memory: 2e9 }, 1],
  ['hardly any memory', { memory: 1e6 }, 1],
  ['a large model', { model: large }, 1],
  ['an upscaler and the same memory', { model: { ...small, isUpscaler: true }, memory: 4e9 }, 3],
])('fewer for %s', (_, change, jobs) => {
  expect(jobsOf({}, { ...batch, ...change })).toBe(jobs)
})

test('as many as are asked for, but no more than there are pictures', () => {
  expect(jobsOf({ jobs: '6' }, { ...batch, model: large })).toBe(6)
  expect(jobsOf({ jobs: '64' }, { ...batch, pictures: MOST_JOBS })).toBe(64)
  expect(jobsOf({ jobs: '6' }, { ...batch, pictures: 2 })).toBe(2)
})

test.each(['0', '1.5', 'all', '65'])('%s is no number of jobs', (jobs) => {
  expect(() => jobsOf({ jobs }, batch)).toThrow(`--jobs to be a whole number from 1 to 64 but received '${jobs}'`)
})

test('processes share the cores, and each has one', () => {
  expect([threadsOf(8, 3), threadsOf(2, 4)]).toEqual([2, 1])
})

test('a process takes memory by its tiles at once, of which there are at most four, and a picture by its pixels', () => {
  expect(processBytes(small, 2) - processBytes(small, 1)).toBe(310e6)
  expect(processBytes(small, 16)).toBe(processBytes(small, 4))
  expect(pictureBytes(10e6)).toBe(720e6)
})
