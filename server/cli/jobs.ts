import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Flags } from '../config.ts'
import type { ChosenModel } from './chosen-model.ts'

/** Without being asked: more processes than this read one disk and share one cache of the processor. */
const MOST = 4

/** As many pictures as make up for the start of one more process. */
const WORTHWHILE = 4

/** As many as may be asked for; more pictures need not be counted. */
export const MOST_JOBS = 64

/** Bytes of a model that each process may hold for itself. */
const SMALL_MODEL = 64 * 2 ** 20

/**
 * What a process takes; besides for each tile of 768 that gendr-nano is at, of which there are at most four, or for the one of
 * 256 that an upscaler of the community is at; and for each pixel of the result. All measured.
 */
const PROCESS_BYTES = 140e6
const TILE_BYTES = 310e6
const MOST_TILES = 4
const UPSCALER_BYTES = 1.1e9
const PIXEL_BYTES = 72

export const JOBS_OPTION = {
  value: 'N',
  help: `pictures that are restored at once, each in a process of its own (as many as cores, at most ${MOST}; fewer for few pictures, large models or little memory)`,
}

export interface Batch {
  /** How many there are to restore, counted up to MOST_JOBS. */
  readonly pictures: number
  readonly model: Pick<ChosenModel, 'bytes' | 'isUpscaler'>
  /** Cores that may be used. */
  readonly threads: number
  /** Bytes of memory that are free. */
  readonly memory: number
}

/** How many pictures are restored at once. @throws RestorationError `configuration_invalid` */
export function jobsOf({ jobs }: Flags, { pictures, model, threads, memory }: Batch): number {
  if (jobs === undefined) {
    if (model.bytes > SMALL_MODEL) return 1
    let found = Math.min(MOST, threads, Math.ceil(pictures / WORTHWHILE))
    while (found > 1 && found * processBytes(model, threadsOf(threads, found)) > memory) found--
    return Math.max(1, found)
  }
  const asked = Number(jobs)
  if (Number.isInteger(asked) && asked >= 1 && asked <= MOST_JOBS) return Math.max(1, Math.min(asked, pictures))
  throw new RestorationError(
    'configuration_invalid',
    `Expected --jobs to be a whole number from 1 to ${MOST_JOBS} but received '${String(jobs)}'.`,
    'Choose about as many as there are cores, or leave it out.',
  )
}

/** The cores of each of so many processes. */
export function threadsOf(threads: number, jobs: number): number {
  return Math.max(1, Math.floor(threads / jobs))
}

/** About what a process takes in memory before it has a picture's own. @param threads of the process */
export function processBytes({ isUpscaler }: Pick<ChosenModel, 'isUpscaler'>, threads: number): number {
  return PROCESS_BYTES + (isUpscaler ? UPSCALER_BYTES : TILE_BYTES * Math.min(threads, MOST_TILES))
}

/** About what a picture takes besides. @param pixels of the result */
export function pictureBytes(pixels: number): number {
  return PIXEL_BYTES * pixels
}
