import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { readPngText } from '../../server/graph/png-text.ts'
import { restoreGraph } from './graphs.ts'
import { Listener, post, upload } from './host.ts'
import { host, onHost } from './stage.ts'

/** What ComfyUI's clients see of the real host, frame by frame, as it was seen of ComfyUI 0.3.64. */

onHost({
  before: async () => {
    const small = sharp({ create: { width: 64, height: 64, channels: 3, background: '#285078' } })
    await upload(host, 'small.png', await small.png().toBuffer())
  },
})

const trivial = (prefix: string) => ({
  1: { class_type: 'LoadImage', inputs: { image: 'small.png' } },
  2: { class_type: 'ImageInvert', inputs: { image: ['1', 0] } },
  3: { class_type: 'SaveImage', inputs: { images: ['2', 0], filename_prefix: prefix } },
})

/** Runs a graph and gives everything that its client hears of it. */
async function heard(prompt: object, more: object = {}) {
  const client = `client-${Math.random()}`
  const listener = await Listener.open(host.url, client)
  const before = listener.messages.length
  const answer = await post(host, '/prompt', { prompt, client_id: client, ...more })
  const id = (answer.body as { prompt_id: string }).prompt_id
  await listener.until('executing', (data) => data.node === null && data.prompt_id === id)
  listener.close()
  const messages = listener.messages.slice(before)
  const record = ((await (await fetch(`${host.url}/history/${id}`)).json()) as Record<string, object>)[id]
  return { id, messages, types: messages.map(({ type }) => type), record, answer }
}

const remaining = (count: number) => ({
  type: 'status',
  data: { status: { exec_info: { queue_remaining: count } } },
})
const images = (filename: string) => ({ images: [{ filename, subfolder: '', type: 'output' }] })

describe('load, invert, save', () => {
  test('is told in seventeen messages', async () => {
    const { id, messages, record, answer } = await heard(trivial('first'))
    const timestamp = expect.any(Number)
    const state = (node: string, value: number, name: string) => ({
      value,
      max: 1,
      state: name,
      node_id: node,
      prompt_id: id,
      display_node_id: node,
      parent_node_id: null,
      real_node_id: node,
    })
    const states = (...nodes: ReturnType<typeof state>[]) => ({
      type: 'progress_state',
      data: { prompt_id: id, nodes: Object.fromEntries(nodes.map((node) => [node.node_id, node])) },
    })
    const executing = (node: string) => ({ type: 'executing', data: { node, display_node: node, prompt_id: id } })
    const done = ['1', '2', '3'].map((node) => state(node, 1, 'finished'))
    expect(messages).toEqual([
      remaining(1),
      remaining(1),
      { type: 'execution_start', data: { prompt_id: id, timestamp } },
      { type: 'execution_cached', data: { nodes: [], prompt_id: id, timestamp } },
      states(state('1', 0, 'running')),
      executing('1'),
      states(...done.slice(0, 1)),
      states(...done.slice(0, 1), state('2', 0, 'running')),
      executing('2'),
      states(...done.slice(0, 2)),
      states(...done.slice(0, 2), state('3', 0, 'running')),
      executing('3'),
      { type: 'executed', data: { node: '3', display_node: '3', output: images('first_00001_.png'), prompt_id: id } },
      states(...done),
      { type: 'execution_success', data: { prompt_id: id, timestamp } },
      remaining(0),
      { type: 'executing', data: { node: null, prompt_id: id } },
    ])
    expect(answer).toEqual({ status: 200, body: { prompt_id: id, number: expect.any(Number), node_errors: {} } })
    expect(record).toMatchObject({
      prompt: [expect.any(Number), id, trivial('first'), { client_id: expect.any(String) }, ['3']],
      outputs: { 3: images('first_00001_.png') },
      status: {
        status_str: 'success',
        completed: true,
        messages: [
          ['execution_start', { prompt_id: id, timestamp }],
          ['execution_cached', { nodes: [], prompt_id: id, timestamp }],
          ['execution_success', { prompt_id: id, timestamp }],
        ],
      },
      meta: { 3: { node_id: '3', display_node: '3', parent_node: null, real_node_id: '3' } },
    })
  })

  test('is told in nine when it was run before, and saves nothing', async () => {
    await heard(trivial('cached'))
    const { id, messages, types, record } = await heard(trivial('cached'))
    expect(types).toEqual([
      'status',
      'status',
      'execution_start',
      'execution_cached',
      'executed',
      'progress_state',
      'execution_success',
      'status',
      'executing',
    ])
    expect(messages[3]!.data).toMatchObject({ nodes: ['1', '2', '3'], prompt_id: id })
    expect(messages[4]!.data).toEqual({
      node: '3',
      display_node: '3',
      output: images('cached_00001_.png'),
      prompt_id: id,
    })
    expect(record).toMatchObject({ outputs: { 3: images('cached_00001_.png') } })
    expect((await readdir(join(host.data, 'output'))).filter((name) => name.startsWith('cached'))).toHaveLength(1)
  })

  test('writes its graph and workflow into the picture, before the pixels', async () => {
    const extra_data = { extra_pnginfo: { workflow: { nodes: [], version: 0.4 }, 'more é': [1] } }
    await heard(trivial('texts'), { extra_data })
    const bytes = await readFile(join(host.data, 'output/texts_00001_.png'))
    const texts = readPngText(bytes)
    expect(JSON.parse(texts.get('prompt')!)).toMatchObject(trivial('texts'))
    expect(JSON.parse(texts.get('workflow')!)).toEqual({ nodes: [], version: 0.4 })
    expect(bytes.indexOf('tEXt')).toBeLessThan(bytes.indexOf('IDAT'))
    const { channels, depth } = await sharp(bytes).metadata()
    expect([channels, depth]).toEqual([3, 'uchar'])
    expect([...(await sharp(bytes).raw().toBuffer()).subarray(0, 3)]).toEqual([0xd7, 0xaf, 0x87])
  })
})

