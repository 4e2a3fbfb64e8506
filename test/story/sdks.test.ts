import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { restoreGraph } from './graphs.ts'
import { root } from './host.ts'
import { host, onHost } from './stage.ts'

const folder = join(root, 'test/story/sdks')
const isInstalled = existsSync(join(folder, 'node_modules'))
const load = createRequire(join(folder, 'package.json'))
if (!isInstalled && process.env.CI !== 'true')
  process.stderr.write('The stories of other clients are left out: run npm test, which installs them.\n')

/** Public clients of ComfyUI, with every feature that our host has a meaning for. */
describe.skipIf(!isInstalled && process.env.CI !== 'true')('clients that were written for ComfyUI', () => {
  let photograph: Buffer
  /** As large as the photograph, and half transparent. */
  let mask: Buffer
  onHost({
    before: async () => {
      photograph = await readFile(join(root, 'workflows/photographs/old-photograph.jpg'))
      const { width, height } = await sharp(photograph).metadata()
      const background = { r: 0, g: 0, b: 0, alpha: 0.5 }
      mask = await sharp({ create: { width, height, channels: 4, background } })
        .png()
        .toBuffer()
    },
  })

  const invert = (prefix: string, image = 'photo.jpg') => ({
    '1': { class_type: 'LoadImage', inputs: { image } },
    '2': { class_type: 'ImageInvert', inputs: { image: ['1', 0] } },
    '3': { class_type: 'SaveImage', inputs: { images: ['2', 0], filename_prefix: prefix } },
  })
  const sizeOf = async (bytes: Uint8Array) => {
    const { width, height } = await sharp(bytes).metadata()
    return [width, height]
  }
  const fetched = async (url: string) => new Uint8Array(await (await fetch(url)).arrayBuffer())

  test('comfy-ui-client 0.1.2', async () => {
    const { ComfyUIClient } = load('comfy-ui-client')
    const client = new ComfyUIClient(host.url.replace('http://', ''), 'comfy-ui-client')
    await client.connect()
    expect(await client.uploadImage(photograph, 'photo.jpg', true)).toEqual({
      name: 'photo.jpg',
      subfolder: '',
      type: 'input',
    })
    const images = await client.getImages(invert('plain'))
    const [{ blob, image }] = images['3']
    expect(image).toEqual({ filename: 'plain_00001_.png', subfolder: '', type: 'output' })
    expect(await sizeOf(new Uint8Array(await blob.arrayBuffer()))).toEqual(await sizeOf(photograph))
    expect(await client.uploadMask(mask, 'masked.png', { filename: 'photo.jpg', type: 'input' }, true)).toMatchObject({
      name: 'masked.png',
    })
    const masked = await client.getImage('masked.png', '', 'input')
    expect((await sharp(new Uint8Array(await masked.arrayBuffer())).metadata()).channels).toBe(4)
    expect(Object.keys(await client.getObjectInfo())).toContain('GenDRRestore')
    expect(await client.getObjectInfo('ImageInvert')).toHaveProperty('ImageInvert.output', ['IMAGE'])
    expect(await client.getPrompt()).toEqual({ exec_info: { queue_remaining: 0 } })
    expect(await client.getQueue()).toEqual({ queue_running: [], queue_pending: [] })
    expect(await client.getSystemStats()).toHaveProperty('devices')
    const history = await client.getHistory()
    const [id] = Object.keys(history)
    expect(await client.getHistory(id)).toEqual({ [id!]: history[id!] })
    expect([await client.getEmbeddings(), await client.getExtensions()]).toEqual([[], []])
    await client.interrupt()
    await client.editHistory({ delete: [id!] })
    expect(await client.getHistory(id)).toEqual({})
    await expect(client.getImages({ '1': { class_type: 'Nope', inputs: {} } })).rejects.toThrow()
    await client.disconnect()
  })

  test('@saintno/comfyui-sdk 0.3.1', async () => {
    const { ComfyApi, CallWrapper, PromptBuilder } = load('@saintno/comfyui-sdk')
    const api = new ComfyApi(host.url)
    await api.init(2, 500).waitForReady()
    await api.uploadImage(photograph, 'photo.jpg', { override: true })
    const heard: string[] = []
    const builder = new PromptBuilder(
      restoreGraph('photo.jpg', { tileSize: 256, prefix: 'sdk' }),
      ['scale'],
      ['images'],
    )
      .setInputNode('scale', 'restore.inputs.scale')
      .setOutputNode('images', 'save')
      .input('scale', 2)
    const result = await new Promise<{ images: { images: object[] } }>((resolve, reject) => {
      new CallWrapper(api, builder)
        .onPending(() => heard.push('pending'))
        .onStart(() => heard.push('start'))
        .onProgress(() => heard.push('progress'))
        .onPreview(() => heard.push('preview'))
        .onOutput((name: string) => heard.push(`output ${name}`))
        .onFinished(resolve)
        .onFailed(reject)
        .run()
    })
    expect(new Set(heard)).toEqual(new Set(['pending', 'start', 'progress', 'preview', 'output images']))
    const [width = 0, height = 0] = await sizeOf(photograph)
    expect(await sizeOf(await fetched(api.getPathImage(result.images.images[0])))).toEqual([2 * width, 2 * height])

    const broken = new PromptBuilder({ ...invert('no'), '2': { class_type: 'Nope', inputs: {} } }, [], ['images'])
    const failure = await new Promise<Error>((resolve, reject) => {
      new CallWrapper(api, broken.setOutputNode('images', '3')).onFinished(reject).onFailed(resolve).run()
    })
    expect(failure).toBeInstanceOf(Error)

    expect(await api.getQueue()).toEqual({ queue_running: [], queue_pending: [] })
    expect(Object.keys(await api.getHistories())).not.toEqual([])
    expect(Object.keys(await api.getNodeDefs())).toContain('ImageUpscaleWithModel')
    await api.storeSetting('gendr.theme', 'dark')
    await api.storeSettings({ 'gendr.tile': 512 })
    expect(await api.getSetting('gendr.theme')).toBe('dark')
    expect(await api.getSettings()).toMatchObject({ 'gendr.tile': 512 })
    await api.storeUserData('workflows/one.json', { nodes: [] }, { stringify: true, overwrite: true })
    expect(await (await api.getUserData('workflows/one.json')).json()).toEqual({ nodes: [] })
    expect(await api.listUserData('workflows', true)).toEqual(['one.json'])
    // It asks for the top, whatever folder it is given.
    expect(await api.listUserDataV2('workflows')).toMatchObject([
      { path: 'workflows', type: 'directory' },
      { path: 'workflows/one.json', type: 'file' },
    ])
    await api.moveUserData('workflows/one.json', 'workflows/two.json')
    await api.deleteUserData('workflows/two.json')
    expect(await api.listUserData('workflows', true)).toEqual([])
    expect(await api.getUserConfig()).toMatchObject({ storage: 'server' })
    expect(await api.getModelFiles('gendr_models')).toMatchObject([{ name: 'gendr-nano' }])
    expect(await api.getTerminalLogs()).toHaveProperty('entries')
    expect(await api.uploadMask(mask, { filename: 'photo.jpg', type: 'input', subfolder: '' })).toBeTruthy()
    expect(await api.freeMemory(true, true)).toBe(true)
    await api.interrupt()
    api.destroy()
  })

  test('@stable-canvas/comfyui-client 1.5.9', async () => {
    const { Client, Workflow } = load('@stable-canvas/comfyui-client')
    const client = new Client({ api_host: host.url.replace('http://', ''), clientId: 'canvas', WebSocket, fetch })
    expect(await client.connect()).toBe(true)
    const steps: unknown[] = []
    const done = await client.enqueue(restoreGraph('photo.jpg', { scale: 1, prefix: 'canvas' }), {
      progress: (step: unknown) => steps.push(step),
    })
    expect(steps.length).toBeGreaterThan(0)
    expect(await sizeOf(await fetched(done.images[0].data))).toEqual(await sizeOf(photograph))
    const polled = await client.enqueue_polling(invert('polled'))
    expect(polled.images).toMatchObject([{ type: 'url', data: expect.stringContaining('polled_00001_.png') }])
    const workflow = new Workflow()
    const { LoadImage, ImageInvert, SaveImage } = workflow.classes
    const [loaded] = LoadImage({ image: 'photo.jpg' })
    const [inverted] = ImageInvert({ image: loaded })
    SaveImage({ images: inverted, filename_prefix: 'built' })
    expect((await workflow.invoke(client)).images).toMatchObject([
      { data: expect.stringContaining('built_00001_.png') },
    ])

    expect(await client.getQueue()).toEqual({ Running: [], Pending: [] })
    expect((await client.getHistory(2)).History).toHaveLength(2)
    expect(Object.keys(await client.getNodeDefs())).toContain('SaveImage')
    expect(await client.getUpscaleModels()).toEqual([])
    expect(await client.getModelFolders()).toMatchObject([
      { name: 'gendr_models' },
      { name: 'upscale_models' },
      { name: 'iqa_models' },
    ])
    await client.storeSetting('canvas', [1])
    expect(await client.getSetting('canvas')).toEqual([1])
    await client.storeUserData('notes.txt', 'kept', { stringify: false })
    expect(await (await client.getUserData('notes.txt')).text()).toBe('kept')
    await client.free({ unload_models: true, free_memory: true })
    await client.interrupt()
    await client.clearItems('queue')
    await client.clearItems('history')
    expect((await client.getHistory()).History).toEqual([])
    client.close()
  })
})
