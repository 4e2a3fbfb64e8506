import { RestorationError } from '../../nodes/sdk/error.ts'

/** No graph is that deep; what is some thousands deep can be parsed, but neither written nor given to a runner. */
const MOST_LEVELS = 256

/** @throws RestorationError `invalid_input` for JSON from outside that is nested too deep to be handled */
export function refuseDepth(json: unknown): void {
  let level: readonly unknown[] = [json]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_LEVELS) {
      const message = `The JSON is nested deeper than ${MOST_LEVELS} levels.`
      throw new RestorationError('invalid_input', message, 'Send less deep lists and objects; no graph needs them.')
    }
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []))
  }
}
