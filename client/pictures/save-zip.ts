import type { Address } from '../host/address.ts'
import type { Host } from '../host/host.ts'
import type { ZipContent } from '../sdk/index.ts'

/** What downloads are sent to, so that the page itself stays. */
const FRAME = 'zip-download'

/**
 * Has the browser download files of the host as one ZIP, as it downloads anything: it says how far that is, and writes to the
 * disk what comes.
 * @throws HostError where the host does not give it
 */
export async function saveZip(host: Pick<Host, 'checkZip'>, address: Address, content: ZipContent): Promise<void> {
  // What a download fails with, no page is told.
  await host.checkZip(content)
  const form = document.createElement('form')
  const field = document.createElement('input')
  Object.assign(form, { method: 'post', enctype: 'text/plain', target: FRAME, hidden: true })
  form.action = address.of('api/files/zip')
  // A form sends plain text as `name=value` (HTML, 4.10.21.8): the sign between becomes what the last member says.
  field.name = JSON.stringify({ ...content, form: '' }).slice(0, -2)
  field.value = '"}'
  form.append(field)
  document.body.append(frame(), form)
  form.submit()
  form.remove()
}

function frame(): HTMLIFrameElement {
  const found = document.querySelector<HTMLIFrameElement>(`iframe[name="${FRAME}"]`)
  if (found !== null) return found
  const made = document.createElement('iframe')
  Object.assign(made, { name: FRAME, hidden: true, title: '' })
  return made
}
