import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { bfloatsToFloats, halvesToFloats } from '../installed/half.ts'
import { invalidCheckpoint } from './failure.ts'
import { formatOf } from './file-format.ts'
import { readJson } from './json.ts'
import { readTorchFile } from './pickle/torch-file.ts'
import { BYTES_OF, type LocatedEntry, readBytes, readSafetensorsHeader, TYPE_REMEDY } from './safetensors.ts'
import {
  BYTES_OF_TYPE,
  elementCount,
  type FloatType,
  inRowMajor,
  rowLength,
  type Shape,
  type StoredTensor,
  valuesOf,
} from './stored-tensor.ts'

/** Where the layers find their tensors. */
export interface TensorSource {
  has(name: string): boolean
  /** The tensor of that name; it must have one of the shapes. */
  take(name: string, ...shapes: readonly Shape[]): StoredTensor
  /** Whether the last convolution of a block, `block`.`last`, has no value but 0; then nobody need take what else the block has. */
  isIdle(block: string, last: string): boolean
}

/** The tensors of one part of a checkpoint, which remembers what was taken. */
export class Weights implements TensorSource {
  readonly #tensors: ReadonlyMap<string, LocatedEntry>
  readonly #taken = new Map<string, StoredTensor>()
  readonly #numbers = new Set<string>()
  readonly #idle = new Set<string>()
  readonly #change: (tensor: StoredTensor) => StoredTensor
  /** The file or index that lists them, for messages. */
  readonly place: string

  constructor(
    tensors: ReadonlyMap<string, LocatedEntry>,
    place: string,
    change: (tensor: StoredTensor) => StoredTensor = (tensor) => tensor,
  ) {
    this.#tensors = tensors
    this.place = place
    this.#change = change
  }

