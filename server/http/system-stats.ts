import { freemem, totalmem } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Router } from 'express'
import type { DeviceReport } from '../inference/messages.ts'

/** The version of ComfyUI whose protocol this is; clients compare it. */
const COMFYUI_VERSION = '0.3.64'
const FRONTEND_VERSION = '1.27.10'
const TEMPLATES_VERSION = '0.1.95'

/** How often the event loop is looked at, in ms. */
const RESOLUTION = 10

/** GET /system_stats: the machine and its device, in ComfyUI's words; no command line, no paths. */
export function systemStatsRoutes(device: () => DeviceReport | undefined): Router {
  const router = Router()
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
  delay.enable()
  router.get('/system_stats', (_request, response) => {
    const report = device()
    const total = totalmem()
    const free = freemem()
    response.json({
      system: {
        os: process.platform,
        ram_total: total,
        ram_free: free,
        comfyui_version: COMFYUI_VERSION,
        required_frontend_version: FRONTEND_VERSION,
        installed_templates_version: TEMPLATES_VERSION,
        required_templates_version: TEMPLATES_VERSION,
        python_version: `none (Node.js ${process.version})`,
        pytorch_version: 'none (ONNX Runtime)',
        embedded_python: false,
        argv: [],
        /** Ours: the longest that the event loop of the host was held up since the last question, in ms. */
        event_loop_delay: Math.max(0, delay.max / 1e6 - RESOLUTION),
      },
      devices: [
        {
          name: report?.name ?? 'starting',
          type: report?.provider ?? 'cpu',
          index: 0,
          vram_total: total,
          vram_free: free,
          torch_vram_total: total,
          torch_vram_free: free,
          /** Ours: why this device was taken. */
          reason: report?.reason ?? 'the runner is starting',
        },
      ],
    })
    delay.reset()
  })
  return router
}