test('of equal nodes one is computed, and the other is told of with nothing to show', async () => {
  const save = (source: string, prefix: string) => ({
    class_type: 'SaveImage',
    inputs: { images: [source, 0], filename_prefix: prefix },
  })
  const { messages, record } = await heard({
    1: { class_type: 'LoadImage', inputs: { image: 'small.png' } },
    2: { class_type: 'ImageScaleBy', inputs: { image: ['1', 0], upscale_method: 'area', scale_by: 1.25 } },
    4: { class_type: 'ImageScaleBy', inputs: { image: ['1', 0], upscale_method: 'area', scale_by: 1.25 } },
    5: save('2', 'equal-a'),
    6: save('4', 'equal-b'),
  })
  const about = messages.filter(({ data }) => data.node === '2' || data.node === '4')
  expect(about.filter(({ type }) => type === 'executing')).toHaveLength(1)
  expect(about.filter(({ type }) => type === 'executed').map(({ data }) => data.output)).toEqual([null])
  expect(record).toMatchObject({ outputs: { 5: images('equal-a_00001_.png'), 6: images('equal-b_00001_.png') } })
})

test('a restoration says in a line what it does, and shows the picture so far as each client understands it', async () => {
  for (const [asks, kind] of [
    [false, 1],
    [true, 4],
  ] as const) {
    const listener = await Listener.open(host.url, `restores-${kind}`)
    if (asks) listener.sendJson({ type: 'feature_flags', data: { supports_preview_metadata: true } })
    const photograph = restoreGraph('old-photograph.jpg', { scale: 2, tileSize: 256, overlap: 64 + 8 * kind })
    const answer = await post(host, '/prompt', { prompt: photograph, client_id: `restores-${kind}` })
    const { prompt_id: id } = answer.body as { prompt_id: string }
    await listener.until('executing', (data) => data.node === null && data.prompt_id === id)
    listener.close()
    const kinds = new Set(listener.frames.map((frame) => frame.kind))
    expect(kinds).toEqual(new Set([3, kind]))
    const line = listener.frames.find((frame) => frame.kind === 3)!
    expect(line.bytes.toString()).toMatch(/^restore\d+ × \d+ in \d+ tiles$/)
    const preview = listener.frames.find((frame) => frame.kind === kind)!
    expect((await sharp(preview.bytes).metadata()).format).toBe('jpeg')
    if (asks) expect(preview.header).toMatchObject({ node_id: 'restore', prompt_id: id, image_type: 'image/jpeg' })
  }
})

test('SaveImageWebsocket sends whole pictures in order, each time anew, while its node is the one that runs', async () => {
  const prompt = {
    1: { class_type: 'LoadImage', inputs: { image: 'small.png' } },
    2: { class_type: 'ImageInvert', inputs: { image: ['1', 0] } },
    3: { class_type: 'ImageBatch', inputs: { image1: ['1', 0], image2: ['2', 0] } },
    send: { class_type: 'SaveImageWebsocket', inputs: { images: ['3', 0] } },
  }
  // As ComfyUI's own example reads them: type and format are eight bytes.
  const listener = await Listener.open(host.url, 'no-disk')
  const during: unknown[] = []
  listener.socket.on('message', (_data, isBinary) => {
    if (isBinary) during.push(listener.messages.findLast(({ type }) => type === 'executing')?.data.node)
  })
  for (const round of [1, 2]) {
    const answer = await post(host, '/prompt', { prompt, client_id: 'no-disk' })
    const { prompt_id: id } = answer.body as { prompt_id: string }
    await listener.until('executing', (data) => data.node === null && data.prompt_id === id)
    expect(listener.frames).toHaveLength(2 * round)
  }
  expect(listener.frames.map(({ kind }) => kind)).toEqual([1, 1, 1, 1])
  expect(during).toEqual(['send', 'send', 'send', 'send'])
  const colours = listener.frames.map(async ({ bytes }) => (await sharp(bytes).raw().toBuffer()).toString('hex', 0, 3))
  expect(await Promise.all(colours)).toEqual(['285078', 'd7af87', '285078', 'd7af87'])
  listener.close()
})

test('a node that fails is named, and the end is told all the same', async () => {
  await upload(host, 'broken.png', Buffer.from('no picture'))
  const prompt = { ...trivial('fails'), 1: { class_type: 'LoadImage', inputs: { image: 'broken.png' } } }
  const { messages, types, record } = await heard(prompt)
  expect(types.slice(-3)).toEqual(['execution_error', 'status', 'executing'])
  expect(types).not.toContain('execution_success')
  expect(messages.at(-3)!.data).toMatchObject({
    node_id: '1',
    node_type: 'LoadImage',
    executed: [],
    exception_message: expect.stringMatching(/\n$/),
    exception_type: expect.any(String),
    traceback: expect.any(Array),
    current_inputs: { image: ['broken.png'] },
    current_outputs: expect.any(Array),
  })
  expect(record).toMatchObject({ status: { status_str: 'error', completed: false }, outputs: {} })
})
