import { expect, test } from 'vitest'
import { RestorationError } from '../../../nodes/sdk/error.ts'
import { againIfLost } from '../../../server/cli/again-if-lost.ts'

const lost = new RestorationError('runner_lost', 'It died.', 'Start it again.')

/** A work that fails with each of the errors in turn, and then is done. */
function failing(...errors: Error[]): { readonly tries: () => number; readonly work: () => Promise<string> } {
  let tries = 0
  const work = async () => {
    const error = errors[tries++]
    if (error !== undefined) throw error
    return 'done'
  }
  return { tries: () => tries, work }
}

test('what a process was at when it died is done once more', async () => {
  expect(await againIfLost(failing(lost).work)).toBe('done')
  const twice = failing(lost, lost)
  await expect(againIfLost(twice.work)).rejects.toBe(lost)
  expect(twice.tries()).toBe(2)
})

test('what fails for another reason is not', async () => {
  const full = failing(new RestorationError('disk_full', 'Full.', 'Make room.'))
  await expect(againIfLost(full.work)).rejects.toThrow('Full.')
  expect(full.tries()).toBe(1)
})