  /** The same tensors, of which `take` gives what `change` makes of them. */
  changed(change: (tensor: StoredTensor) => StoredTensor): Weights {
    return new Weights(this.#tensors, this.place, change)
  }

  /** The tensors of each module, modules in one another down to that depth, by what their names begin with, and without it. */
  modules(deepest: number): ReadonlyMap<string, Weights> {
    const modules = new Map<string, Map<string, LocatedEntry>>()
    for (const [name, entry] of this.#tensors) {
      let end = name.indexOf('.') + 1
      for (let depth = 0; depth < deepest && end > 0; depth++) {
        const prefix = name.slice(0, end)
        const own = modules.get(prefix) ?? new Map<string, LocatedEntry>()
        modules.set(prefix, own.set(name.slice(end), entry))
        end = name.indexOf('.', end) + 1
      }
    }
    return new Map(Array.from(modules, ([prefix, own]) => [prefix, new Weights(own, this.place, this.#change)]))
  }

  get names(): readonly string[] {
    return [...this.#tensors.keys()]
  }

  /** The files that the tensors lie in. */
  get files(): readonly string[] {
    return [...new Set(Array.from(this.#tensors.values(), ({ file }) => file))]
  }

  has(name: string): boolean {
    return this.#tensors.has(name)
  }

  shapeOf(name: string): Shape | undefined {
    return this.#tensors.get(name)?.shape
  }

  /** The one number that a tensor of any type holds. */
  number(name: string): number {
    const entry = this.#tensors.get(name)
    if (!entry) throw invalidCheckpoint(`${this.place}: expected tensor ${name} with one number, found none.`)
    const { file, shape, begin, type } = entry
    if (elementCount(shape) !== 1)
      throw invalidCheckpoint(`${file}: expected tensor ${name} with one number, got [${shape.join(', ')}].`)
    const value = READERS[type](new DataView(readBytes(file, begin, BYTES_OF[type]).buffer))
    if (!Number.isFinite(value)) throw invalidCheckpoint(`${file}: expected a finite number in ${name}, got ${value}.`)
    this.#numbers.add(name)
    return value
  }

  /** Whether the tensor of that name has a type that `take` understands. */
  isFloat(name: string): boolean {
    return isFloatType(this.#tensors.get(name)?.type ?? '')
  }

  take(name: string, ...shapes: readonly Shape[]): StoredTensor {
    const entry = this.#tensors.get(name)
    const expected = shapes.map((shape) => `[${shape.join(', ')}]`).join(' or ')
    if (!entry) throw invalidCheckpoint(`${this.place}: expected tensor ${name} ${expected}, found none.`)
    const { type, shape, file } = entry
    if (!shapes.some((one) => sameShape(one, shape)))
      throw invalidCheckpoint(`${file}: expected tensor ${name} of shape ${expected}, got [${shape.join(', ')}].`)
    if (!isFloatType(type))
      throw invalidCheckpoint(
        `${file}: expected tensor ${name} as ${Object.keys(BYTES_OF_TYPE).join(', ')}, got ${type}.`,
        TYPE_REMEDY,
      )
    const tensor = stored(name, entry, type)
    this.#taken.set(name, tensor)
    return this.#read(tensor, entry)
  }

  isIdle(block: string, last: string): boolean {
    const isIdle = ['weight', 'bias'].every((key) => this.#isZero(`${block}.${last}.${key}`))
    if (isIdle) this.#idle.add(block)
    return isIdle
  }

  #isZero(name: string): boolean {
    const entry = this.#tensors.get(name)
    if (entry === undefined || !isFloatType(entry.type)) return false
    const tensor = this.#read(stored(name, entry, entry.type), entry)
    // Nearly always the first row tells.
    for (let row = 0; row < (entry.shape[0] ?? 1); row++)
      if (valuesOf(tensor, row, row + 1).some((value) => value !== 0)) return false
    return true
  }

  /** In its own order of axes, and changed. */
  #read(tensor: StoredTensor, { order }: LocatedEntry): StoredTensor {
    return this.#change(order === undefined ? tensor : inRowMajor(tensor, order))
  }

  /** What was taken, as it lies in the files. */
  get taken(): readonly StoredTensor[] {
    return [...this.#taken.values()]
  }

  get unused(): readonly string[] {
    const isIdle = (name: string) => [...this.#idle].some((block) => name.startsWith(`${block}.`))
    return this.names.filter((name) => !this.#taken.has(name) && !this.#numbers.has(name) && !isIdle(name))
  }

  /** Number of values in the tensors that were taken. */
  get parameters(): number {
    return this.taken.reduce((sum, { shape }) => sum + elementCount(shape), 0)
  }
}

function stored(name: string, { file, shape, begin }: LocatedEntry, type: FloatType): StoredTensor {
  const row = rowLength(shape) * BYTES_OF_TYPE[type]
  const bytes = (from = 0, to = shape[0] ?? 1) => readBytes(file, begin + from * row, (to - from) * row)
  return { name, file, type, shape, offset: begin, bytes }
}

/** One file: safetensors, or what torch.save wrote. */
export function openFile(path: string): Weights {
  return new Weights(locate(path), path)
}

/** The weights of `unet/` or `vae/`: one file, or shards that an index names. */
export function openPart(folder: string): Weights {
  const name = FILES.find((file) => existsSync(join(folder, file)))
  if (name === undefined) throw noWeights(folder)
  const path = join(folder, name)
  return name.endsWith('.json') ? new Weights(locateShards(folder, path), path) : openFile(path)
}

/** What Diffusers calls them: as safetensors, of its variant of halves, and before there was safetensors. */
const FILES = [
  'diffusion_pytorch_model.safetensors',
  'diffusion_pytorch_model.safetensors.index.json',
  'diffusion_pytorch_model.fp16.safetensors',
  'diffusion_pytorch_model.safetensors.index.fp16.json',
  'diffusion_pytorch_model.bin',
  'diffusion_pytorch_model.bin.index.json',
] as const

function noWeights(folder: string): Error {
  const found = existsSync(folder) ? readdirSync(folder).slice(0, 5) : []
  return invalidCheckpoint(
    `${folder}: expected ${FILES[0]}, found ${found.join(', ') || 'nothing'}.`,
    `Download it too, or give the file one of Diffusers' names: ${FILES.join(', ')}.`,
  )
}

const indexSchema = z.object({
  weight_map: z.record(
    z.string(),
    z.string().regex(/^[\w.-]+\.(safetensors|bin)$/, 'expected a file of tensors beside the index'),
  ),
})

function locate(file: string): ReadonlyMap<string, LocatedEntry> {
  const format = formatOf(file) ?? (/\.(pth|pt|ckpt|bin)$/i.test(file) ? 'torch' : 'safetensors')
  if (format === 'torch') return readTorchFile(file)
  return new Map(Array.from(readSafetensorsHeader(file), ([name, entry]) => [name, { ...entry, file }]))
}

function locateShards(folder: string, index: string): ReadonlyMap<string, LocatedEntry> {
  const { weight_map: fileOf } = readJson(index, indexSchema)
  const shards = new Map([...new Set(Object.values(fileOf))].map((name) => [name, locate(join(folder, name))]))
  return new Map(
    Object.entries(fileOf).map(([name, file]) => {
      const entry = shards.get(file)?.get(name)
      if (!entry) throw invalidCheckpoint(`${index}: expected tensor ${name} in ${file}, found none.`)
      return [name, entry]
    }),
  )
}

/** The number at the start of some bytes, by its type. */
const READERS: Readonly<Record<LocatedEntry['type'], (view: DataView) => number>> = {
  F64: (view) => view.getFloat64(0, true),
  F32: (view) => view.getFloat32(0, true),
  F16: (view) => halvesToFloats(Uint16Array.of(view.getUint16(0, true)))[0]!,
  BF16: (view) => bfloatsToFloats(Uint16Array.of(view.getUint16(0, true)))[0]!,
  I64: (view) => Number(view.getBigInt64(0, true)),
  I32: (view) => view.getInt32(0, true),
  I16: (view) => view.getInt16(0, true),
  I8: (view) => view.getInt8(0),
  U64: (view) => Number(view.getBigUint64(0, true)),
  U32: (view) => view.getUint32(0, true),
  U16: (view) => view.getUint16(0, true),
  U8: (view) => view.getUint8(0),
  BOOL: (view) => view.getUint8(0),
}

function isFloatType(type: string): type is FloatType {
  return Object.hasOwn(BYTES_OF_TYPE, type)
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis])
}
