import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { digestFile } from '../../../models/installed/digest.ts'
import { replaceFolder } from '../../../models/installed/replace-folder.ts'
import { Inference } from '../../../server/inference/inference.ts'
import { ModelStore } from '../../../server/runner/model-store.ts'
import { temporaryFolder } from '../../models/import/fixtures.ts'
import { writeTinyModel } from '../inference/tiny-model.ts'

test('the shipped model has grain in its detailed setting, which is the default, and none in the faithful one', async () => {
  const store = new ModelStore([join(import.meta.dirname, '../../../models')])
  const grains = ['default', 'detailed', 'faithful'].map(
    async (setting) => (await store.open('gendr-nano', setting)).grain,
  )
  const [byDefault, detailed, faithful] = await Promise.all(grains)
  expect(detailed).toBeGreaterThan(0)
  expect([byDefault, faithful]).toEqual([detailed, 0])
})

test('a model that is imported over another answers with its own weights at once, and loads once', async () => {
  const root = temporaryFolder()
  const store = new ModelStore([root])
  const thread = await Inference.start({ device: 'cpu', threads: 1, sessionBytes: 2 ** 20 })
  const answer = async () => {
    const graph = store.graph(await store.openUpscaler('gain'), 'upscaler')
    const output = await thread.run(
      graph,
      { data: Float32Array.of(3), dims: [1, 1, 1, 1] },
      new AbortController().signal,
    )
    return { value: output.data[0], version: graph.version }
  }
  try {
    await importGain(root, 2)
    const first = await answer()
    const again = await answer()
    await importGain(root, 5)
    const other = await answer()
    expect([first.value, again.value, other.value]).toEqual([6, 6, 15])
    expect(again.version).toBe(first.version)
  } finally {
    await thread.stop()
  }
})

test('an upscaler is opened by its file, too, as a link may name it', async () => {
  const root = temporaryFolder()
  const store = new ModelStore([root])
  await importGain(root, 2)
  for (const name of ['gain', 'gain.pth', 'upscalers/gain.safetensors'])
    expect((await store.openUpscaler(name)).name).toBe('gain')
  await expect(store.openUpscaler('loss.pth')).rejects.toMatchObject({ message: "There is no model 'loss.pth'." })
})

/** Imports an upscaler that multiplies by a factor, over the one before it. */
async function importGain(root: string, factor: number): Promise<void> {
  await replaceFolder(join(root, 'gain'), true, async (folder) => {
    const path = join(folder, 'upscaler.onnx')
    await writeTinyModel(path, 'Conv', factor)
    const manifest = {
      kind: 'upscaler',
      version: 1,
      name: 'gain',
      description: 'Multiplies.',
      licence: 'MIT',
      source: 'a test',
      madeBy: 'a test',
      precision: 'fp32',
      parameters: 1,
      constants: { architecture: 'ONNX', scale: 1, channels: 1, paddingMultiple: 1 },
      graphs: { upscaler: { path: 'upscaler.onnx', bytes: (await stat(path)).size, sha256: await digestFile(path) } },
      weights: [],
    }
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest))
  })
}
