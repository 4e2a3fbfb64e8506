import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { invalidCheckpoint } from './failure.ts'
import { readJson } from './json.ts'
import { readSafetensorsMetadata } from './safetensors-metadata.ts'
import { elementCount, rowLength, type StoredTensor, valuesOf } from './stored-tensor.ts'
import { openFile, type Weights } from './weights.ts'

/** A low-rank adaptation to merge: a safetensors file, or a folder with one as PEFT or Diffusers writes it. */
export interface LoraFile {
  readonly path: string
  /** What its change is multiplied with. */
  readonly scale: number
}

type Part = 'unet' | 'vae'

/**
 * The two parts with the adaptations merged in as they are read: W + scale · (alpha / rank) · B·A (Hu et al. 2021, arXiv
 * 2106.09685, section 4.1), with sums in float64. Understands the key layouts of Diffusers, PEFT and kohya.
 * @throws RestorationError naming the keys that change nothing here
 */
export function mergeLoras(
  parts: Parts,
  files: readonly LoraFile[],
): { readonly parts: Parts; readonly sources: readonly Weights[]; readonly doubts: readonly string[] } {
  const changes = { unet: new Map<string, Change[]>(), vae: new Map<string, Change[]>() }
  const targets = { unet: targetsOf(parts.unet), vae: parts.vae ? targetsOf(parts.vae) : new Map() }
  const sources = files.map((file) => {
    const weights = openFile(locate(file.path))
    const rules = { unet: rulesOf(weights, 'unet'), vae: rulesOf(weights, 'vae') }
    const unused: string[] = []
    for (const { part, module, names } of modulesOf(weights, unused)) {
      const target = targets[part].get(module)
      if (target === undefined) unused.push(...Object.values(names))
      else {
        const change = readChange(weights, names, parts[part]!.shapeOf(target)!, target, file.scale, rules[part])
        changes[part].set(target, [...(changes[part].get(target) ?? []), change])
      }
    }
    if (unused.length > 0) throw unusedKeys(weights, unused)
    return weights
  })
  const merge = (part: Part, weights: Weights): Weights =>
    changes[part].size === 0
      ? weights
      : weights.changed((tensor) => {
          const found = changes[part].get(tensor.name)
          return found ? merged(tensor, found) : tensor
        })
  return {
    parts: { unet: merge('unet', parts.unet), ...(parts.vae && { vae: merge('vae', parts.vae) }) },
    sources,
    doubts: sources.filter(isOfUnknownStrength).map(({ place }) => `${place}: ${UNKNOWN_STRENGTH}`),
  }
}

/** A checkpoint of latents or, without the autoencoder, of pixels. */
interface Parts {
  readonly unet: Weights
  readonly vae?: Weights
}

/** up [rows, rank] · down [rank, rest] · factor, to be added to a tensor [rows, ...]. */
interface Change {
  readonly up: StoredTensor
  readonly down: StoredTensor
  readonly rank: number
  readonly factor: number
}

function merged(tensor: StoredTensor, changes: readonly Change[]): StoredTensor {
  const { name, file, type, origin = type, shape } = tensor
  return {
    name,
    file,
    type: 'F32',
    origin,
    shape,
    bytes(from = 0, to = shape[0]!) {
      const values = Float64Array.from(valuesOf(tensor, from, to))
      for (const change of changes) addRows(values, change, from, to)
      return new Uint8Array(Float32Array.from(values).buffer)
    },
  }
}

function addRows(values: Float64Array, { up, down, rank, factor }: Change, from: number, to: number): void {
  const [ups, downs] = [valuesOf(up, from, to), valuesOf(down)]
  const length = values.length / (to - from)
  for (let row = 0; row < to - from; row++)
    for (let inner = 0; inner < rank; inner++) {
      const weight = factor * ups[row * rank + inner]!
      for (let column = 0; column < length; column++)
        values[row * length + column]! += weight * downs[inner * length + column]!
    }
}

type Role = 'up' | 'down' | 'alpha'

type KeyNames = Partial<Record<Role, string>>

/** The keys of one adapted module. */
interface ModuleKeys {
  readonly part: Part
  /** With underscores for dots. */
  readonly module: string
  readonly names: KeyNames
}

