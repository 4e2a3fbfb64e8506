import { existsSync } from 'node:fs'
import { invalidCheckpoint } from './failure.ts'
import { valuesOf } from './stored-tensor.ts'
import { openFile, type Weights } from './weights.ts'

/** The least and the greatest value over pictures that are typical of what a network is asked. */
export type Range = readonly [low: number, high: number]

export interface ConvolutionRanges {
  readonly input: Range
  /** Of each channel. */
  readonly output: readonly Range[]
}

/** The ranges of convolutions by their names. */
export type Ranges = ReadonlyMap<string, ConvolutionRanges>

/** The file of a checkpoint that has them: `NAME.input` [2] and `NAME.output` [2, channels], low first. */
export const RANGES_FILE = 'ranges.safetensors'

/** What the file tells of convolutions of `parts`; nothing where there is none. */
export function readRanges(path: string, parts: readonly Weights[]): Ranges {
  if (!existsSync(path)) return new Map()
  const file = openFile(path)
  const names = file.names.map((name) => name.replace(/\.(input|output)$/, ''))
  return new Map(
    [...new Set(names)].map((name) => {
      const channels = parts.find((part) => part.has(`${name}.weight`))?.shapeOf(`${name}.weight`)?.[0]
      if (channels === undefined)
        throw invalidCheckpoint(
          `${path}: expected ranges of convolutions of the checkpoint, got some of ${name}.`,
          REMEDY,
        )
      const bounds = (place: 'input' | 'output', shape: readonly number[]): readonly Range[] => {
        const values = valuesOf(file.take(`${name}.${place}`, shape))
        const count = values.length / 2
        return Array.from({ length: count }, (_, channel) => {
          const [low, high] = [values[channel]!, values[channel + count]!]
          if (low <= high && Number.isFinite(high - low)) return [low, high] as const
          throw invalidCheckpoint(`${path}: expected low and high of ${name}.${place}, got ${low} and ${high}.`, REMEDY)
        })
      }
      return [name, { input: bounds('input', [2])[0]!, output: bounds('output', [2, channels]) }] as const
    }),
  )
}

const REMEDY = 'Export the checkpoint again, or remove the file: then the CPU computes in float32.'
