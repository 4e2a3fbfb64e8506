import { RestorationError } from '../../nodes/sdk/error.ts'
import { chooseDevice } from './devices.ts'
import type { DeviceReport } from './messages.ts'
import type { Probed } from './probe-device.ts'

/** A process that finds out what can run models, tells its parent and ends: what ONNX Runtime took goes with it. */
const wanted = process.argv[2] as 'auto' | DeviceReport['provider']

process.send!(await probe(), () => process.exit(0))

async function probe(): Promise<Probed> {
  try {
    return { type: 'ready', device: await chooseDevice(wanted) }
  } catch (error) {
    if (!(error instanceof RestorationError)) throw error
    const { code, message, remedy } = error
    return { type: 'unusable', code, message, remedy }
  }
}
