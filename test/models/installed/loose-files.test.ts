import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { looseFiles } from '../../../models/installed/loose-files.ts'
import { temporaryFolder } from '../import/fixtures.ts'

test('files of weights that lie among models, or a folder below as ComfyUI has them, are found, and parts of models are not', async () => {
  const root = temporaryFolder()
  for (const folder of ['upscale_models', 'known', 'iqa', '.known.new-1', 'deep/er'])
    mkdirSync(join(root, folder), { recursive: true })
  const files = ['x.pth', 'upscale_models/y.SafeTensors', 'upscale_models/put_models_here', 'readme.txt']
  const others = ['known/manifest.json', 'known/upscaler.onnx', 'iqa/musiq.onnx', '.known.new-1/a.pth', 'deep/er/b.pth']
  for (const file of [...files, ...others]) writeFileSync(join(root, file), '')
  const found = await looseFiles(root)
  expect(found.map((path) => relative(root, path))).toEqual(['upscale_models/y.SafeTensors', 'x.pth'])
  expect(await looseFiles(join(root, 'nowhere'))).toEqual([])
})
