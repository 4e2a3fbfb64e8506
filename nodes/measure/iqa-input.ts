import type { GraphSignature, TensorSignature } from '../sdk/context.ts'
import { RestorationError } from '../sdk/error.ts'

/** How a network wants its picture. */
export interface IqaInput {
  readonly layout: 'nchw' | 'nhwc'
  /** 1 takes luma. */
  readonly channels: 1 | 3
  /** Whether values are whole numbers up to 255, whatever range is asked for. */
  readonly isBytes: boolean
  /** Absent where any size will do. */
  readonly size?: { readonly width: number; readonly height: number }
}

/**
 * What the graph says of its picture, or of its picture and the reference, which then are alike.
 * @throws RestorationError `invalid_input` when it is no network of one or two pictures
 */
export function iqaInput(
  name: string,
  { inputs }: Pick<GraphSignature, 'inputs'>,
  hasReference: boolean,
  layout: 'auto' | IqaInput['layout'],
): IqaInput {
  if (inputs.length !== (hasReference ? 2 : 1)) throw wrongCount(name, inputs, hasReference)
  const [first, second = first] = inputs.map((input) => describe(name, input, layout)) as [IqaInput, IqaInput?]
  if (JSON.stringify(first) !== JSON.stringify(second))
    throw refused(name, `two pictures of one kind`, `${shown(inputs[0]!)} and ${shown(inputs[1]!)}`)
  return first
}

const TYPES = ['float32', 'float16', 'uint8']

function describe(name: string, input: TensorSignature, wanted: 'auto' | IqaInput['layout']): IqaInput {
  const dims = input.dims.length === 0 ? [1, undefined, undefined, undefined] : input.dims
  const [batch = 1, second, third, last] = dims
  const layout = wanted !== 'auto' ? wanted : isColour(second) || !isColour(last) ? 'nchw' : 'nhwc'
  const channels = (layout === 'nchw' ? second : last) ?? 3
  const [height, width] = layout === 'nchw' ? [third, last] : [second, third]
  if (!TYPES.includes(input.type) || dims.length !== 4 || batch !== 1 || !isColour(channels))
    throw refused(name, 'one picture as [1, 3, H, W] or [1, H, W, 3] of float32, float16 or uint8', shown(input))
  const size = width !== undefined && height !== undefined ? { size: { width, height } } : {}
  return { layout, channels, isBytes: input.type === 'uint8', ...size }
}

function isColour(count: number | undefined): count is 1 | 3 {
  return count === 1 || count === 3
}

function shown({ name, type, dims }: TensorSignature): string {
  return `'${name}' of ${type} [${dims.map((size) => size ?? '?').join(', ')}]`
}

function refused(name: string, expected: string, actual: string): RestorationError {
  return new RestorationError(
    'invalid_input',
    `Expected '${name}' to take ${expected} but it takes ${actual}.`,
    'Export the network with the picture as its input, in front of everything that makes patches or scales of it.',
  )
}

function wrongCount(name: string, inputs: readonly TensorSignature[], hasReference: boolean): RestorationError {
  const names = inputs.map((input) => `'${input.name}'`).join(', ') || 'none'
  const message = `'${name}' has ${inputs.length} inputs (${names}), but ${hasReference ? 'a reference is' : 'no reference is'} linked.`
  const remedy =
    inputs.length === 2
      ? 'Link the true picture to reference: this network compares two pictures.'
      : inputs.length === 1
        ? 'Take the link to reference away: this network scores a picture by itself.'
        : 'Only networks of one picture, or of a picture and its reference, can be used.'
  return new RestorationError('invalid_input', message, remedy)
}
