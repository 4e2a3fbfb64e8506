import type { Command } from './command.ts'

/** What `gendr --help` prints; a command that has two names is there once. */
export function overview(commands: Readonly<Record<string, Command>>): string {
  const lines = [...new Set(Object.values(commands))].map(({ usage, summary }) => [`gendr ${usage}`, summary] as const)
  return `Visual restoration in a graph.\n\n${table(lines)}\n\nEach command explains itself with --help.\n`
}

/** What `gendr COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  const options = Object.entries(command.options).map(
    ([name, { value, help, env }]) =>
      [`--${name}${value === undefined ? '' : ` ${value}`}`, env === undefined ? help : `${help} [${env}]`] as const,
  )
  return `gendr ${command.usage}\n\n${command.summary}.\n\n${table([...options, ['--help', 'show this']])}\n`
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}
