import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Flags, runnerOptions, serveSettings, workSettings } from '../../../server/config.ts'

describe('settings', () => {
  test('have defaults that are safe', () => {
    const settings = serveSettings({}, {})
    expect(settings).toMatchObject({
      listen: '127.0.0.1',
      port: 8188,
      tokens: [],
      data: resolve('data'),
      device: 'auto',
      maxPixels: 100_000_000,
      saveMetadata: true,
      diskCacheBytes: 0,
    })
    expect(settings.modelRoots).toEqual([join(resolve('data'), 'models'), resolve('models')])
  })

  test('come from the environment, and from flags before that', () => {
    const environment = { GENDR_PORT: '9000', GENDR_DEVICE: 'cpu', GENDR_MODELS: '/a:/b', GENDR_NO_METADATA: '1' }
    const flags = { port: '9001', 'max-pixels': '5', cache: '1', 'cache-disk': '2' }
    const settings = serveSettings(flags, environment)
    expect(settings).toMatchObject({ port: 9001, device: 'cpu', saveMetadata: false, cacheBytes: 2 ** 20 })
    expect(runnerOptions(settings)).toMatchObject({ diskCacheBytes: 2 ** 21, cacheRoot: resolve('data/cache') })
    expect(settings.modelRoots.slice(1, 3)).toEqual(['/a', '/b'])
    expect(runnerOptions(settings)).toMatchObject({ device: 'cpu', maxPixels: 5, inputRoot: resolve('data/input') })
  })

  test('names and addresses are apart by blanks in the environment', () => {
    const environment = { GENDR_HOSTS: 'photos.example fd00::1', GENDR_WEBHOOK_TARGETS: ' hooks.internal  10.0.0.5' }
    expect(serveSettings({}, environment)).toMatchObject({
      hostNames: ['photos.example', 'fd00::1'],
      webhookTargets: ['hooks.internal', '10.0.0.5'],
    })
  })

  test('let pages of sites and of apps in, and those of no site only with a token', () => {
    const named = ['https://photos.example', 'capacitor://localhost', 'chrome-extension://abcdefgh', 'app://-:8080']
    expect(serveSettings({}, { GENDR_ORIGINS: named.join(' ') })).toMatchObject({ origins: named })
    const flags = { 'allow-origin': ['null'] }
    expect(() => serveSettings(flags, {})).toThrow(/'null' would let any web page/)
    expect(serveSettings(flags, { GENDR_TOKEN: 'long-enough' })).toMatchObject({ origins: ['null'] })
  })

  test('that are secret are not repeated', () => {
    expect(() => serveSettings({ token: 'short', 'webhook-secret': 'brief' }, {})).not.toThrow(/short|brief/)
  })

  test('an empty variable counts as absent', () => {
    expect(serveSettings({}, { GENDR_PORT: '', GENDR_TOKEN: '' })).toMatchObject({ port: 8188, tokens: [] })
  })

  test.each<[Flags, Record<string, string>, RegExp]>([
    [{ port: 'x' }, {}, /--port.*'x'/],
    [{ port: '70000' }, {}, /--port/],
    [{}, { GENDR_DEVICE: 'tpu' }, /GENDR_DEVICE.*'tpu'/],
    [{ threads: '0' }, {}, /--threads/],
    [{ token: 'short' }, {}, /--token.*8 characters/],
    [{ token: ['long-enough', 'short'] }, {}, /--token.*8 characters/],
    [{ token: [''] }, { GENDR_TOKEN: 'long-enough' }, /--token.*8 characters/],
    [{}, { GENDR_TOKEN: ' ' }, /GENDR_TOKEN.*8 characters/],
    [{ 'webhook-secret': [''] }, {}, /--webhook-secret.*whsec_/],
    [{ port: 'x', threads: 'y' }, {}, /--port.*--threads/],
    [{}, { GENDR_NO_METADATA: 'maybe' }, /GENDR_NO_METADATA/],
  ])('%j and %j are refused with the name of the setting', (flags, environment, words) => {
    expect(() => serveSettings(flags, environment)).toThrow(words)
  })

  test('of work ask nothing about serving', () => {
    expect(() => workSettings({}, { GENDR_PORT: 'x' })).not.toThrow()
  })
})

describe('an address that others can reach', () => {
  test.each(['0.0.0.0', '::', '192.168.1.2', 'photos.example'])('%s needs a token', (listen) => {
    expect(() => serveSettings({ listen }, {})).toThrow(/anybody on the network/)
    expect(serveSettings({ listen, token: 'long-enough' }, {})).toMatchObject({ listen })
  })

  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s does not', (listen) => {
    expect(serveSettings({ listen }, {})).toMatchObject({ listen })
  })
})
