/**
 * A value that stops everything that would use it (ComfyUI: ExecutionBlocker): nodes that get it are not run and hand it
 * on. With a message the first of them says it to the user.
 */
export class Blocker {
  readonly message: string | undefined

  constructor(message?: string) {
    this.message = message
  }
}
