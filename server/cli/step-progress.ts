/** How a piece of work in many small steps tells of itself. */
export interface StepProgress {
  step(done: number, total: number, label: string): void
  end(): void
}

/** A bar on a terminal, a line for every tenth elsewhere. */
export async function stepProgress(quiet: boolean): Promise<StepProgress> {
  if (quiet) return { step: () => undefined, end: () => undefined }
  if (process.stderr.isTTY !== true) return lines()
  const { SingleBar, Presets } = await import('cli-progress')
  const bar = new SingleBar(
    { format: '{bar} {percentage}% | {eta_formatted} | {label}', hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  )
  let isStarted = false
  return {
    step(done, total, label) {
      if (!isStarted) bar.start(total, done, { label })
      isStarted = true
      bar.update(done, { label })
    },
    end: () => bar.stop(),
  }
}

function lines(): StepProgress {
  let shown = -1
  return {
    step(done, total) {
      const percent = 10 * Math.floor((10 * done) / total)
      if (percent === shown) return
      shown = percent
      process.stderr.write(`${percent} %\n`)
    },
    end: () => undefined,
  }
}
