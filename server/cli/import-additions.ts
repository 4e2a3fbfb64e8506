import type { ImportOptions, SourceKind } from '../../models/import/import.ts'
import { RANGES, type Range } from '../../models/import/upscale/range.ts'
import type { VariantProvider } from '../../models/installed/manifest.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Flags } from '../config.ts'
import type { Command } from './command.ts'
import { STEP_OPTIONS } from './step-flags.ts'

/** Flags of `import` that say what goes into a model beside its checkpoint, and how its graphs are written. */
export const ADDITION_OPTIONS = {
  lora: { value: 'PATH[:SCALE]', multiple: true, help: 'a low-rank adaptation to merge; may be repeated' },
  prompt: {
    value: 'NAME[=FILE]',
    multiple: true,
    help: 'the prompt to ask with; with =FILE, one more prompt; may be repeated',
  },
  precision: { value: 'fp32|fp16|int8', help: 'how weights are stored; as in the checkpoint without it' },
  target: {
    value: 'portable|cpu|cuda',
    help: 'portable: one set of graphs for all devices; cpu (default), cuda: and one for each up to that',
  },
  range: {
    value: 'IN[:OUT]',
    help: 'of an .onnx: what black and white are, each unit (0..1), bytes (0..255) or symmetric (-1..1)',
  },
  copy: { help: 'write own weights; without it the checkpoint is linked where the graphs can use it as it is' },
} satisfies Command['options']

type Additions = Pick<ImportOptions, 'loras' | 'prompts' | 'prompt' | 'precision' | 'variants' | 'levels' | 'copy'>

/** @throws RestorationError `configuration_invalid`, naming the flag that does not fit */
export function readAdditions(flags: Flags): Additions {
  const prompts = list(flags.prompt).map((value) => value.split(/=(.*)/s) as [string, string?])
  const chosen = prompts.filter(([, file]) => file === undefined).map(([name]) => name)
  if (chosen.length > 1) throw wrong('--prompt', 'one name without a file', chosen.join(', '))
  return {
    loras: list(flags.lora).map(readLora),
    prompts: prompts.flatMap(([name, path]) => (path === undefined ? [] : [{ name: promptName(name), path }])),
    prompt: chosen[0],
    precision: choice('precision', ['fp32', 'fp16', 'int8'], flags.precision),
    variants: TARGETS[choice('target', ['portable', 'cpu', 'cuda'], flags.target) ?? 'cpu'],
    levels: readLevels(flags.range),
    copy: flags.copy === true,
  }
}

/**
 * Refuses flags that what is imported has no use for, which would be lost without a word.
 * @throws RestorationError `configuration_invalid`
 */
export function refuseUseless(flags: Flags, kind: SourceKind): void {
  const { what, takes } = TAKEN[kind]
  const useless = [...new Set(Object.values(TAKEN).flatMap(({ takes }) => takes))].filter(
    (flag) => !takes.includes(flag) && flags[flag] !== undefined,
  )
  if (useless.length === 0) return
  throw new RestorationError(
    'configuration_invalid',
    `Expected no --${useless.join(' and no --')} with ${what}.`,
    `Leave ${useless.length === 1 ? 'it' : 'them'} out; it can be imported with --${takes.join(', --')}.`,
  )
}

const WRITTEN = ['precision', 'target', 'copy'] as const

/** What of the flags each kind has a use for. */
const TAKEN: Readonly<Record<SourceKind, { readonly what: string; readonly takes: readonly string[] }>> = {
  restorer: {
    what: 'a one-step restorer, which has pictures in -1..1',
    takes: [...Object.keys(STEP_OPTIONS), 'prompt', 'lora', ...WRITTEN],
  },
  upscaler: { what: "an upscaler's tensors, which are asked with nothing but a picture", takes: WRITTEN },
  graph: { what: 'an .onnx, which is taken as it is', takes: ['range'] },
}

/** The providers with graphs of their own beside those for all. */
const TARGETS: Readonly<Record<'portable' | 'cpu' | 'cuda', readonly VariantProvider[]>> = {
  portable: [],
  cpu: ['cpu'],
  cuda: ['cpu', 'cuda'],
}

function readLora(value: string): { path: string; scale: number } {
  const [, path = '', scale = '1'] = /^(.*?)(?::([-+]?(?:\d+\.?\d*|\.\d+)))?$/s.exec(value) ?? []
  if (path === '') throw wrong('--lora', 'PATH or PATH:SCALE', value)
  return { path, scale: Number(scale) }
}

function readLevels(value: Flags[string]): Additions['levels'] {
  if (value === undefined) return undefined
  const [takes, gives = takes, ...more] = String(value).split(':')
  if (isRange(takes) && isRange(gives) && more.length === 0) return { takes, gives }
  throw wrong('--range', 'unit, bytes or symmetric, or two of them as IN:OUT', String(value))
}

function isRange(name: string | undefined): name is Range {
  return name !== undefined && Object.hasOwn(RANGES, name)
}

function promptName(name: string): string {
  if (/^[a-z0-9][a-z0-9._-]*$/i.test(name)) return name
  throw wrong('--prompt', 'a name of letters, digits, dots, dashes and underscores before =', name)
}

function choice<Choice extends string>(
  name: string,
  choices: readonly Choice[],
  value: Flags[string],
): Choice | undefined {
  const found = choices.find((one) => one === value)
  if (found === undefined && value !== undefined) throw wrong(`--${name}`, choices.join(', '), String(value))
  return found
}

function list(value: Flags[string]): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function wrong(flag: string, expected: string, actual: string): RestorationError {
  return new RestorationError(
    'configuration_invalid',
    `Expected ${flag} to be ${expected} but received '${actual}'.`,
    'See gendr import --help.',
  )
}
