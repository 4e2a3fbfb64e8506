import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Flags } from '../config.ts'

/** Without being asked: more processes than this read one disk and share one cache of the processor. */
const MOST = 4

/** As many pictures as make up for the start of one more process. */
const WORTHWHILE = 4

/** Bytes of a model that each process may hold for itself. */
const SMALL_MODEL = 64 * 2 ** 20

/** What a process takes, and what it takes besides for each pixel of the result (measured: gendr-nano, tiles of 768). */
const PROCESS_BYTES = 450e6
const PIXEL_BYTES = 72

export const JOBS_OPTION = {
  value: 'N',
  help: `pictures that are restored at once, each in a process of its own (as many as cores, at most ${MOST}; fewer for few pictures, large models or little memory)`,
}

export interface Batch {
  readonly pictures: number
  readonly modelBytes: number
  /** Cores that may be used. */
  readonly threads: number
  /** Bytes of memory that are free. */
  readonly memory: number
}

/** How many pictures are restored at once. @throws RestorationError `configuration_invalid` */
export function jobsOf({ jobs }: Flags, { pictures, modelBytes, threads, memory }: Batch): number {
  if (jobs === undefined) {
    if (modelBytes > SMALL_MODEL) return 1
    const worthwhile = Math.ceil(pictures / WORTHWHILE)
    return Math.max(1, Math.min(MOST, threads, worthwhile, Math.floor(memory / PROCESS_BYTES)))
  }
  const asked = Number(jobs)
  if (Number.isInteger(asked) && asked >= 1 && asked <= 64) return Math.min(asked, pictures)
  throw new RestorationError(
    'configuration_invalid',
    `Expected --jobs to be a whole number from 1 to 64 but received '${String(jobs)}'.`,
    'Choose about as many as there are cores, or leave it out.',
  )
}

/** About what the restoration of a picture takes in memory. @param pixels of the result */
export function bytesFor(pixels: number): number {
  return PROCESS_BYTES + PIXEL_BYTES * pixels
}
