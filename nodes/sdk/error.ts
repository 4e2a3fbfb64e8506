/** Every error that a person may see: what was expected, what came, and what to do about it. */
export const ERROR_CODES = {
  invalid_input: 'A value does not fit the node',
  image_unreadable: 'A file is not a picture that can be read',
  image_too_large: 'A picture exceeds the pixel limit',
  file_not_found: 'A named file does not exist',
  path_outside: 'A path leaves its folder',
  model_not_found: 'No model of that name is installed',
  model_corrupt: 'A model folder is damaged or incomplete',
  inference_failed: 'ONNX Runtime could not run a model',
  output_not_finite: 'A model returned NaN or infinity',
  disk_full: 'A disk has no room left',
  interrupted: 'The run was cancelled',
  device_unavailable: 'The device that was asked for cannot run models',
  runner_lost: 'The runner process ended in the middle of the run',
  run_timed_out: 'The run took longer than the host allows',
  checkpoint_invalid: 'A checkpoint cannot be imported',
  workflow_invalid: 'A workflow file cannot be read',
  workflow_not_found: 'No workflow of that name is shipped or was saved',
  queue_full: 'As many runs wait, or as much is being sent, as the host takes at once',
  host_stopping: 'The host is being stopped, and takes no more runs',
  configuration_invalid: 'A setting is not usable',
} as const

export type ErrorCode = keyof typeof ERROR_CODES

/** The one error type of the product; `remedy` is a sentence that says what to do next. */
export class RestorationError extends Error {
  readonly code: ErrorCode
  readonly remedy: string

  constructor(code: ErrorCode, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RestorationError'
    this.code = code
    this.remedy = remedy
  }
}
