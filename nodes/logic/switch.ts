import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'

/** ComfySwitchNode as ComfyUI has it (comfy_extras/nodes_logic.py): a side that is not linked gives nothing. */
export const switchNode = defineNode({
  id: 'ComfySwitchNode',
  title: 'If/Else Switch',
  summary: 'Hands on one of two values; what the other one would need is not computed.',
  inputs: {
    on_false: { type: '*', lazy: true, optional: true },
    on_true: { type: '*', lazy: true, optional: true },
  },
  equalInputs: true,
  parameters: z.object({ switch: z.boolean().default(false).meta({ tooltip: 'Which of them: on is on_true.' }) }),
  outputs: { output: { type: '*' } },
  needed: (_inputs, { switch: isOn }) => [isOn ? 'on_true' : 'on_false'],
  run: ({ on_false, on_true }, { switch: isOn }) => ({ output: isOn ? on_true : on_false }),
})
