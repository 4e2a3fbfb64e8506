import { invalidCheckpoint } from '../failure.ts'
import { BYTES_OF, fileSize, type LocatedEntry, readBytes } from '../safetensors.ts'
import { elementCount } from '../stored-tensor.ts'
import { type Pickled, PickledCall, PickledGlobal, PickledReference, unpickle } from './unpickle.ts'
import { readZip } from './zip.ts'

/**
 * The tensors of a file that torch.save wrote, by name; the bytes stay where they are. Both formats: the ZIP archive of
 * PyTorch 1.6 and later, and the series of pickles before that (torch/serialization.py, `_legacy_save`). Of a training
 * checkpoint the smoothed weights are taken (`params_ema`), else the network's.
 */
export function readTorchFile(path: string): ReadonlyMap<string, LocatedEntry> {
  const start = readBytes(path, 0, Math.min(4, fileSize(path)))
  const { root, storages } = isZip(start) ? readArchive(path) : readLegacy(path)
  const tensors = new Map<string, LocatedEntry>()
  for (const [name, call] of tensorsIn(root, path)) tensors.set(name, toEntry(name, call, storages, path))
  return tensors
}

interface TorchFile {
  readonly root: Pickled
  /** Where each storage begins and ends, by its key. */
  readonly storages: ReadonlyMap<string, { readonly begin: number; readonly end: number }>
}

function isZip(start: Uint8Array): boolean {
  return start[0] === 0x50 && start[1] === 0x4b
}

function readArchive(path: string): TorchFile {
  const entries = readZip(path)
  const pickle = entries.find(({ name }) => /^[^/]+\/data\.pkl$/.test(name))
  if (!pickle) throw invalidCheckpoint(`${path}: expected data.pkl in the archive, found none.`, REMEDY)
  const folder = pickle.name.slice(0, -'data.pkl'.length)
  const order = entries.find(({ name }) => name === `${folder}byteorder`)
  if (order && new TextDecoder().decode(readBytes(path, order.begin, order.end - order.begin)) !== 'little')
    throw invalidCheckpoint(`${path}: expected little-endian numbers.`, REMEDY)
  const { value } = unpickle(readBytes(path, pickle.begin, pickle.end - pickle.begin), ALLOWED, path)
  const prefix = `${folder}data/`
  const storages = entries.filter(({ name }) => name.startsWith(prefix))
  return { root: value, storages: new Map(storages.map((entry) => [entry.name.slice(prefix.length), entry])) }
}

/** Magic number, version, system, object, keys, and then each storage: its length in values (int64) and its values. */
function readLegacy(path: string): TorchFile {
  const size = fileSize(path)
  const bytes = readBytes(path, 0, Math.min(size, LARGEST_HEAD))
  let end = 0
  const next = (): Pickled => {
    const read = unpickle(bytes.subarray(end), ALLOWED, path)
    end += read.end
    return read.value
  }
  if (bytes[0] !== 0x80 || next() !== MAGIC)
    throw invalidCheckpoint(`${path}: expected a file that torch.save wrote.`, REMEDY)
  const [, , root, keys] = [next(), next(), next(), next()]
  const widths = new Map(Array.from(referencesIn(root!), ({ key, type }) => [key, BYTES_OF[type]] as const))
  const storages = new Map<string, { begin: number; end: number }>()
  for (const key of Array.isArray(keys) ? keys : []) {
    const width = typeof key === 'string' ? widths.get(key) : undefined
    if (typeof key !== 'string' || width === undefined)
      throw invalidCheckpoint(`${path}: expected a tensor in every storage.`, REMEDY)
    const count = Number(new DataView(readBytes(path, end, 8).buffer).getBigInt64(0, true))
    const begin = end + 8
    end = begin + count * width
    if (count < 0 || end > size) throw invalidCheckpoint(`${path}: expected ${end} bytes, got ${size}.`, REMEDY)
    storages.set(key, { begin, end })
  }
  return { root: root!, storages }
}

/** The state dictionary: where there are several in one another, the first of these, else the only one. */
const STATES = ['params_ema', 'params-ema', 'params', 'state_dict', 'model_state_dict', 'model', 'net', 'generator']

function* tensorsIn(root: Pickled, path: string): Generator<[string, PickledCall]> {
  const state = stateOf(root)
  if (state === undefined) throw invalidCheckpoint(`${path}: expected a dictionary of tensors, found none.`, REMEDY)
  for (const [name, value] of state) {
    const tensor = parameterOf(value)
    if (typeof name === 'string' && tensor) yield [name, tensor]
  }
}

