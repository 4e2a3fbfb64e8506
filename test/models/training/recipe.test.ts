import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const recipe = join(root, 'models/training')

const python = [process.env.GENDR_PYTHON, join(recipe, 'venv/bin/python'), 'python3'].find(
  (command) =>
    command !== undefined && spawnSync(command, ['-c', 'import torch, onnx, safetensors, scipy, PIL']).status === 0,
)
const withoutPython = python === undefined && process.env.CI !== 'true'

if (withoutPython) {
  process.stderr.write(
    'The tests of the training recipe are left out: no Python with PyTorch was found. Make one in models/training/venv as its README says, or name it in GENDR_PYTHON.\n',
  )
}

test.skipIf(withoutPython)('the training recipe: losses by hand, each stage on two crops', { timeout: 600_000 }, () => {
  expect(python, 'CI must have a Python with PyTorch').toBeDefined()
  const done = spawnSync(python!, ['-m', 'unittest', 'discover', '-s', join(root, 'test/models/training')], {
    env: { ...process.env, PYTHONPATH: recipe, OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' },
    encoding: 'utf8',
  })
  expect(done.stderr).toMatch(/Ran \d{2,} tests[\s\S]*\nOK\n$/)
})
