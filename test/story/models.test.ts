import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findDamage } from '../../models/installed/verify.ts'
import { encodeSafetensors, SMALL_UNET, SMALL_VAE, syntheticTensors } from '../models/import/synthetic.ts'
import { post, root, runPrompt, savedImage, startHost, upload } from './host.ts'

const checkpoint = join(root, 'test/fixtures/checkpoints/tiny-a')
const KILLS = 6

describe('the life of a model', () => {
  let data: string
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'gendr-models-'))
  })
  afterAll(() => rm(data, { recursive: true, force: true }))

  const gendr = (...args: string[]) => {
    const done = spawnSync(process.execPath, ['server/start.mjs', ...args, '--data', data], {
      cwd: root,
      encoding: 'utf8',
    })
    return { code: done.status, out: done.stdout, error: done.stderr }
  }

  test('it is imported, listed, verified and removed', async () => {
    expect(gendr('import', checkpoint, '--timestep', '499', '--name', 'tiny')).toMatchObject({ code: 0 })
    expect(gendr('models').out).toMatch(/^gendr-nano {2}gendr-latent[\s\S]*^tiny {2}gendr-latent/m)
    expect(JSON.parse(gendr('models', '--json').out)).toMatchObject([{ name: 'gendr-nano' }, { name: 'tiny' }])
    expect(gendr('models', 'verify')).toMatchObject({ code: 0, out: 'gendr-nano: sound\ntiny: sound\n' })
    expect(gendr('models', 'remove', 'gendr-nano')).toMatchObject({ code: 2 })
    expect(gendr('models', 'remove', 'tiny')).toMatchObject({ code: 0 })
    expect(gendr('models').out).not.toContain('tiny')
    expect(await readdir(join(data, 'models'))).toEqual([])
  })

  test('a single flipped bit is found, and named', async () => {
    gendr('import', checkpoint, '--timestep', '499', '--name', 'bent', '--copy')
    const weights = (await readdir(join(data, 'models/bent'))).find((file) => /^weights/.test(file))!
    const file = await open(join(data, 'models/bent', weights), 'r+')
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 777)
    await file.write(Buffer.of(buffer[0]! ^ 0b100), 0, 1, 777)
    await file.close()
    const { code, out } = gendr('models', 'verify', 'bent')
    expect(code).toBe(1)
    expect(out).toMatch(
      new RegExp(`^bent: ${weights}: expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}\\.\nbent: import`),
    )
    gendr('models', 'remove', 'bent')
  })

  test('one of random weights is made, and asked at another time without its checkpoint', async () => {
    const config = join(data, 'random.json')
    await writeFile(config, JSON.stringify({ unet: SMALL_UNET, vae: SMALL_VAE, prompt_tokens: 3, type: 'F16' }))
    expect(gendr('import', '--random', config, '--name', 'chance')).toMatchObject({ code: 0 })
    const before = await readFile(join(data, 'models/chance/conditioning.bin'))
    expect(gendr('models', 'set', 'chance', '--timestep', '250', '--alpha', '0.6')).toMatchObject({
      code: 0,
      out: 'chance: timestep 250, prompt default, epsilon, alpha 0.6, beta 0.5\n',
    })
    expect(await readFile(join(data, 'models/chance/conditioning.bin'))).not.toEqual(before)
    expect(await findDamage(join(data, 'models/chance'))).toEqual([])
    expect(gendr('models', 'set', 'chance', '--prompt', 'nobody')).toMatchObject({
      code: 2,
      error: expect.stringMatching(/default, got nobody/),
    })
    gendr('models', 'remove', 'chance')
  })

  test('an upscaler is brought as its file, and enlarges a picture in a graph and on the command line', async () => {
    const file = join(root, 'test/fixtures/upscalers/compact-x4.pth')
    const dry = gendr('import', file, '--dry-run')
    expect(dry).toMatchObject({
      code: 0,
      out: expect.stringMatching(/SRVGGNetCompact ×4[\s\S]*GMAC[\s\S]*Nothing was/),
    })
    expect(gendr('import', file, '--timestep', '499')).toMatchObject({
      code: 2,
      error: expect.stringContaining("no --timestep with an upscaler's tensors"),
    })
    expect(gendr('models').out).not.toContain('compact-x4')
    expect(gendr('import', file, '--quiet')).toMatchObject({ code: 0, error: '' })
    expect(gendr('models').out).toMatch(/^compact-x4 {2}upscaler/m)
    const picture = join(data, 'small.png')
    await sharp({ create: { width: 70, height: 40, channels: 3, background: '#876' } })
      .png()
      .toFile(picture)
    const host = await startHost(['--models', join(data, 'models')])
    try {
      expect(await (await fetch(`${host.url}/models/upscale_models`)).json()).toEqual(['compact-x4'])
      await upload(host, 'small.png', await readFile(picture))
      const graph = (loader: string) => ({
        load: { class_type: 'LoadImage', inputs: { image: 'small.png' } },
        // What ComfyUI's own workflows say, and no more: the file, here as on Windows.
        model: { class_type: loader, inputs: { model_name: 'ESRGAN\\compact-x4.pth' } },
        up: { class_type: 'ImageUpscaleWithModel', inputs: { upscale_model: ['model', 0], image: ['load', 0] } },
        save: { class_type: 'SaveImage', inputs: { images: ['up', 0], filename_prefix: 'up' } },
      })
      const saved = await savedImage(host, await runPrompt(host, graph('UpscaleModelLoader')), 'save')
      expect(await sharp(saved).metadata()).toMatchObject({ width: 280, height: 160 })
      const { body } = await post(host, '/prompt', { prompt: graph('GenDRModelLoader') })
      expect(JSON.stringify(body)).toContain('value_not_in_list')
    } finally {
      await host.stop()
    }
    const result = join(data, 'large.png')
    expect(gendr('restore', picture, result, '--model', 'compact-x4', '--tile', '64')).toMatchObject({ code: 0 })
    expect(await sharp(result).metadata()).toMatchObject({ width: 280, height: 160 })
    expect(gendr('restore', picture, result, '--model', 'compact-x4', '--strength', '1', '--overwrite')).toMatchObject({
      code: 2,
      error: expect.stringContaining("no --strength with the upscaler 'compact-x4'"),
    })
    gendr('models', 'remove', 'compact-x4')
  })

  test('a restorer of pixels restores in one node', async () => {
    const folder = join(data, 'pixels')
    const config = { ...SMALL_UNET, in_channels: 12, out_channels: 12 }
    const { unet, prompt } = syntheticTensors(config, { ...SMALL_VAE, latent_channels: 12 })
    await mkdir(join(folder, 'unet'), { recursive: true })
    await writeFile(join(folder, 'unet/config.json'), JSON.stringify(config))
    await writeFile(join(folder, 'unet/diffusion_pytorch_model.safetensors'), encodeSafetensors(unet))
    await writeFile(join(folder, 'prompt_embeds.safetensors'), encodeSafetensors(prompt))
    expect(gendr('import', folder, '--timestep', '9', '--name', 'pix')).toMatchObject({ code: 0 })
    const picture = join(data, 'odd.png')
    await sharp({ create: { width: 33, height: 21, channels: 3, background: '#876' } })
      .png()
      .toFile(picture)
    const result = join(data, 'restored.png')
    expect(gendr('restore', picture, result, '--model', 'pix', '--scale', '2')).toMatchObject({ code: 0 })
    expect(await sharp(result).metadata()).toMatchObject({ width: 66, height: 42 })
    gendr('models', 'remove', 'pix')
  })

  test('an import that is killed leaves the old model or the new one, never half of one', async () => {
    gendr('import', checkpoint, '--timestep', '499', '--name', 'whole')
    const begun = Date.now()
    gendr('import', checkpoint, '--timestep', '499', '--name', 'whole', '--overwrite')
    const whole = Date.now() - begun
    for (let i = 0; i < KILLS; i++) {
      const overwrite = ['import', checkpoint, '--timestep', '499', '--name', 'whole', '--overwrite', '--data', data]
      const child = spawn(process.execPath, ['server/start.mjs', ...overwrite], {
        cwd: root,
        stdio: 'ignore',
        detached: true,
      })
      const ended = once(child, 'exit')
      await pause((whole * (i + 1)) / KILLS)
      // The whole group, since the starter waits for the process that imports.
      if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL')
      await ended
      const listed = JSON.parse(gendr('models', '--json').out) as { name: string }[]
      expect(listed.map(({ name }) => name).filter((name) => name !== 'gendr-nano')).toEqual(
        (await readdir(join(data, 'models'))).filter((name) => !name.startsWith('.')),
      )
    }
    expect(gendr('import', checkpoint, '--timestep', '499', '--name', 'other')).toMatchObject({ code: 0 })
    expect((await readdir(join(data, 'models'))).sort()).toEqual(['other', 'whole'])
    expect(await findDamage(join(data, 'models/whole'))).toEqual([])
  })

  test('a host tells what it has, and not where', async () => {
    const models = join(data, 'more')
    await cp(join(root, 'models/gendr-nano'), join(models, 'again'), { recursive: true })
    const host = await startHost(['--models', models])
    try {
      const text = await (await fetch(`${host.url}/api/gendr/models`)).text()
      expect(JSON.parse(text)).toMatchObject([
        { name: 'again', kind: 'gendr-latent', constants: { latentChannels: 16 } },
        { name: 'gendr-nano', licence: expect.stringContaining('MIT') },
      ])
      expect(text).not.toContain(data)
      expect(await (await fetch(`${host.url}/models/gendr_models`)).json()).toEqual(['again', 'gendr-nano'])
    } finally {
      await host.stop()
    }
  })
})
