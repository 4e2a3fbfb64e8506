import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { draftModel, importCheckpoint } from '../../../models/import/import.ts'
import type { LoraFile } from '../../../models/import/lora.ts'
import { randomValues } from '../../../models/import/random.ts'
import { elementCount, type Shape } from '../../../models/import/stored-tensor.ts'
import { readModelFolder } from '../../../models/installed/folder.ts'
import { type Dense, runGraph, temporaryFolder } from './fixtures.ts'
import {
  encodeSafetensors,
  type Numbers,
  SMALL_UNET,
  SMALL_VAE,
  type Stored,
  type Synthetic,
  syntheticTensors,
  type Tensors,
  withHeader,
  writeCheckpoint,
} from './synthetic.ts'

const BLOCK = 'down_blocks.0.attentions.0.transformer_blocks.0'
const LINEAR = `${BLOCK}.attn1.to_q`
const KEYS = `${BLOCK}.attn2.to_k`
const TIME = 'down_blocks.0.resnets.0.time_emb_proj'
const CONVOLUTION = 'down_blocks.1.resnets.0.conv1'
const SHORTCUT = 'down_blocks.1.resnets.0.conv_shortcut'
const OUT = `${BLOCK}.attn1.to_out.0`
const DECODER = 'decoder.mid_block.attentions.0.to_v'
const RANK = 2

interface Halves {
  readonly down: { readonly shape: Shape; readonly data: Float32Array }
  readonly up: { readonly shape: Shape; readonly data: Float32Array }
}

function tensorsOf(): Synthetic {
  return syntheticTensors(SMALL_UNET, SMALL_VAE)
}

/** Random factors for a module, as PyTorch shapes them. */
function halvesFor(module: string, rank = RANK): Halves {
  const { unet, vae } = tensorsOf()
  const [rows, columns, ...kernel] = (unet.get(`${module}.weight`) ?? vae.get(`${module}.weight`))!.shape
  const random = (role: string, shape: Shape) => ({ shape, data: randomValues({ name: module + role, shape }, 1) })
  return { down: random('down', [rank, columns!, ...kernel]), up: random('up', [rows!, rank, ...kernel.map(() => 1)]) }
}

/** W + factor · up·down, one value at a time. */
function mergeByHand(tensors: Tensors, module: string, { down, up }: Halves, factor: number): void {
  const { shape, data } = tensors.get(`${module}.weight`)!
  const rank = down.shape[0]!
  const columns = elementCount(shape.slice(1))
  const merged = data.map((value, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns]
    let sum = 0
    for (let r = 0; r < rank; r++) sum += up.data[row * rank + r]! * down.data[r * columns + column]!
    return value + factor * sum
  })
  tensors.set(`${module}.weight`, { shape, data: merged })
}

function writeLora(folder: string, tensors: Stored, name = 'lora.safetensors'): string {
  const path = join(folder, name)
  writeFileSync(path, encodeSafetensors(tensors))
  return path
}

/** What a model predicts and decodes. */
async function outputsOf(tensors: Synthetic, loras: readonly LoraFile[] = []): Promise<readonly [Dense, Dense]> {
  const folder = temporaryFolder()
  writeCheckpoint(join(folder, 'checkpoint'), { unet: SMALL_UNET, vae: SMALL_VAE }, tensors)
  const output = join(folder, 'model')
  const manifest = await importCheckpoint({
    source: join(folder, 'checkpoint'),
    output,
    name: 'm',
    timestep: 9,
    loras,
  })
  expect('loras' in manifest ? manifest.loras?.length : 0).toBe(loras.length)
  const { graphs } = await readModelFolder(output)
  const input = { data: randomValues({ name: 'input', shape: [4, 48] }, 1), dims: [1, 4, 6, 8] }
  return [await runGraph(graphs.unet, input), await runGraph(graphs.decoder, input)]
}

function furthest(a: Dense, b: Dense): number {
  return a.data.reduce((most, value, index) => Math.max(most, Math.abs(value - b.data[index]!)), 0)
}