/** A file's keys by module; those of no known layout go to `unused`. */
function modulesOf(weights: Weights, unused: string[]): Iterable<ModuleKeys> {
  const modules = new Map<string, ModuleKeys>()
  for (const key of weights.names) {
    const parsed = parseKey(key)
    if (!parsed) {
      unused.push(key)
      continue
    }
    const { part, role, module } = parsed
    const place = `${part}.${module}`
    const names = modules.get(place)?.names ?? {}
    if (names[role] !== undefined)
      throw invalidCheckpoint(
        `${weights.place}: expected one adapter, got both ${names[role]} and ${key} for one module.`,
        'Bring every adapter in a file of its own.',
      )
    modules.set(place, { part, module, names: { ...names, [role]: key } })
  }
  return modules.values()
}

/**
 * What a key adapts. Layouts: `[base_model.model.][unet.|vae.]MODULE.lora_A[.ADAPTER].weight` (PEFT),
 * `….MODULE.lora.down.weight` and `….MODULE.processor.to_q_lora.down.weight` (Diffusers), `lora_unet_MODULE.lora_down.weight`
 * with underscores for dots (kohya), each with an optional `….alpha`.
 */
function parseKey(key: string): { part: Part; module: string; role: Role } | undefined {
  const kohya = /^lora_(unet|vae)_(.+)$/.exec(key)
  const [part, path] = kohya
    ? [kohya[1] as Part, kohya[2]!]
    : ([
        /^(?:base_model\.model\.)?vae\./.test(key) ? 'vae' : 'unet',
        key.replace(/^(base_model\.model\.)?((unet|vae)\.)?/, ''),
      ] as [Part, string])
  const plain = path.replace(
    /\.processor\.(to_\w+?)_lora\./,
    (_, name) => `.${name === 'to_out' ? 'to_out.0' : name}.lora.`,
  )
  const match = /^(.+?)\.(?:(lora_A|lora_B|lora_down|lora_up|lora\.down|lora\.up)(?:\.[\w-]+)?\.weight|alpha)$/.exec(
    plain,
  )
  if (!match) return undefined
  const role = match[2] === undefined ? 'alpha' : /A$|down$/.test(match[2]) ? 'down' : 'up'
  return { part, role, module: underscored(match[1]!) }
}

/** Names of weights by their module, with underscores for dots as kohya writes them. */
function targetsOf({ names }: Weights): ReadonlyMap<string, string> {
  return new Map(
    names
      .filter((name) => name.endsWith('.weight'))
      .map((name) => [underscored(name.slice(0, -'.weight'.length)), name]),
  )
}

function underscored(module: string): string {
  return module.replaceAll('.', '_')
}

function readChange(
  weights: Weights,
  names: KeyNames,
  shape: readonly number[],
  target: string,
  scale: number,
  { alpha: general, root }: Rules,
): Change {
  const present = names.down ?? names.up ?? names.alpha
  if (names.up === undefined || names.down === undefined)
    throw invalidCheckpoint(
      `${weights.place}: expected both halves of the adaptation of ${target}, got only ${present}.`,
      'Get the file again.',
    )
  const [upShape, downShape] = [weights.shapeOf(names.up)!, weights.shapeOf(names.down)!]
  const rank = downShape[0] ?? 0
  if (
    rank === 0 ||
    rowLength(downShape) !== rowLength(shape) ||
    upShape[0] !== shape[0] ||
    elementCount(upShape) !== shape[0]! * rank
  )
    throw invalidCheckpoint(
      `${weights.place}: expected ${names.down} and ${names.up} to change ${target} [${shape.join(', ')}], got [${downShape.join(', ')}] and [${upShape.join(', ')}].`,
      'This adaptation was trained for another model.',
    )
  const alpha = names.alpha === undefined ? general : weights.number(names.alpha)
  return {
    up: weights.take(names.up, upShape),
    down: weights.take(names.down, downShape),
    rank,
    factor: (scale * (alpha ?? rank)) / (root && alpha !== undefined ? Math.sqrt(rank) : rank),
  }
}

