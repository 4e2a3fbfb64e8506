import type { SingleBar } from 'cli-progress'

/** How a batch tells of itself. */
export interface BatchProgress {
  /** Part of the file at hand that is done, 0 to 1. */
  part(fraction: number): void
  /** A file is done, skipped or failed. */
  file(line: string): void
  end(): void
}

/** A bar on a terminal, a line for each file elsewhere. */
export async function batchProgress(total: number): Promise<BatchProgress> {
  return process.stderr.isTTY === true ? barProgress(total) : lineProgress(total)
}

function lineProgress(total: number): BatchProgress {
  let done = 0
  return {
    part: () => undefined,
    file: (line) => {
      done += 1
      process.stdout.write(`[${done}/${total}] ${line}\n`)
    },
    end: () => undefined,
  }
}

async function barProgress(total: number): Promise<BatchProgress> {
  const { SingleBar, Presets } = await import('cli-progress')
  const bar: SingleBar = new SingleBar(
    {
      format: '{bar} {percentage}% | {files}/{total} | {eta_formatted} | {line}',
      hideCursor: true,
      clearOnComplete: false,
    },
    Presets.shades_classic,
  )
  let done = 0
  bar.start(total, 0, { files: 0, line: '' })
  return {
    part: (fraction) => bar.update(done + fraction),
    file: (line) => {
      done += 1
      bar.update(done, { files: done, line })
    },
    end: () => bar.stop(),
  }
}
