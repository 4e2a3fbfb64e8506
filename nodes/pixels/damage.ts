import type { Metadata } from 'sharp'
import type { Frame } from '../sdk/values.ts'
import { UPRIGHT } from './pages.ts'

type Header = Pick<Metadata, 'format' | 'orientation'>

/** What libjpeg warns of and makes good without losing a pixel (jerror.h). */
const HARMLESS = /extraneous bytes|Invalid SOS parameters|unknown JFIF|Unknown Adobe|bad ICC|Inconsistent progression/

/**
 * What is wrong with a picture that was read in spite of complaints, for people; undefined where nothing is.
 * @param reasons what libvips complained of
 * @param missing lines that are not there, of `lines`
 */
export function damageOf(reasons: readonly string[], missing: number, lines: number): string | undefined {
  const reason = reasons.find((one) => !HARMLESS.test(one))
  // What is lost says it to a person; what a library calls it does only where nothing else is known.
  if (missing > 0) return `the file is damaged: its last ${Math.ceil((100 * missing) / lines)} % could not be read`
  return reason === undefined ? undefined : `the file is damaged (${reason}): it was read as far as it can be`
}

/** How many lines of a file could not be decoded, and of how many: those at its end that have everywhere the one colour of nothing. */
export function missingLines(frame: Frame, header: Header): { readonly missing: number; readonly lines: number } {
  const { width, height, channels, data } = frame
  const edge = EDGES[header.orientation ?? UPRIGHT] ?? 'bottom'
  const areColumns = edge === 'left' || edge === 'right'
  const [lines, length] = areColumns ? [width, height] : [height, width]
  const isFromEnd = edge === 'bottom' || edge === 'right'
  const begin = (line: number, i: number) => {
    const nth = isFromEnd ? lines - 1 - line : line
    return (areColumns ? i * width + nth : nth * width + i) * channels
  }
  const first = begin(0, 0)
  const nothing = data.subarray(first, first + channels)
  if (!nothing.every((sample) => isNothing(sample, header))) return { missing: 0, lines }
  const isEmpty = (line: number) => {
    for (let i = 0; i < length; i++) {
      const at = begin(line, i)
      for (let c = 0; c < channels; c++) if (data[at + c] !== nothing[c]) return false
    }
    return true
  }
  let missing = 0
  while (missing < lines && isEmpty(missing)) missing++
  return { missing, lines }
}

/** On which edge of the upright picture the last line of its file is, by Exif's orientation. */
const EDGES: readonly ('bottom' | 'top' | 'left' | 'right' | undefined)[] = [
  undefined,
  'bottom',
  'bottom',
  'top',
  'top',
  'right',
  'left',
  'left',
  'right',
]

/** Where there is no data, a JPEG has the middle of its samples, whatever its profile makes of that, and all others have zeros. */
function isNothing(sample: number, { format }: Header): boolean {
  return format === 'jpeg' ? sample >= 64 && sample < 192 : sample === 0
}
