import { beforeEach, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../../server/database/database.ts'
import { Settings } from '../../../server/settings/settings.ts'

let database: Database
let settings: Settings
beforeEach(() => {
  database = openDatabase(':memory:')
  settings = new Settings(database)
})

const numbered = (count: number): [string, unknown][] => Array.from({ length: count }, (_, i) => [`name ${i}`, i])

describe('settings', () => {
  test('are any JSON values by name', () => {
    settings.put([
      ['one', { deep: [1, null] }],
      ['two', undefined],
    ])
    expect(settings.get('one')).toEqual({ deep: [1, null] })
    expect(settings.get('two')).toBe(null)
    expect(settings.get('three')).toBeUndefined()
    expect([...settings.all().keys()]).toEqual(['one', 'two'])
  })

  test('that cannot all be written are not written, and the reason is told', () => {
    settings.put([['kept', 1]])
    // SQLite ends the transaction itself, as it does on a full disk.
    database.exec(
      `CREATE TRIGGER full BEFORE INSERT ON settings WHEN NEW.name = 'last'
       BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END`,
    )
    const put = () =>
      settings.put([
        ['first', 2],
        ['last', 3],
      ])
    expect(put).toThrow('database or disk is full')
    expect([...settings.all()]).toEqual([['kept', 1]])
  })

  test('are no more than some thousand names, whether they come together or one by one', () => {
    expect(() => settings.put(numbered(3000))).toThrow('There would be 3000 settings, more than 2000.')
    expect(settings.all().size).toBe(0)
    settings.put(numbered(2000))
    settings.put(numbered(2000))
    expect(() => settings.put([['another', 1]])).toThrow('There would be 2001 settings, more than 2000.')
    expect(settings.all().size).toBe(2000)
    expect(settings.get('another')).toBeUndefined()
  })

  test('are no more than a mebibyte together', () => {
    settings.put([['kept', '\u00fc'.repeat(500_000)]])
    expect(() => settings.put([['large', 'x'.repeat(50_000)]])).toThrow(/would have 10500\d\d bytes together/)
    expect([...settings.all().keys()]).toEqual(['kept'])
    settings.put([
      ['kept', 'less'],
      ['large', 'x'.repeat(50_000)],
    ])
    expect(settings.get('kept')).toBe('less')
  })
})

test('users are no more than some thousand, each of them once', () => {
  expect(settings.addUser('Uma Ü')).toMatch(/^Uma-_/)
  expect(settings.addUser('Uma Ü')).toBeUndefined()
  // The first is there from the beginning.
  for (let i = 2; i < 2000; i++) settings.addUser(`user ${i}`)
  expect(() => settings.addUser('another')).toThrow('There would be 2001 users, more than 2000.')
  expect(settings.addUser('Uma Ü')).toBeUndefined()
})