const pair = (prefix: string, [down, up]: readonly [string, string], halves: Halves): [string, Halves['down']][] => [
  [`${prefix}.${down}.weight`, halves.down],
  [`${prefix}.${up}.weight`, halves.up],
]

const MODULES = [LINEAR, KEYS, TIME, CONVOLUTION, SHORTCUT]
const each = (write: (module: string) => [string, Halves['down']][], modules = MODULES): Tensors =>
  new Map(modules.flatMap(write))
const AB = ['lora_A', 'lora_B'] as const
const PEFT = each((module) => pair(`base_model.model.${module}`, AB, halvesFor(module)))
const scalar = (value: number) => ({ shape: [], data: Float32Array.of(value) })

describe('a low-rank adaptation is merged as it is by hand', () => {
  test.each<[string, Tensors, modules: readonly string[], factor: number]>([
    ['as Diffusers writes it', each((module) => pair(`unet.${module}`, AB, halvesFor(module))), MODULES, 1],
    [
      'as Diffusers wrote it',
      each((module) => pair(`unet.${module}`, ['lora.down', 'lora.up'], halvesFor(module))),
      MODULES,
      1,
    ],
    [
      'of attention processors, as Diffusers first wrote it',
      new Map([
        ...pair(`unet.${BLOCK}.attn1.processor`, ['to_q_lora.down', 'to_q_lora.up'], halvesFor(LINEAR)),
        ...pair(`unet.${BLOCK}.attn1.processor`, ['to_out_lora.down', 'to_out_lora.up'], halvesFor(OUT)),
      ]),
      [LINEAR, OUT],
      1,
    ],
    ['as PEFT writes it', PEFT, MODULES, 1],
    [
      'with the name of its adapter',
      each((module) =>
        pair(`base_model.model.unet.${module}`, ['lora_A.default', 'lora_B.default'], halvesFor(module)),
      ),
      MODULES,
      1,
    ],
    [
      'as kohya writes it, with alpha',
      each((module) => {
        const prefix = `lora_unet_${module.replaceAll('.', '_')}`
        return [...pair(prefix, ['lora_down', 'lora_up'], halvesFor(module)), [`${prefix}.alpha`, scalar(3)]]
      }),
      MODULES,
      3 / RANK,
    ],
    [
      'of a rank above its width',
      each((module) => pair(`unet.${module}`, AB, halvesFor(module, 80)), [CONVOLUTION]),
      [CONVOLUTION],
      1,
    ],
    ['of the autoencoder', each((module) => pair(`vae.${module}`, AB, halvesFor(module)), [DECODER]), [DECODER], 1],
  ])('%s', async (name, lora, modules, factor) => {
    const path = writeLora(temporaryFolder(), lora)
    const byHand = tensorsOf()
    for (const module of modules) {
      const part = module.startsWith('decoder') ? byHand.vae : byHand.unet
      mergeByHand(part, module, halvesFor(module, name.includes('above') ? 80 : RANK), 0.5 * factor)
    }
    const [prediction, pixels] = await outputsOf(tensorsOf(), [{ path, scale: 0.5 }])
    const [wantedPrediction, wantedPixels] = await outputsOf(byHand)
    const [plainPrediction, plainPixels] = await outputsOf(tensorsOf())
    expect(furthest(prediction, wantedPrediction)).toBeLessThan(1e-5)
    expect(furthest(pixels, wantedPixels)).toBeLessThan(1e-5)
    expect(Math.max(furthest(prediction, plainPrediction), furthest(pixels, plainPixels))).toBeGreaterThan(1e-3)
  })

  test.each([
    ['in its folder', PEFT_FILE, ''],
    ['that was renamed', 'style.safetensors', 'style.safetensors'],
  ])('with the alpha of the adapter_config.json beside a file %s, by the root of the rank', async (_, file, named) => {
    const folder = join(temporaryFolder(), 'adapter')
    mkdirSync(folder)
    writeLora(folder, PEFT, file)
    writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify({ r: 2, lora_alpha: 6, use_rslora: true }))
    const byHand = tensorsOf()
    for (const module of MODULES) mergeByHand(byHand.unet, module, halvesFor(module), 6 / Math.sqrt(2))
    const [[prediction], [wanted]] = [
      await outputsOf(tensorsOf(), [{ path: join(folder, named), scale: 1 }]),
      await outputsOf(byHand),
    ]
    expect(furthest(prediction, wanted)).toBeLessThan(2e-5)
  })

  test.each<[string, Numbers]>([
    ['F64', Float64Array.of(3)],
    ['F16', Uint16Array.of(0x4200)],
    ['I64', BigInt64Array.of(3n)],
    ['I32', Int32Array.of(3)],
  ])('whose alpha is stored as %s', async (_, data) => {
    const prefix = `lora_unet_${LINEAR.replaceAll('.', '_')}`
    const halves = new Map(pair(prefix, ['lora_down', 'lora_up'], halvesFor(LINEAR)))
    const path = writeLora(
      temporaryFolder(),
      new Map<string, { shape: Shape; data: Numbers }>([...halves, [`${prefix}.alpha`, { shape: [], data }]]),
    )
    const byHand = tensorsOf()
    mergeByHand(byHand.unet, LINEAR, halvesFor(LINEAR), 3 / RANK)
    const [[prediction], [wanted]] = [await outputsOf(tensorsOf(), [{ path, scale: 1 }]), await outputsOf(byHand)]
    expect(furthest(prediction, wanted)).toBeLessThan(1e-5)
  })

  test('with the alpha in the metadata that Diffusers writes', async () => {
    const path = join(temporaryFolder(), 'lora.safetensors')
    const halves = halvesFor(CONVOLUTION)
    const entries = pair(`unet.${CONVOLUTION}`, AB, halves)
    let end = 0
    const header = entries.map(([name, { shape, data }]) => {
      const begin = end
      end += data.byteLength
      return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }]
    })
    const __metadata__ = { lora_adapter_metadata: JSON.stringify({ 'unet.lora_alpha': 5, 'unet.r': RANK }) }
    const bytes = Buffer.concat(entries.map(([, { data }]) => Buffer.from(data.buffer)))
    writeFileSync(path, withHeader(JSON.stringify({ __metadata__, ...Object.fromEntries(header) }), bytes))
    const byHand = tensorsOf()
    mergeByHand(byHand.unet, CONVOLUTION, halves, 5 / RANK)
    const [[prediction], [wanted]] = [await outputsOf(tensorsOf(), [{ path, scale: 1 }]), await outputsOf(byHand)]
    expect(furthest(prediction, wanted)).toBeLessThan(1e-5)
  })

  test('one after the other', async () => {
    const folder = temporaryFolder()
    const first = writeLora(
      folder,
      each((module) => pair(`unet.${module}`, AB, halvesFor(module))),
      'a.safetensors',
    )
    const second = writeLora(folder, new Map(pair(`unet.${LINEAR}`, AB, halvesFor(LINEAR, 3))), 'b.safetensors')
    const byHand = tensorsOf()
    for (const module of MODULES) mergeByHand(byHand.unet, module, halvesFor(module), 0.3)
    mergeByHand(byHand.unet, LINEAR, halvesFor(LINEAR, 3), -1)
    const loras = [
      { path: first, scale: 0.3 },
      { path: second, scale: -1 },
    ]
    const [[prediction], [wanted]] = [await outputsOf(tensorsOf(), loras), await outputsOf(byHand)]
    expect(furthest(prediction, wanted)).toBeLessThan(1e-5)
  })
})

