import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type RandomType, randomFile, randomValues } from '../../../models/import/random.ts'
import { elementCount, type Shape } from '../../../models/import/stored-tensor.ts'
import { type Dense, readTensors } from './fixtures.ts'

/** An unusual member of the model family, as test/fixtures/family/reference.py describes it. */
export interface FamilyCase {
  readonly name: string
  readonly unet: { readonly block_out_channels: readonly number[] }
  readonly vae: { readonly block_out_channels: readonly number[]; readonly latent_channels: number }
  readonly timestep: number
  readonly type: RandomType
  /** Batch, height, width of the latent. */
  readonly size: readonly [number, number, number]
  /** The names and shapes that PyTorch asked for. */
  readonly tensors: Readonly<Record<'unet' | 'vae' | 'prompt', Readonly<Record<string, Shape>>>>
}

const FOLDER = fileURLToPath(new URL('../../fixtures/family', import.meta.url))

export const FAMILY: readonly FamilyCase[] = JSON.parse(readFileSync(join(FOLDER, 'cases.json'), 'utf8'))

/** Writes the checkpoint that the reference computed with. */
export async function writeFamilyCheckpoint({ unet, vae, tensors, type }: FamilyCase, directory: string) {
  const parts = { unet: join('unet', WEIGHTS), vae: join('vae', WEIGHTS), prompt: 'prompt_embeds.safetensors' }
  for (const [part, config] of Object.entries({ unet, vae })) {
    mkdirSync(join(directory, part), { recursive: true })
    writeFileSync(join(directory, part, 'config.json'), JSON.stringify(config))
  }
  for (const [part, path] of Object.entries(parts) as ['unet' | 'vae' | 'prompt', string][]) {
    const requests = Object.entries(tensors[part]).map(([name, shape]) => ({ name, shape }))
    const chunks: Uint8Array[] = []
    for await (const chunk of randomFile(requests, type, 0)) chunks.push(chunk)
    writeFileSync(join(directory, path), Buffer.concat(chunks))
  }
}

/** What goes into each graph, and what PyTorch computed from it. */
export function familyStages(index: number): Readonly<Record<'encoder' | 'unet' | 'decoder', readonly [Dense, Dense]>> {
  const { vae, size } = FAMILY[index]!
  const [batch, height, width] = size
  const factor = 2 ** (vae.block_out_channels.length - 1)
  const input = (name: string, dims: readonly number[], scale: number): Dense => ({
    data: randomValues({ name, shape: dims }, 0, 0, elementCount(dims)).map((value) => value * scale),
    dims,
  })
  const pixels = input('prompt x', [batch, 3, factor * height, factor * width], 0.5)
  const latent = input('prompt z', [batch, vae.latent_channels, height, width], 1)
  const names = ['latent', 'prediction', 'pixels'].map((name) => `${index}.${name}`)
  const expected = readTensors(join(FOLDER, 'expected.safetensors'), names)
  const [encoded, predicted, decoded] = names.map((name) => expected[name]!) as [Dense, Dense, Dense]
  return { encoder: [pixels, encoded], unet: [latent, predicted], decoder: [latent, decoded] }
}

const WEIGHTS = 'diffusion_pytorch_model.safetensors'
