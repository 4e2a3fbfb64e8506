import type { ModelDraft } from '../../models/import/model-draft.ts'
import { costOf } from '../../models/import/work.ts'

/** The size of picture that costs are told for, of the result. */
const SIDE = 512

/** How much more than its largest layer a graph holds at a time; measured between 2.8 and 4.4 (docs/models.md). */
const HELD = 4

/** What `--dry-run` says: what was recognised, and what a picture of 512 × 512 would cost. */
export function importReport({ description, parameters, written, origin, doubts = [] }: ModelDraft): string {
  const lines = [
    `${description.name}: ${description.description || KINDS[description.kind]}`,
    `  kind        ${description.kind}, ${written.precision}`,
    `  constants   ${JSON.stringify(description.constants)}`,
    ...(origin === undefined ? [] : [`  step        ${origin}`]),
    ...doubts.map((doubt) => `  doubt       ${doubt}`),
    `  parameters  ${(parameters / 1e6).toFixed(2)} M`,
  ]
  const scale = description.kind === 'upscaler' ? description.constants.scale : 1
  const weights = 4 * parameters
  for (const [part, work] of written.work) {
    const { macs, layerBytes } = costOf(work, (SIDE / scale) ** 2)
    const memory = (part === 'fused' || written.work.size === 1 ? weights : weights / 3) + HELD * layerBytes
    lines.push(
      `  ${part.padEnd(11)} ${shown(macs / 1e9)} GMAC, about ${shown(memory / 2 ** 20)} MB for ${SIDE} × ${SIDE}`,
    )
  }
  if (written.work.size === 0) lines.push('  cost        unknown: the graph is taken as it is')
  return `${lines.join('\n')}\nNothing was written.\n`
}

const KINDS = {
  'gendr-latent': 'a one-step restorer of latents',
  'gendr-pixel': 'a one-step restorer of pixels',
  upscaler: 'an upscaler',
} as const

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
