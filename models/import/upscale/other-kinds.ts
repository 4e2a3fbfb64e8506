import { invalidCheckpoint } from '../failure.ts'
import type { Weights } from '../weights.ts'

/** What files of tensors may be that are no upscalers, by their names. */
const OTHER_KINDS = [
  {
    sign: /^model\.diffusion_model\./,
    what: 'a whole Stable Diffusion model in one file',
    remedy:
      "Turn it into a folder in Python and import that: diffusers' StableDiffusionPipeline.from_single_file(FILE).save_pretrained(FOLDER).",
  },
  {
    sign: /(^|[._])lora[._](A|B|down|up|unet|te|te1|te2|vae)([._]|$)/,
    what: 'a low-rank adaptation',
    remedy: 'Bring it with the checkpoint that it changes: gendr import CHECKPOINT --name NAME --lora FILE.',
  },
  {
    sign: /^(down_blocks|up_blocks)\.\d|^(encoder|decoder)\.(conv_in|down_blocks|up_blocks)\./,
    what: 'one part of a checkpoint in the Diffusers layout',
    remedy: 'Name the folder that its folder lies in, which holds unet/ and the other parts.',
  },
] as const

/** Refuses tensors whose names tell that they are something else than an upscaler's. */
export function refuseOtherKinds({ names, place }: Weights): void {
  const found = OTHER_KINDS.find(({ sign }) => names.some((name) => sign.test(name)))
  if (found) throw invalidCheckpoint(`${place}: expected the tensors of an upscaler, got ${found.what}.`, found.remedy)
}
