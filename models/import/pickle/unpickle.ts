import { invalidCheckpoint } from '../failure.ts'

/** What a pickle may hold here: data, never objects of a class. */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Pickled[]
  | Map<Pickled, Pickled>
  | PickledGlobal
  | PickledCall
  | PickledReference

/** A name that the pickle asks for; it is looked at, never imported. */
export class PickledGlobal {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** A call that the pickle asks for; it is looked at, never made. */
export class PickledCall {
  readonly name: string
  readonly operands: readonly Pickled[]

  constructor(name: string, operands: readonly Pickled[]) {
    this.name = name
    this.operands = operands
  }
}

/** A persistent id: what PyTorch stores outside of the pickle. */
export class PickledReference {
  readonly id: Pickled

  constructor(id: Pickled) {
    this.id = id
  }
}

/**
 * Reads one pickle (protocols 2 to 5, PEP 3154; opcodes as in CPython's pickletools) as data. Opcodes that plain data and
 * tensors do not need are refused, and so is every name that is not in `allowed`: nothing is ever looked up or called.
 * @returns the value, and where the bytes after the pickle begin
 */
export function unpickle(
  bytes: Uint8Array,
  allowed: ReadonlySet<string>,
  place: string,
): { readonly value: Pickled; readonly end: number } {
  return new Unpickler(bytes, allowed, place).run()
}

const MARK = Symbol('mark')

class Unpickler {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #allowed: ReadonlySet<string>
  readonly #place: string
  readonly #memo = new Map<number, Pickled>()
  #stack: (Pickled | typeof MARK)[] = []
  #position = 0

  constructor(bytes: Uint8Array, allowed: ReadonlySet<string>, place: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#allowed = allowed
    this.#place = place
  }

  run(): { value: Pickled; end: number } {
    for (;;) {
      const at = this.#position
      const code = this.#byte()
      if (code === STOP) return { value: this.#pop(), end: this.#position }
      const operation = OPERATIONS[code]
      if (operation === undefined) throw this.#refused(`opcode 0x${code.toString(16).padStart(2, '0')} at byte ${at}`)
      this.#step(operation)
    }
  }

  #step(operation: Operation): void {
    switch (operation) {
      case 'protocol': {
        const protocol = this.#byte()
        if (protocol < 2 || protocol > 5) throw this.#refused(`protocol ${protocol}`)
        break
      }
      case 'frame':
        this.#take(8)
        break
      case 'mark':
        this.#stack.push(MARK)
        break
      case 'pop':
        this.#pop()
        break
      case 'none':
        this.#push(null)
        break
      case 'true':
        this.#push(true)
        break
      case 'false':
        this.#push(false)
        break
      case 'int8':
        this.#push(this.#byte())
        break
      case 'int16':
        this.#push(this.#view.getUint16(this.#take(2), true))
        break
      case 'int32':
        this.#push(this.#view.getInt32(this.#take(4), true))
        break
      case 'long':
        this.#push(this.#long(this.#byte()))
        break
      case 'float':
        this.#push(this.#view.getFloat64(this.#take(8), false))
        break
      case 'text8':
        this.#push(this.#text(this.#byte()))
        break
      case 'text32':
        this.#push(this.#text(this.#view.getUint32(this.#take(4), true)))
        break
      case 'list':
        this.#push([])
        break
      case 'dict':
        this.#push(new Map())
        break
      case 'tuple0':
        this.#push([])
        break
      case 'tuple1':
        this.#push(this.#last(1))
        break
      case 'tuple2':
        this.#push(this.#last(2))
        break
      case 'tuple3':
        this.#push(this.#last(3))
        break
      case 'tuple':
        this.#push(this.#toMark())
        break
      case 'append':
        this.#append(this.#last(1))
        break
      case 'appends':
        this.#append(this.#toMark())
        break
      case 'setitem':
        this.#setItems(this.#last(2))
        break
      case 'setitems':
        this.#setItems(this.#toMark())
        break
      case 'put8':
        this.#remember(this.#byte())
        break
      case 'put32':
        this.#remember(this.#view.getUint32(this.#take(4), true))
        break
      case 'memoize':
        this.#remember(this.#memo.size)
        break
      case 'get8':
        this.#recall(this.#byte())
        break
      case 'get32':
        this.#recall(this.#view.getUint32(this.#take(4), true))
        break
      case 'global':
        this.#global(`${this.#line()}.${this.#line()}`)
        break
      case 'stack-global': {
        const [module, name] = this.#last(2)
        if (typeof module !== 'string' || typeof name !== 'string') throw this.#refused('a name that is no text')
        this.#global(`${module}.${name}`)
        break
      }
      case 'reference':
        this.#push(new PickledReference(this.#pop()))
        break
      case 'reduce':
        this.#reduce()
        break
      case 'build':
        // The attributes of an OrderedDict, such as PyTorch's _metadata; no tensor is among them.
        this.#pop()
        break
    }
  }

