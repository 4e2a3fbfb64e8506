import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { withoutBrowser } from './browser.ts'
import { invertGraph } from './graphs.ts'
import { root, waitUntil } from './host.ts'
import { browser, host, inBrowser } from './stage.ts'

/** The page on which the API is read and tried. */
describe.skipIf(withoutBrowser)('the page at /api.html', () => {
  let page: Page
  const complaints: string[] = []
  inBrowser({ flags: ['--token', 'secret-token'] })
  beforeAll(async () => {
    page = await browser.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${host.url}/api.html?token=secret-token`)
    await page.getByTestId('getPrompt').waitFor()
  })

  /** Opens a card, fills it in and sends it. @returns what came back */
  async function tryOut(id: string, fields: Record<string, string> = {}, file?: string): Promise<string> {
    const card = page.getByTestId(id)
    await card.locator('summary').click()
    for (const [name, value] of Object.entries(fields)) {
      await card
        .locator('label', { has: page.locator(`span:text-is("${name}")`) })
        .locator('input, textarea')
        .fill(value)
    }
    if (file !== undefined) await card.locator('input[type=file]').setInputFiles(file)
    await card.getByRole('button', { name: 'Send' }).click()
    const answer = card.getByTestId('answer')
    await answer.locator('strong').waitFor({ timeout: 60_000 })
    return answer.innerText()
  }

  test('tells of every route, and tries it with the token of the page', async () => {
    expect(await page.locator('.operation').count()).toBeGreaterThan(55)
    expect(await tryOut('getSystemStats')).toMatch(/^200 .*"comfyui_version"/s)
    expect(await tryOut('getJobsId', { id: 'no such run' })).toMatch(/^404 .*Job not found/s)
    const photograph = join(root, 'workflows/photographs/old-photograph.jpg')
    expect(await tryOut('postUploadImage', {}, photograph)).toMatch(/^200 .*"name": "old-photograph.jpg"/s)
    const body = JSON.stringify({ prompt: invertGraph('old-photograph.jpg', 'tried') })
    expect(await tryOut('postRuns', { wait: '60', body })).toMatch(/^200 .*"status": "completed"/s)
    await tryOut('getView', { filename: 'tried_00001_.png' })
    const picture = page.getByTestId('getView').locator('.answer img')
    await waitUntil(async () => (await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)) > 0)
  })

  test('tries a run as a form, too', async () => {
    const card = page.getByTestId('postRuns')
    await card.locator('select').selectOption('multipart/form-data')
    await card.locator('input[type=file]').setInputFiles(join(root, 'workflows/photographs/old-photograph.jpg'))
    const workflow = card.locator('label', { has: page.locator('span:text-is("workflow")') }).locator('input')
    await workflow.fill(JSON.stringify(invertGraph('none.jpg', 'tried-form')))
    await card.getByRole('button', { name: 'Send' }).click()
    await card.getByTestId('answer').getByText('tried-form_00001_.png').first().waitFor()
  })

  test('connects to the socket', async () => {
    await page.getByTestId('socket').locator('summary').click()
    await page.getByTestId('connect').click()
    await page.getByTestId('heard').getByText('"sid":"api-page"').waitFor()
  })

  test('runs under the policy of the host, without a complaint of the browser', () => {
    expect(complaints.filter((line) => !line.includes('404'))).toEqual([])
  })
})
