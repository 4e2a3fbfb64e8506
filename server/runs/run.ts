import type { Prompt } from '../graph/prompt.ts'
import type { RunRequest } from '../runner/messages.ts'
import type { Shape } from './speeds.ts'

/** What a client asks for, validated. */
export interface Submission {
  /** The client's own id; a new one by default. */
  readonly id?: string | undefined
  /** In ms since 1970, the moment that its names of files tell of; now by default. */
  readonly sentAt?: number
  /** Lower runs earlier; by default after everything submitted so far. */
  readonly number?: number | undefined
  /** Before everything submitted so far: the default number, negated. */
  readonly front?: boolean | undefined
  readonly prompt: Prompt
  readonly outputs: readonly string[]
  readonly extraData: Readonly<Record<string, unknown>>
  /** `memory` runs belong to the process: they are not run again after a crash. */
  readonly delivery: RunRequest['delivery']
  readonly attachments: RunRequest['attachments']
  /** Bytes of the pictures that it loads, as far as they are known. */
  readonly pictureBytes?: number
  /** Where to send word of its end. */
  readonly webhook?: string | undefined
}

/** A run that waits or is under way. */
export interface Run {
  readonly id: string
  readonly number: number
  /** Order of submission; decides between equal numbers. */
  readonly sequence: number
  readonly delivery: RunRequest['delivery']
  /** Whose socket hears of it. */
  readonly clientId: string | undefined
  /** What its time depends on. */
  readonly shape: Shape
}

/** The run that the runner works on, or one that was cancelled before it came to that. */
export interface ActiveRun extends Run {
  /** What it works on: nothing, where it never began. */
  readonly prompt: Prompt
}
