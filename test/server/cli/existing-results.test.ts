import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { isToSkip, onExisting, refuseExisting } from '../../../server/cli/existing-results.ts'

const folder = mkdtempSync(join(tmpdir(), 'existing-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A file that was written so many seconds after the first. */
function file(name: string, seconds: number): string {
  const path = join(folder, name)
  writeFileSync(path, '')
  utimesSync(path, 1000 + seconds, 1000 + seconds)
  return path
}

const source = file('scan.jpg', 10)
const older = file('older.png', 5)
const asOld = file('as-old.png', 10)
const younger = file('younger.png', 15)
const missing = join(folder, 'missing.png')

describe('what becomes of results that exist', () => {
  test('is said by one flag at most', () => {
    expect(onExisting({})).toBe('refuse')
    expect(onExisting({ update: true })).toBe('update')
    expect(() => onExisting({ overwrite: true, update: true })).toThrow(
      'Expected one of --overwrite, --skip-existing, --update but received --overwrite and --update.',
    )
  })

  test.each([
    ['refuse', older, false],
    ['overwrite', younger, false],
    ['skip-existing', older, true],
    ['skip-existing', missing, false],
    ['update', older, false],
    ['update', asOld, true],
    ['update', younger, true],
    ['update', missing, false],
  ] as const)('with %s, %s is skipped: %s', async (rule, target, isSkipped) => {
    expect(await isToSkip({ source, target }, rule)).toBe(isSkipped)
  })

  test('without a flag is that they stay', () => {
    expect(() => refuseExisting([missing, older], 'refuse')).toThrow(`${older} exists.`)
    expect(() => refuseExisting([missing], 'refuse')).not.toThrow()
    for (const rule of ['overwrite', 'skip-existing', 'update'] as const) {
      expect(() => refuseExisting([missing, older], rule)).not.toThrow()
    }
  })
})
