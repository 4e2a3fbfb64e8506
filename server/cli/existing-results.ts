import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Flags } from '../config.ts'
import type { Pair } from './picture-files.ts'

const FLAGS = ['overwrite', 'skip-existing', 'update'] as const

/** What becomes of results that exist: without a flag they stay, and their pictures fail. */
export type OnExisting = (typeof FLAGS)[number] | 'refuse'

/** @throws RestorationError `configuration_invalid` where two flags say different things */
export function onExisting(flags: Flags): OnExisting {
  const given = FLAGS.filter((name) => flags[name] === true)
  if (given.length < 2) return given[0] ?? 'refuse'
  throw new RestorationError(
    'configuration_invalid',
    `Expected one of ${FLAGS.map((name) => `--${name}`).join(', ')} but received ${given.map((name) => `--${name}`).join(' and ')}.`,
    'Leave out all but one.',
  )
}

/** Whether the result is there, with `update` also whether it is younger than its picture. */
export async function isToSkip({ source, target }: Pair, rule: OnExisting): Promise<boolean> {
  if (rule !== 'skip-existing' && rule !== 'update') return false
  const [from, to] = await Promise.all([source, target].map((path) => stat(path).catch(() => undefined)))
  if (to === undefined) return false
  return rule !== 'update' || from === undefined || from.mtimeMs <= to.mtimeMs
}

/**
 * A picture whose first result is missing is done again: with `skip-existing`, too, the others of it are what a killed batch
 * left.
 * @throws RestorationError `invalid_input` where one of the results must stay
 */
export function refuseExisting(results: readonly string[], rule: OnExisting): void {
  const existing = rule === 'refuse' ? results.find((name) => existsSync(name)) : undefined
  if (existing === undefined) return
  throw new RestorationError('invalid_input', `${existing} exists.`, 'Add --skip-existing, --update or --overwrite.')
}
