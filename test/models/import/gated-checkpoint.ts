import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './fixtures.ts'
import {
  encodeSafetensors,
  SMALL_UNET,
  SMALL_VAE,
  syntheticTensors,
  type Tensors,
  writeCheckpoint,
} from './synthetic.ts'

export function wave(length: number, step: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(step * (i + 1)))
}

/** Gates for so many levels, with a hidden layer of `width`, and with the one that says where grain goes. */
export function grainTensors(levels: number, width: number): Tensors {
  const wider = [0, 1].flatMap((i) => [
    [`wider.${i}.weight`, [width, width, 3, 3]] as const,
    [`wider.${i}.bias`, [width]] as const,
  ])
  return new Map([...gateTensors(levels, width), ...tensorsOf('grain_gate', levels, width, 1, wider)])
}

/** Gates for so many levels, with a hidden layer of `width`. */
export function gateTensors(levels: number, width: number): Tensors {
  return tensorsOf('gates', levels, width, 2 * levels)
}

function tensorsOf(
  path: string,
  levels: number,
  width: number,
  count: number,
  more: readonly (readonly [string, readonly number[]])[] = [],
): Tensors {
  const shapes: Readonly<Record<string, readonly number[]>> = {
    'conv_in.weight': [width, 5 * levels, 3, 3],
    'conv_in.bias': [width],
    'whole.weight': [width, 5 * levels, 1, 1],
    'conv_mid.weight': [width, width, 1, 1],
    'conv_mid.bias': [width],
    'conv_out.weight': [count, width, 1, 1],
    'conv_out.bias': [count],
    ...Object.fromEntries(more),
  }
  return new Map(
    Object.entries(shapes).map(([name, shape], i) => {
      const data = wave(
        shape.reduce((product, size) => product * size, 1),
        0.7 + i / 10,
      )
      return [`${path}.${name}`, { shape, data }]
    }),
  )
}

/** A checkpoint that asks for the gated transfer, with or without its gates, and a place for the model. */
export function stageGated(
  levels: number,
  gates?: Tensors,
  about: Readonly<Record<string, unknown>> = {},
): { readonly source: string; readonly output: string } {
  const folder = temporaryFolder()
  const source = join(folder, 'checkpoint')
  writeCheckpoint(source, { unet: SMALL_UNET, vae: SMALL_VAE }, syntheticTensors(SMALL_UNET, SMALL_VAE))
  writeFileSync(
    join(source, 'gendr.json'),
    JSON.stringify({ name: 'model', timestep: 499, color_transfer: { method: 'gated', levels }, ...about }),
  )
  if (gates) writeGates(source, gates)
  return { source, output: join(folder, 'model') }
}

export function writeGates(checkpoint: string, gates: Tensors): void {
  mkdirSync(join(checkpoint, 'gates'))
  writeFileSync(join(checkpoint, 'gates', 'diffusion_pytorch_model.safetensors'), encodeSafetensors(gates))
}
