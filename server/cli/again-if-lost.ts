import { RestorationError } from '../../nodes/sdk/error.ts'

/** Does a work once more when the process that was at it has died; by itself, that says nothing about the picture. */
export async function againIfLost<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RestorationError && error.code === 'runner_lost') return work()
    throw error
  }
}
