/** Aborts at the first Ctrl-C, so that work can end cleanly; the next one ends the process. */
export function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  return controller.signal
}

/** The exit code of a command that Ctrl-C ended: 128 + SIGINT. */
export const INTERRUPTED = 130
