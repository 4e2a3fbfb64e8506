import { copyFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { importCheckpoint } from '../../../models/import/import.ts'
import { openFile } from '../../../models/import/weights.ts'
import { tryRun } from '../../../server/inference/try-run.ts'
import { temporaryFolder } from './fixtures.ts'

const FIXTURES = fileURLToPath(new URL('../../fixtures/upscalers', import.meta.url))

/** Length, kind and object id, as git-lfs 3 writes them. */
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'ab'.repeat(32)}\nsize 67040989\n`
const PAGE = '\n<!DOCTYPE html>\n<html lang="en"><head><title>Log in</title></head><body></body></html>\n'

describe('what a failed download leaves is told for what it is:', () => {
  const cases = ['.safetensors', '.pth', '.onnx'].flatMap((ending): [string, string, RegExp, RegExp][] => [
    [ending, POINTER, /got a pointer of Git LFS/, /git lfs pull/],
    [ending, PAGE, /got a web page/, /Download the file again/],
  ])

  test.each(cases)('%s', async (ending, text, message, remedy) => {
    const folder = temporaryFolder()
    const source = join(folder, `a${ending}`)
    writeFileSync(source, text)
    await expect(importCheckpoint({ source, output: join(folder, 'm'), tryRun })).rejects.toMatchObject({
      code: 'checkpoint_invalid',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    })
    expect(readdirSync(folder)).toEqual([`a${ending}`])
  })
})

describe('a file is read as what it is, whatever its name ends in:', () => {
  const renamed = (file: string, ending: string) => {
    const source = join(temporaryFolder(), `renamed${ending}`)
    copyFileSync(join(FIXTURES, file), source)
    return source
  }

  test.each([
    ['compact-x4.pth', '.safetensors'],
    ['esrgan-x8.pth', '.safetensors'],
    ['anime-x1.safetensors', '.pth'],
  ])('%s as %s', (file, ending) => {
    const { names } = openFile(join(FIXTURES, file))
    expect(names.length).toBeGreaterThan(4)
    expect(openFile(renamed(file, ending)).names).toEqual(names)
  })

  test.each([
    ['compact-x4.pth', /got a file that torch\.save wrote/, 'Let its name end in .pth.'],
    ['anime-x1.safetensors', /got a safetensors file/, 'Let its name end in .safetensors.'],
  ])('but tensors are no graph: %s', async (file, message, remedy) => {
    const source = renamed(file, '.onnx')
    await expect(importCheckpoint({ source, output: `${source}-model`, tryRun })).rejects.toMatchObject({
      message: expect.stringMatching(message),
      remedy,
    })
  })
})
