import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { importCheckpoint } from '../../../models/import/import.ts'
import { CHECKPOINTS, temporaryFolder } from './fixtures.ts'

const root = join(import.meta.dirname, '../../..')
const python = [process.env.GENDR_PYTHON, join(root, 'models/training/venv/bin/python'), 'python3'].find(
  (command) => command !== undefined && spawnSync(command, ['-c', 'import onnx']).status === 0,
)
const withoutPython = python === undefined && process.env.CI !== 'true'

if (withoutPython) {
  process.stderr.write(
    "ONNX's own checker is left out: no Python with onnx was found. Make one in models/training/venv as its README says, or name it in GENDR_PYTHON.\n",
  )
}

const CHECK = 'import sys, onnx\nfor path in sys.argv[1:]: onnx.checker.check_model(path, full_check=True)'
const UPSCALERS = join(root, 'test/fixtures/upscalers')

test.skipIf(withoutPython)(
  "ONNX's own checker accepts every graph, those of providers too",
  { timeout: 120_000 },
  async () => {
    expect(python, 'CI must have a Python with onnx').toBeDefined()
    const folder = temporaryFolder()
    const bring = (source: string, name: string) =>
      // The checker refuses files that are linked.
      importCheckpoint({
        source,
        output: join(folder, name),
        name,
        timestep: 499,
        copy: true,
        variants: ['cpu', 'cuda'],
      })
    await bring(join(CHECKPOINTS, 'tiny-a'), 'tiny-a')
    await bring(join(CHECKPOINTS, 'tiny-b-fp16'), 'tiny-b')
    for (const file of ['realesrgan-x2.pth', 'compact-x4.pth', 'span-x4.pth']) await bring(join(UPSCALERS, file), file)
    const folders = [...readdirSync(folder).map((name) => join(folder, name)), join(root, 'models/gendr-nano')]
    const graphs = folders.flatMap((one) =>
      readdirSync(one)
        .filter((file) => file.endsWith('.onnx'))
        .map((file) => join(one, file)),
    )
    expect(graphs.length).toBeGreaterThan(25)
    const done = spawnSync(python!, ['-c', CHECK, ...graphs], { encoding: 'utf8' })
    expect(done.stderr).toBe('')
    expect(done.status).toBe(0)
  },
)