describe("of an adaptation with PEFT's names, which keep its strength in another file,", () => {
  const warningsOf = async (lora: Stored, config?: object) => {
    const folder = temporaryFolder()
    const path = writeLora(folder, lora)
    if (config) writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(config))
    writeCheckpoint(join(folder, 'c'), { unet: SMALL_UNET, vae: SMALL_VAE }, tensorsOf())
    const { doubts = [] } = await draftModel({
      source: join(folder, 'c'),
      name: 'm',
      timestep: 9,
      loras: [{ path, scale: 1 }],
    })
    return doubts
  }

  test('a missing one is told of', async () => {
    expect(await warningsOf(PEFT)).toEqual([
      expect.stringMatching(
        /lora\.safetensors: its strength is not known for want of adapter_config\.json.*PATH:SCALE/,
      ),
    ])
  })

  test('nothing is told where it is there, and of other names', async () => {
    expect(await warningsOf(PEFT, { r: RANK, lora_alpha: 4 })).toEqual([])
    expect(await warningsOf(each((module) => pair(`unet.${module}`, AB, halvesFor(module))))).toEqual([])
  })

  test('one of another adaptation is refused', async () => {
    await expect(warningsOf(PEFT, { r: 64, lora_alpha: 4 })).rejects.toMatchObject({
      message: expect.stringMatching(/adapter_config\.json: expected r 2, the rank of lora\.safetensors, got 64/),
      remedy: expect.stringContaining('a folder of its own'),
    })
  })
})

