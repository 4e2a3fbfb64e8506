import { type Rectangle, rectangleIn } from './rectangle.ts'
import { type PictureSize, scaledSize } from './scaled-size.ts'
import { turnedSize } from './turned-size.ts'

/** Each picture that comes out has the size of the one that goes into an input, or what parameters make of that. */
export interface SizeRule<Input extends string = string, Parameter extends string = string> {
  readonly of: Input
  /** Both sides are scaled by this parameter. */
  readonly times?: Parameter | undefined
  /** There is what of a rectangle lies in the picture. */
  readonly rectangle?: Readonly<Record<keyof Rectangle, Parameter>> | undefined
  /** It is turned by degrees: where the border is `crop` there is the largest part inside, else all of it on a field. */
  readonly turned?: { readonly angle: Parameter; readonly border: Parameter } | undefined
}

/** What a rule makes of a size: the rule with the values of its parameters. */
export type SizeStep =
  | { readonly times: number }
  | { readonly rectangle: Rectangle }
  | { readonly turned: { readonly angle: number; readonly border: string } }

/** The steps of a rule, none where the size stays; undefined where its parameters do not say them. */
export function sizeSteps(
  { times, rectangle, turned }: SizeRule,
  values: Readonly<Record<string, unknown>>,
): readonly SizeStep[] | undefined {
  const number = (name: string) => (typeof values[name] === 'number' ? values[name] : undefined)
  if (times !== undefined) {
    const factor = number(times) ?? 0
    return factor > 0 ? [{ times: factor }] : undefined
  }
  if (rectangle !== undefined) {
    const [x, y] = [number(rectangle.x), number(rectangle.y)]
    const [width, height] = [number(rectangle.width), number(rectangle.height)]
    if (x === undefined || y === undefined || width === undefined || height === undefined) return undefined
    return [{ rectangle: { x, y, width, height } }]
  }
  if (turned !== undefined) {
    const [angle, border] = [number(turned.angle), values[turned.border]]
    return angle !== undefined && typeof border === 'string' ? [{ turned: { angle, border } }] : undefined
  }
  return []
}

/** The size of a picture after a step. */
export function afterStep(size: PictureSize, step: SizeStep): PictureSize {
  if ('times' in step) return scaledSize(size, step.times)
  if ('turned' in step) return turnedSize(size, step.turned.angle, step.turned.border)
  const { width, height } = rectangleIn(size, step.rectangle)
  return { width, height }
}
