import { InferenceSession, Tensor } from 'onnxruntime-node'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { messageOf } from '../message-of.ts'
import type { DeviceReport } from './messages.ts'

type Provider = DeviceReport['provider']

const PREFERENCE: readonly Provider[] = ['cuda', 'webgpu', 'cpu']

/** How each provider says that it is not there, and what would help. */
const ABSENT: Readonly<Record<Provider, string>> = {
  cuda: 'no CUDA provider can be loaded',
  webgpu: 'WebGPU found no adapter',
  cpu: 'the CPU provider cannot be loaded',
}

/**
 * A model of one node, y = x + x: ONNX ModelProto (onnx/onnx.proto3), IR version 8, opset 13, written out by hand.
 * Fields: 1 ir_version, 8 opset_import, 7 graph { 1 node { 1 input, 2 output, 4 op_type }, 2 name, 11 input, 12 output }.
 */
const PROBE = Uint8Array.from([
  0x08, 0x08, 0x42, 0x02, 0x10, 0x0d, 0x3a, 0x38, 0x0a, 0x0e, 0x0a, 0x01, 0x78, 0x0a, 0x01, 0x78, 0x12, 0x01, 0x79,
  0x22, 0x03, 0x41, 0x64, 0x64, 0x12, 0x02, 0x67, 0x30, 0x5a, 0x10, 0x0a, 0x01, 0x78, 0x12, 0x0b, 0x0a, 0x09, 0x08,
  0x01, 0x12, 0x05, 0x0a, 0x03, 0x12, 0x01, 0x6e, 0x62, 0x10, 0x0a, 0x01, 0x79, 0x12, 0x0b, 0x0a, 0x09, 0x08, 0x01,
  0x12, 0x05, 0x0a, 0x03, 0x12, 0x01, 0x6e,
])

/**
 * Chooses the device by running a model on it: a provider that is listed may still lack its driver.
 * @throws RestorationError `device_unavailable` when the one that was asked for by name does not work, or none does
 */
export async function chooseDevice(wanted: 'auto' | Provider): Promise<DeviceReport> {
  if (wanted !== 'auto') {
    const failure = await tryProvider(wanted)
    if (failure !== undefined) throw unavailable(`${nameOf(wanted)} was asked for, but ${ABSENT[wanted]}: ${failure}`)
    return { provider: wanted, name: nameOf(wanted), reason: 'asked for by --device' }
  }
  const missing: string[] = []
  for (const provider of PREFERENCE) {
    const failure = hasSoftwareAdapter(provider) ? 'software' : await tryProvider(provider)
    if (failure === undefined) {
      const reason = missing.length === 0 ? 'the fastest provider there is works' : missing.join('; ')
      return { provider, name: nameOf(provider), reason }
    }
    missing.push(failure === 'software' ? 'WebGPU would run on a software renderer' : ABSENT[provider])
  }
  throw unavailable(missing.join('; '))
}

function unavailable(message: string): RestorationError {
  return new RestorationError(
    'device_unavailable',
    `${message.replace(/\.$/, '')}.`,
    'Use --device auto, or install what is missing: docs/devices.md says how.',
  )
}

/** SwiftShader and its kin are named by the Vulkan driver variables; they are for tests, far slower than the CPU. */
function hasSoftwareAdapter(provider: Provider): boolean {
  const drivers = `${process.env.VK_ICD_FILENAMES ?? ''} ${process.env.VK_DRIVER_FILES ?? ''}`
  return provider === 'webgpu' && /swiftshader|lvp|llvmpipe/i.test(drivers)
}

/** Undefined when the provider works, else the first line of what it says. */
async function tryProvider(provider: Provider): Promise<string | undefined> {
  try {
    const session = await InferenceSession.create(PROBE, { executionProviders: [provider], logSeverityLevel: 4 })
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(21), [1]) })
    await session.release()
    return y?.data[0] === 42 ? undefined : 'it computes wrong results'
  } catch (error) {
    return messageOf(error).split('\n')[0]
  }
}

function nameOf(provider: Provider): string {
  return { cuda: 'NVIDIA GPU (CUDA)', webgpu: 'GPU (WebGPU)', cpu: 'CPU' }[provider]
}
