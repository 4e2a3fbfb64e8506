// A runner that speaks the messages of server/runner/messages.ts without any model. What it does with a run is said by
// the `behaviour` input of the graph's Fake nodes: succeed, fail, hang, crash, steps (slow progress, heeds cancel),
// preview, text, result, file (writes a file of a name), full (finds no room on the disk).
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const text = (name, value) => ({ name, kind: 'STRING', default: value, multiline: false })
const catalogue = [
  {
    id: 'Fake',
    title: 'Fake',
    summary: 'Does what it is told.',
    category: 'test',
    inputs: [{ name: 'image', type: 'IMAGE', required: false }],
    parameters: [text('behaviour', 'succeed'), { ...text('filename_prefix', ''), optional: true }],
    outputs: [{ name: 'IMAGE', type: 'IMAGE', list: false }],
    outputNode: true,
    listInput: false,
  },
  {
    id: 'LoadImage',
    title: 'Load image',
    summary: 'Reads a file.',
    category: 'test',
    inputs: [],
    parameters: [{ name: 'image', kind: 'COMBO', options: [], optionsFrom: 'input_images' }],
    outputs: [{ name: 'IMAGE', type: 'IMAGE', list: false }],
    outputNode: false,
    listInput: false,
  },
]

const number = (name, kind, rest) => ({ name, kind, step: 1, optional: false, ...rest })
catalogue.push({
  id: 'Typed',
  title: 'Typed',
  summary: 'Has an input of every type.',
  category: 'test',
  inputs: [{ name: 'image', type: 'IMAGE', required: true }],
  parameters: [
    number('count', 'INT', { default: 1, min: 0, max: 10 }),
    number('scale', 'FLOAT', { default: 1, min: 0.01, max: 8 }),
    { name: 'on', kind: 'BOOLEAN', default: false, optional: true },
    { name: 'few', kind: 'COMBO', options: ['nearest', 'area'], default: 'area' },
    { name: 'many', kind: 'COMBO', options: Array.from({ length: 25 }, (_, i) => `choice ${i}`), default: 'choice 0' },
    { ...text('words', ''), optional: true },
  ],
  outputs: [
    { name: 'IMAGE', type: 'IMAGE', list: false },
    { name: 'MASK', type: 'MASK', list: false },
  ],
  outputNode: false,
  listInput: false,
})

const cancelled = new Set()

process.on('message', async (message) => {
  if (message.type === 'cancel') cancelled.add(message.runId)
  if (message.type === 'run') await execute(message.run)
})
process.on('disconnect', () => process.exit())
process.on('SIGTERM', () => process.exit())

/** `crash 2` crashes at the first two attempts at a run, `crash` at each; `full 2` finds no room at the first two. */
function isAttemptFor(id, behaviour) {
  const [what, most] = behaviour.split(' ')
  if (most === undefined) return true
  const file = join(options.tempRoot, `${what}-${id}`)
  const count = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  writeFileSync(file, String(count + 1))
  return count < Number(most)
}

async function execute(run) {
  let sequence = 0
  const emit = (body) =>
    process.send({ type: 'events', events: [{ runId: run.id, sequence: sequence++, time: Date.now(), ...body }] })
  const executed = []
  emit({ type: 'started' })
  emit({ type: 'cached', nodes: [] })
  for (const [node, { inputs, class_type }] of Object.entries(run.prompt)) {
    emit({ type: 'node_started', node })
    const [behaviour, count = '3'] = String(inputs.behaviour ?? 'succeed').split(' ')
    if (behaviour === 'crash' && isAttemptFor(run.id, inputs.behaviour)) process.kill(process.pid, 'SIGKILL')
    if (behaviour === 'hang') await sleep(60_000)
    if (behaviour === 'steps') {
      for (let value = 1; value <= Number(count); value++) {
        if (cancelled.has(run.id)) return emit({ type: 'interrupted', node, executed })
        emit({ type: 'node_progress', node, value, max: Number(count) })
        await sleep(20)
      }
    }
    if (behaviour === 'preview') {
      emit({ type: 'node_preview', node, format: 'image/jpeg', bytes: new Uint8Array([255, 216, 255]) })
    }
    if (behaviour === 'text') emit({ type: 'node_text', node, text: 'half way', isWarning: false })
    if (behaviour === 'warn') emit({ type: 'node_text', node, text: 'it is damaged', isWarning: true })
    if (behaviour === 'result') {
      for (const [name, bytes] of Object.entries(run.attachments)) {
        emit({ type: 'result_image', node, index: 0, filename: `${name}.png`, format: 'image/png', bytes })
      }
    }
    if (behaviour === 'file') {
      const bytes = Buffer.from(`a file of ${count}`)
      writeFileSync(join(options.outputRoot, `${count}.png`), bytes)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const file = { filename: `${count}.png`, subfolder: '', type: 'output', sha256, size: bytes.length }
      emit({ type: 'file_written', node, file })
    }
    const isFull = behaviour === 'full' && isAttemptFor(run.id, inputs.behaviour)
    if (behaviour === 'fail' || isFull) {
      const error = {
        node,
        nodeType: class_type,
        code: isFull ? 'disk_full' : 'invalid_input',
        message: 'No.',
        remedy: 'Do not.',
        executed,
        inputs: { behaviour: ['fail'] },
      }
      return emit({ type: 'failed', error })
    }
    executed.push(node)
    const name = behaviour === 'file' ? count : node
    const ui = class_type === 'Fake' ? { images: [{ filename: `${name}.png`, subfolder: '', type: 'output' }] } : null
    emit({ type: 'node_finished', node, ui, cached: false })
  }
  emit({ type: 'succeeded' })
}

// `device` in the options says how the start goes, for tests of the supervisor.
const options = JSON.parse(process.argv[2])
if (options.device === 'webgpu') process.exit(3)
if (options.device === 'cuda') {
  const refusal = { type: 'unusable', code: 'device_unavailable', message: 'No CUDA.', remedy: 'Use the CPU.' }
  process.send(refusal, () => process.exit(1))
  await new Promise(() => undefined)
}
process.send({ type: 'ready', catalogue, device: { provider: 'cpu', name: 'Fake CPU', reason: 'a test' } })
