import { expect, test } from 'vitest'
import type { Command } from '../../../server/cli/command.ts'
import { overview } from '../../../server/cli/help.ts'

test('a command that has two names is listed once, in line with the others', () => {
  const command = (usage: string): Command => ({
    usage,
    summary: `What ${usage} does`,
    operands: [0, 0],
    options: {},
    run: async () => 0,
  })
  const models = command('models')
  const lines = overview({ serve: command('serve'), models, 'models list': models }).split('\n')
  expect(lines.slice(2, 5)).toEqual(['  gendr serve   What serve does', '  gendr models  What models does', ''])
})
