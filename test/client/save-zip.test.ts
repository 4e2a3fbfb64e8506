import { afterEach, expect, test, vi } from 'vitest'
import { Address } from '../../client/host/address.ts'
import { saveZip } from '../../client/pictures/save-zip.ts'

afterEach(() => vi.unstubAllGlobals())

const page = new URL('http://host/?token=secret')
const files = [{ filename: 'Größe "1".png', subfolder: '', type: 'output', name: 'a=b&c.png' }] as const

/** A page whose forms say what they would send. */
function stubPage(): string[] {
  const sent: string[] = []
  class Fake {
    readonly children: Fake[] = []
    name = ''
    value = ''
    enctype = ''
    action = ''
    append(...children: Fake[]): void {
      this.children.push(...children)
    }
    submit(): void {
      const body = this.children.map(({ name, value }) => `${name}=${value}\r\n`).join('')
      sent.push(`${this.action} ${this.enctype} ${body}`)
    }
    remove(): void {}
  }
  vi.stubGlobal('document', { createElement: () => new Fake(), querySelector: () => null, body: new Fake() })
  return sent
}

const store = { getItem: () => 'secret', setItem: () => {} } as unknown as Storage

test('a form sends as plain text what the host reads as JSON', async () => {
  const sent = stubPage()
  const checkZip = vi.fn(async () => {})
  await saveZip({ checkZip }, new Address(page, store), { files })
  expect(checkZip).toHaveBeenCalledWith({ files })
  const [, action, body] = /^(\S+) text\/plain (.*)$/s.exec(sent[0]!)!
  expect(action).toBe('http://host/api/files/zip?token=secret')
  expect(JSON.parse(body!)).toEqual({ files, form: '=' })
})

test('what the host would not give is told, and nothing is downloaded', async () => {
  const sent = stubPage()
  const checkZip = () => Promise.reject(new Error('They are gone.'))
  await expect(saveZip({ checkZip }, new Address(page, store), { files })).rejects.toThrow('gone')
  expect(sent).toEqual([])
})
