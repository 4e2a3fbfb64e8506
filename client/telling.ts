import { wordsOf } from './host/run-control.ts'
import type { Toasts } from './panels/toasts.ts'

/** Says in messages what became of what a person did. */
export class Telling {
  readonly toasts: Toasts

  constructor(toasts: Toasts) {
    this.toasts = toasts
  }

  /** Says why something failed. */
  readonly failed = (error: unknown): void => this.toasts.show('error', ...wordsOf(error))

  /** Says why something cannot be. */
  warn({ message, remedy }: { readonly message: string; readonly remedy: string }): void {
    this.toasts.show('warning', message, remedy)
  }

  try(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.failed(error)
    }
  }

  async tryLater(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.failed(error)
    }
  }
}

/** What messages of the runs of a tab are about; the next run that somebody starts there makes them old. */
export function runsOf(tab: string): string {
  return `runs of ${tab}`
}