describe('a low-rank adaptation is refused', () => {
  const good = pair(`unet.${LINEAR}`, AB, halvesFor(LINEAR))
  test.each<[string, Tensors, RegExp]>([
    [
      'that also changes the text encoder',
      new Map([...good, ...pair('text_encoder.layers.0.q_proj', AB, halvesFor(LINEAR))]),
      /got 2 others: text_encoder\.layers\.0\.q_proj\.lora_A\.weight, text_encoder/,
    ],
    [
      'of another model',
      new Map(pair('unet.down_blocks.7.attn1.to_q', AB, halvesFor(LINEAR))),
      /got 2 others: unet\.down_blocks\.7\.attn1\.to_q\.lora_A\.weight/,
    ],
    [
      'of another kind',
      new Map([['lora_unet_conv_in.hada_w1_a', halvesFor(LINEAR).down]]),
      /got 1 others: lora_unet_conv_in\.hada_w1_a/,
    ],
    [
      'with one half',
      new Map(good.slice(0, 1)),
      /both halves of the adaptation of .*attn1\.to_q\.weight, got only unet\./,
    ],
    [
      'of other widths',
      new Map(pair(`unet.${LINEAR}`, AB, halvesFor(CONVOLUTION))),
      /to change .*attn1\.to_q\.weight \[8, 8\], got \[2, 8, 3, 3\] and \[16, 2, 1, 1\]/,
    ],
    [
      'with two adapters',
      new Map([...good, ...pair(`unet.${LINEAR}`, ['lora_A.more', 'lora_B.more'], halvesFor(LINEAR))]),
      /expected one adapter, got both/,
    ],
    [
      'with NaN',
      new Map([good[0]!, [good[1]![0], { ...good[1]![1], data: good[1]![1].data.map(() => Number.NaN) }]]),
      /finite values in tensor unet\..*lora_B\.weight/,
    ],
  ])('%s', async (_, lora, message) => {
    const path = writeLora(temporaryFolder(), lora)
    await expect(outputsOf(tensorsOf(), [{ path, scale: 1 }])).rejects.toThrow(message)
  })

  test.each(['safetensors', 'pt', 'bin'])('that is missing: .%s', async (ending) => {
    const path = join(temporaryFolder(), `lora.${ending}`)
    await expect(outputsOf(tensorsOf(), [{ path, scale: 1 }])).rejects.toMatchObject({
      code: 'checkpoint_invalid',
      message: `${path}: expected a file, found none.`,
    })
  })

  test('that torch.save wrote, of another network', async () => {
    const path = fileURLToPath(new URL('../../fixtures/upscalers/compact-x4.pth', import.meta.url))
    await expect(outputsOf(tensorsOf(), [{ path, scale: 1 }])).rejects.toThrow(/got \d+ others: body\.0/)
  })
})

const PEFT_FILE = 'adapter_model.safetensors'
