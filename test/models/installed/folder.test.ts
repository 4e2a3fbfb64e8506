import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { importCheckpoint } from '../../../models/import/import.ts'
import {
  findModel,
  listModels,
  openModelFolder,
  readModelFolder,
  verifyModelFolder,
} from '../../../models/installed/folder.ts'
import { temporaryFolder } from '../import/fixtures.ts'
import { SMALL_UNET, SMALL_VAE, syntheticTensors, writeCheckpoint } from '../import/synthetic.ts'

const configs = { unet: SMALL_UNET, vae: SMALL_VAE }
const tensors = syntheticTensors(SMALL_UNET, SMALL_VAE)

async function makeModel(): Promise<string> {
  const folder = temporaryFolder()
  writeCheckpoint(join(folder, 'checkpoint'), configs, tensors)
  const output = join(folder, 'models', 'small')
  await importCheckpoint({ source: join(folder, 'checkpoint'), output, name: 'small', timestep: 1, copy: true })
  return output
}

describe('a model folder', () => {
  test('opens when it is whole', async () => {
    const directory = await makeModel()
    const { manifest, graphs } = await openModelFolder(directory)
    expect(manifest.name).toBe('small')
    expect(graphs.unet).toBe(join(directory, 'unet.onnx'))
    expect(manifest.constants).toEqual({
      timestep: 1,
      latentChannels: 4,
      factor: 2,
      paddingMultiple: 4,
      scale: 0.18215,
      shift: 0,
      alpha: 0.5,
      beta: 0.5,
      prediction: 'epsilon',
      colorTransfer: { method: 'wavelet', levels: 5 },
    })
  })

  test.each(['unet.onnx', 'weights.bin'])(
    'does not open with one flipped bit in %s, even after it has',
    async (file) => {
      const directory = await makeModel()
      await openModelFolder(directory)
      const bytes = readFileSync(join(directory, file))
      bytes[bytes.length >> 1]! ^= 1
      writeFileSync(join(directory, file), bytes)
      utimesSync(join(directory, file), new Date(), new Date(Date.now() + 5000))
      const folder = await readModelFolder(directory)
      await expect(verifyModelFolder(folder)).rejects.toMatchObject({
        code: 'model_corrupt',
        message: expect.stringMatching(new RegExp(`${file}: expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}`)),
        remedy: expect.stringContaining('Import the model again'),
      })
    },
  )

  test.each<[string, (directory: string) => void, RegExp]>([
    [
      'a file is missing',
      (directory) => rmSync(join(directory, 'decoder.onnx')),
      /decoder\.onnx: expected \d+ bytes, got no file/,
    ],
    [
      'a file is cut',
      (directory) => writeFileSync(join(directory, 'weights.bin'), 'short'),
      /weights\.bin: expected \d+ bytes, got 5 bytes/,
    ],
    [
      'the manifest is missing',
      (directory) => rmSync(join(directory, 'manifest.json')),
      /manifest\.json: expected a manifest, got no file/,
    ],
    [
      'the manifest is not JSON',
      (directory) => writeFileSync(join(directory, 'manifest.json'), '{'),
      /expected JSON, got other text/,
    ],
    [
      'the manifest lacks a field',
      (directory) => writeFileSync(join(directory, 'manifest.json'), '{"kind":"gendr-latent"}'),
      /expected a valid manifest, got .*version/s,
    ],
    [
      'the manifest names a file elsewhere',
      (directory) => {
        const path = join(directory, 'manifest.json')
        writeFileSync(path, readFileSync(path, 'utf8').replace('weights.bin', '../weights.bin'))
      },
      /expected a valid manifest, got .*a file beside the manifest/s,
    ],
  ])('is refused when %s', async (_, damage, message) => {
    const directory = await makeModel()
    damage(directory)
    await expect(readModelFolder(directory)).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringMatching(message),
    })
  })
})

describe('the list of models', () => {
  let roots: string[]

  beforeEach(() => {
    const folder = temporaryFolder()
    roots = ['shipped', 'own', 'absent'].map((root) => join(folder, root))
    for (const path of ['shipped/nano', 'shipped/import', 'own/nano', 'own/big']) {
      mkdirSync(join(folder, path), { recursive: true })
      if (path !== 'shipped/import') writeFileSync(join(folder, path, 'manifest.json'), '{}')
    }
  })

  test('has every folder with a manifest, by name; the earlier root wins', async () => {
    expect(await listModels(roots)).toEqual([
      { name: 'big', directory: join(roots[1]!, 'big') },
      { name: 'nano', directory: join(roots[0]!, 'nano') },
    ])
  })

  test('is searched by name alone: whoever removes big.pth does not mean big', async () => {
    expect(await findModel(roots, 'big')).toBe(join(roots[1]!, 'big'))
    for (const name of ['small', 'big.pth', 'folder/big.safetensors'])
      await expect(findModel(roots, name)).rejects.toMatchObject({
        code: 'model_not_found',
        remedy: 'Choose one of: big, nano.',
      })
  })
})
