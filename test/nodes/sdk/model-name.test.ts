import { describe, expect, test } from 'vitest'
import { installedAs, nameOfFile } from '../../../nodes/sdk/model-name.ts'

describe('a model that was imported from a file', () => {
  test.each([
    ['RealESRGAN_x4plus.pth', 'RealESRGAN_x4plus'],
    ['upscalers/4x (best).safetensors', '4x-best-'],
    ['C:\\models\\span.onnx', 'span'],
    ['4x.v2', '4x.v2'],
  ])('%s is called %s', (file, name) => {
    expect(nameOfFile(file)).toBe(name)
  })

  test.each([
    ['x4', 'x4'],
    ['x4.pth', 'x4'],
    ['x4.safetensors', 'x4'],
    ['ESRGAN/x4.pth', 'x4'],
    ['ESRGAN\\x4.pth', 'x4'],
    ['4x (best).pth', '4x-best-'],
    ['span.pth', 'span.pth'],
    ['SPAN/span.pth', 'span.pth'],
    ['span', undefined],
    ['x4.v2', undefined],
    ['x4/other.pth', undefined],
    ['', undefined],
  ])('by the name %j is found as %j', (name, installed) => {
    expect(installedAs(name, ['x4', '4x-best-', 'span.pth'])).toBe(installed)
  })
})