  #global(name: string): void {
    if (!this.#allowed.has(name)) throw this.#refused(`a request for ${name}`)
    this.#push(new PickledGlobal(name))
  }

  #reduce(): void {
    const [callee, operands] = this.#last(2)
    if (!(callee instanceof PickledGlobal) || !Array.isArray(operands)) throw this.#refused('a call of no name')
    this.#push(
      callee.name === 'collections.OrderedDict' ? new Map(pairsOf(operands)) : new PickledCall(callee.name, operands),
    )
  }

  #append(values: readonly Pickled[]): void {
    const list = this.#stack.at(-1)
    if (!Array.isArray(list)) throw this.#refused('items without a list')
    for (const value of values) list.push(value)
  }

  #setItems(items: readonly Pickled[]): void {
    const target = this.#stack.at(-1)
    if (!(target instanceof Map) || items.length % 2 !== 0) throw this.#refused('items without a dictionary')
    for (let i = 0; i < items.length; i += 2) target.set(items[i]!, items[i + 1]!)
  }

  #remember(index: number): void {
    const value = this.#stack.at(-1)
    if (value === undefined || value === MARK) throw this.#refused('a memo of nothing')
    this.#memo.set(index, value)
  }

  #recall(index: number): void {
    const value = this.#memo.get(index)
    if (value === undefined) throw this.#refused(`memo ${index}, which is not there`)
    this.#push(value)
  }

  #push(value: Pickled): void {
    this.#stack.push(value)
  }

  #pop(): Pickled {
    return this.#last(1)[0]!
  }

  #last(count: number): Pickled[] {
    if (this.#stack.length < count) throw this.#refused('an empty stack')
    const values = this.#stack.splice(this.#stack.length - count)
    if (values.includes(MARK)) throw this.#refused('a mark out of place')
    return values as Pickled[]
  }

  #toMark(): Pickled[] {
    const mark = this.#stack.lastIndexOf(MARK)
    if (mark < 0) throw this.#refused('no mark')
    const values = this.#stack.splice(mark + 1) as Pickled[]
    this.#stack.pop()
    return values
  }

  #long(length: number): bigint {
    const from = this.#take(length)
    let value = 0n
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[from + i]!)
    return length > 0 && this.#bytes[from + length - 1]! >= 128 ? value - (1n << BigInt(8 * length)) : value
  }

  #text(length: number): string {
    const from = this.#take(length)
    return new TextDecoder().decode(this.#bytes.subarray(from, from + length))
  }

  #line(): string {
    const end = this.#bytes.indexOf(NEWLINE, this.#position)
    if (end < 0) throw this.#refused('a line without an end')
    const text = this.#text(end - this.#position)
    this.#position++
    return text
  }

  #byte(): number {
    return this.#bytes[this.#take(1)]!
  }

  /** Moves on by `count` bytes and returns where they begin. */
  #take(count: number): number {
    const from = this.#position
    if (from + count > this.#bytes.length) throw this.#refused(`an end after ${this.#bytes.length} bytes`)
    this.#position += count
    return from
  }

  #refused(what: string): Error {
    return invalidCheckpoint(
      `${this.#place}: expected tensors and plain data only, got ${what}.`,
      'Nothing in the file was run. Save the weights alone with torch.save(model.state_dict()), or as safetensors.',
    )
  }
}

function pairsOf([items]: readonly Pickled[]): [Pickled, Pickled][] {
  if (!Array.isArray(items)) return []
  return items.filter((item): item is [Pickled, Pickled] => Array.isArray(item) && item.length === 2)
}

const STOP = 0x2e
const NEWLINE = 0x0a

const OPERATION_OF = {
  128: 'protocol',
  149: 'frame',
  40: 'mark',
  48: 'pop',
  78: 'none',
  136: 'true',
  137: 'false',
  75: 'int8',
  77: 'int16',
  74: 'int32',
  138: 'long',
  71: 'float',
  140: 'text8',
  88: 'text32',
  93: 'list',
  125: 'dict',
  41: 'tuple0',
  133: 'tuple1',
  134: 'tuple2',
  135: 'tuple3',
  116: 'tuple',
  97: 'append',
  101: 'appends',
  115: 'setitem',
  117: 'setitems',
  113: 'put8',
  114: 'put32',
  148: 'memoize',
  104: 'get8',
  106: 'get32',
  99: 'global',
  147: 'stack-global',
  81: 'reference',
  82: 'reduce',
  98: 'build',
} as const

type Operation = (typeof OPERATION_OF)[keyof typeof OPERATION_OF]

const OPERATIONS: Readonly<Record<number, Operation | undefined>> = OPERATION_OF