/** What holds for a whole file. */
interface Rules {
  readonly alpha: number | undefined
  /** Divide by the root of the rank (rank-stabilised LoRA, arXiv 2312.03732). */
  readonly root: boolean
}

const rulesSchema = z.object({
  r: z.int().optional(),
  lora_alpha: z.number().optional(),
  use_rslora: z.boolean().default(false),
  use_dora: z.literal(false).default(false),
  alpha_pattern: z.record(z.string(), z.never()).default({}),
})

/** PEFT's adapter_config.json beside the file, or Diffusers' copy of it in the file's metadata. */
function rulesOf(weights: Weights, part: Part): Rules {
  const { place: path } = weights
  if (hasConfig(weights)) return toRules(readConfig(weights))
  const metadata = path.endsWith('.safetensors') ? readSafetensorsMetadata(path).lora_adapter_metadata : undefined
  if (metadata === undefined) return { alpha: undefined, root: false }
  const own = z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text)
      } catch {
        context.addIssue('expected JSON')
        return z.NEVER
      }
    })
    .pipe(z.record(z.string(), z.unknown()))
    .transform((all) =>
      Object.fromEntries(
        Object.entries(all).flatMap(([key, value]) =>
          key.startsWith(`${part}.`) ? [[key.slice(part.length + 1), value]] : [],
        ),
      ),
    )
    .pipe(rulesSchema)
    .safeParse(metadata)
  if (!own.success)
    throw invalidCheckpoint(`${path}: the metadata lora_adapter_metadata is not usable. ${z.prettifyError(own.error)}`)
  return toRules(own.data)
}

/** Whatever the file is called: many are renamed when they are downloaded. */
function hasConfig(weights: Weights): boolean {
  return (basename(weights.place) === PEFT_FILE || isPeft(weights)) && existsSync(configOf(weights))
}

function readConfig(weights: Weights): z.output<typeof rulesSchema> {
  const rules = readJson(configOf(weights), rulesSchema)
  const ranks = new Set(weights.names.filter((name) => /lora_A/.test(name)).map((name) => weights.shapeOf(name)?.[0]))
  if (rules.r === undefined || ranks.has(rules.r)) return rules
  throw invalidCheckpoint(
    `${configOf(weights)}: expected r ${[...ranks].join(' or ')}, the rank of ${basename(weights.place)}, got ${rules.r}.`,
    'Put each adaptation into a folder of its own, with its own adapter_config.json.',
  )
}

function configOf({ place }: Weights): string {
  return join(dirname(place), 'adapter_config.json')
}

/** PEFT keeps alpha beside the tensors, never among them. */
function isPeft({ names }: Weights): boolean {
  return names.some((name) => name.startsWith('base_model.model.'))
}

function isOfUnknownStrength(weights: Weights): boolean {
  const parts = ['unet', 'vae'] as const
  const isSaid = weights.names.some((name) => name.endsWith('.alpha'))
  return isPeft(weights) && !isSaid && parts.every((part) => rulesOf(weights, part).alpha === undefined)
}

const UNKNOWN_STRENGTH =
  'its strength is not known for want of adapter_config.json, and taken for that of an alpha as large as the rank. Bring that file beside it, or say with --lora PATH:SCALE what to multiply it with.'

function toRules({ lora_alpha: alpha, use_rslora: root }: z.output<typeof rulesSchema>): Rules {
  return { alpha, root }
}

const PEFT_FILE = 'adapter_model.safetensors'
const FILES = [PEFT_FILE, 'pytorch_lora_weights.safetensors']

function locate(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path
  const file = FILES.map((name) => join(path, name)).find((candidate) => existsSync(candidate))
  if (file) return file
  throw invalidCheckpoint(
    `${path}: expected ${FILES.join(' or ')}, found neither.`,
    'Name the safetensors file itself.',
  )
}

function unusedKeys({ place }: Weights, keys: readonly string[]): Error {
  const shown = keys.slice(0, 5).join(', ')
  return invalidCheckpoint(
    `${place}: expected keys that adapt the UNet or the autoencoder, got ${keys.length} others: ${shown}${keys.length > 5 ? ', …' : ''}.`,
    'An adaptation of the text encoder belongs into the prompt embedding; one of another model cannot be merged.',
  )
}
