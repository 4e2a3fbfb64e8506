import type { Environment, Flags, Option } from '../config.ts'

/** One subcommand of `gendr`. */
export interface Command {
  /** What follows `gendr`, e.g. `restore IN OUT`. */
  readonly usage: string
  readonly summary: string
  readonly options: Readonly<Record<string, Pick<Option, 'value' | 'multiple' | 'help'> & Partial<Pick<Option, 'env'>>>>
  /** Least and most positional arguments. */
  readonly operands: readonly [number, number]
  /** Does the work. @returns the exit code */
  run(operands: readonly string[], flags: Flags, environment: Environment): Promise<number>
}