/** @param seen what was looked at: a pickle may name one dictionary in many places */
function stateOf(
  value: Pickled | undefined,
  depth = 0,
  seen = new Set<Pickled>(),
): ReadonlyMap<Pickled, Pickled> | undefined {
  if (!(value instanceof Map) || depth > DEEPEST || seen.has(value)) return undefined
  seen.add(value)
  for (const key of STATES) {
    const inner = stateOf(value.get(key), depth + 1, seen)
    if (inner) return inner
  }
  if ([...value.values()].some(parameterOf)) return value
  const [only, other] = [...value.values()].flatMap((one) => stateOf(one, depth + 1, seen) ?? [])
  return other === undefined ? only : undefined
}

/** A tensor, also one inside a Parameter. */
function parameterOf(value: Pickled): PickledCall | undefined {
  if (!(value instanceof PickledCall)) return undefined
  const inner = value.name === 'torch._utils._rebuild_parameter' ? value.operands[0] : value
  return inner instanceof PickledCall && inner.name === 'torch._utils._rebuild_tensor_v2' ? inner : undefined
}

interface Storage {
  readonly key: string
  readonly type: LocatedEntry['type']
}

/** Every storage that is referred to; a pickle may contain itself, so that each value is looked at once. */
function* referencesIn(root: Pickled): Generator<Storage> {
  const seen = new Set<Pickled>([root])
  for (const value of seen) {
    const storage = storageOf(value)
    if (storage) yield storage
    for (const part of partsOf(value)) seen.add(part)
  }
}

function partsOf(value: Pickled): Iterable<Pickled> {
  if (value instanceof PickledCall) return value.operands
  if (value instanceof Map) return value.values()
  return Array.isArray(value) ? value : []
}

/** ('storage', type, key, device, length) */
function storageOf(value: Pickled | undefined): Storage | undefined {
  if (!(value instanceof PickledReference) || !Array.isArray(value.id)) return undefined
  const [kind, type, key] = value.id
  if (kind !== 'storage' || !(type instanceof PickledGlobal) || typeof key !== 'string') return undefined
  const known = TYPES[type.name]
  return known && { key, type: known }
}

/** _rebuild_tensor_v2(storage, first value, shape, strides, ...) */
function toEntry(name: string, { operands }: PickledCall, storages: TorchFile['storages'], file: string): LocatedEntry {
  const [reference, first, shape, strides] = operands
  const storage = storageOf(reference)
  const place = storage && storages.get(storage.key)
  if (!storage || !place || !isSize(first) || !isShape(shape) || !isShape(strides) || shape.length !== strides.length)
    throw invalidCheckpoint(`${file}: expected tensor ${name} to say where its values are.`, REMEDY)
  const width = BYTES_OF[storage.type]
  const begin = place.begin + first * width
  const end = begin + elementCount(shape) * width
  if (end > place.end || shape.length > 8)
    throw invalidCheckpoint(`${file}: expected tensor ${name} within its storage of ${place.end - place.begin} bytes.`)
  const order = axesInMemory(shape, strides)
  if (!order) throw invalidCheckpoint(`${file}: expected tensor ${name} without gaps, got strides ${strides}.`, REMEDY)
  const isPlain = order.every((axis, index) => axis === index)
  return { name, type: storage.type, shape, begin, end, file, ...(isPlain ? {} : { order }) }
}

/** The axes from outermost to innermost in memory; undefined when values lie apart or over one another. */
function axesInMemory(shape: readonly number[], strides: readonly number[]): readonly number[] | undefined {
  const order = shape
    .map((_, axis) => axis)
    .sort((a, b) => (shape[a] === 1 || shape[b] === 1 ? a - b : strides[b]! - strides[a]!))
  const wide = order.filter((axis) => shape[axis] !== 1)
  let expected = 1
  for (const axis of wide.toReversed()) {
    if (strides[axis] !== expected) return undefined
    expected *= shape[axis]!
  }
  return wide.every((axis, index) => index === 0 || axis > wide[index - 1]!) ? shape.map((_, axis) => axis) : order
}

function isSize(value: Pickled | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isShape(value: Pickled | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every(isSize)
}

/** PyTorch's magic number of the format before ZIP. */
const MAGIC = 0x1950a86a20f9469cfc6cn

/** The pickles of the older format come first; no state dictionary is near this. */
const LARGEST_HEAD = 2 ** 26

const TYPES: Readonly<Record<string, LocatedEntry['type'] | undefined>> = {
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.DoubleStorage': 'F64',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
}

const ALLOWED: ReadonlySet<string> = new Set([
  ...Object.keys(TYPES),
  'collections.OrderedDict',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_parameter',
])

/** How deep a state dictionary may lie in others. */
const DEEPEST = 4

const REMEDY = 'Save the weights alone with torch.save(model.state_dict()), or as safetensors.'
