import { parseArgs } from 'node:util'
import { RestorationError } from '../nodes/sdk/error.ts'
import type { Command } from './cli/command.ts'
import { messageOf } from './message-of.ts'

/** Commands load only when they are called: a server starts faster without what the command line needs. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./cli/serve.ts')).serveCommand,
  run: async () => (await import('./cli/run.ts')).runCommand,
  restore: async () => (await import('./cli/restore.ts')).restoreCommand,
  import: async () => (await import('./cli/import.ts')).importCommand,
  models: async () => (await import('./cli/models-list.ts')).modelsListCommand,
  'models list': async () => (await import('./cli/models-list.ts')).modelsListCommand,
  'models verify': async () => (await import('./cli/models-verify.ts')).modelsVerifyCommand,
  'models set': async () => (await import('./cli/models-set.ts')).modelsSetCommand,
  'models remove': async () => (await import('./cli/models-remove.ts')).modelsRemoveCommand,
  nodes: async () => (await import('./cli/nodes.ts')).nodesCommand,
}

const WRONG_USE = 2

/** Runs one command line. @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  const [first] = args
  if (first === '--help' || first === '-h' || first === 'help') return printOverview()
  const words = wordsOfCommand(args)
  const name = words === 0 ? 'serve' : args.slice(0, words).join(' ')
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (load === undefined) {
    throw wrongUse(`There is no command '${name}'.`, `Use one of: ${Object.keys(COMMANDS).join(', ')}.`)
  }
  const command = await load()
  const { values, positionals } = readArguments(command, args.slice(words))
  if (values.help === true) {
    const { commandHelp } = await import('./cli/help.ts')
    process.stdout.write(commandHelp(command))
    return 0
  }
  const [least, most] = command.operands
  if (positionals.length < least || positionals.length > most) {
    throw wrongUse(`'gendr ${command.usage}' does not take ${positionals.length} arguments.`, 'See --help.')
  }
  return command.run(positionals, values, process.env)
}

/** How many of the first arguments name the command: two, as in `models verify`, one, or none where flags begin. */
function wordsOfCommand([first, second]: readonly string[]): number {
  if (first === undefined || first.startsWith('-')) return 0
  return second !== undefined && Object.hasOwn(COMMANDS, `${first} ${second}`) ? 2 : 1
}

function readArguments(command: Command, args: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { value, multiple }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple: multiple === true },
    ]),
  )
  try {
    return parseArgs({
      args: [...args],
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    })
  } catch (error) {
    const message = messageOf(error)
    throw wrongUse(
      // What parseArgs adds about arguments that begin with a dash rarely helps.
      message.split('. To specify')[0]!.replace(/\.?$/, '.'),
      `See 'gendr ${command.usage.split(' ')[0]} --help'.`,
    )
  }
}

async function printOverview(): Promise<number> {
  const { overview } = await import('./cli/help.ts')
  const loaded = await Promise.all(Object.entries(COMMANDS).map(async ([name, load]) => [name, await load()] as const))
  process.stdout.write(overview(Object.fromEntries(loaded)))
  return 0
}

function wrongUse(message: string, remedy: string): RestorationError {
  return new RestorationError('configuration_invalid', message, remedy)
}

function report(error: unknown): number {
  if (!(error instanceof RestorationError)) {
    process.stderr.write(`gendr: ${error instanceof Error ? error.stack : String(error)}\n`)
    return 1
  }
  process.stderr.write(`gendr: ${error.message} ${error.remedy}\n`)
  return error.code === 'configuration_invalid' ? WRONG_USE : 1
}

// Whoever reads a list may stop after its first lines; what there is to do is done all the same.
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

process.exitCode = await main(process.argv.slice(2)).catch(report)
