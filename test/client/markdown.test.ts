import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readMarkdown, readPlain, type Span } from '../../client/document/markdown.ts'

const spansOf = (text: string): readonly Span[] => {
  const [block] = readMarkdown(text)
  return block === undefined || !('spans' in block) ? [] : block.spans
}

describe('notes in Markdown', () => {
  test('have headings, paragraphs, lists, quotes, code and rules', () => {
    const text = [
      '# Restore *old* photos',
      '',
      'Scan at 600 dpi',
      'and drop the file.',
      '',
      '- first',
      '  - deeper',
      '2. second',
      '> said',
      '> twice',
      '---',
      '```ts',
      '**not bold**',
      '```',
    ].join('\n')
    expect(readMarkdown(text)).toEqual([
      { kind: 'heading', level: 1, spans: [{ text: 'Restore ' }, { text: 'old', italic: true }, { text: ' photos' }] },
      { kind: 'paragraph', spans: [{ text: 'Scan at 600 dpi' }, { text: ' and drop the file.' }] },
      { kind: 'item', depth: 0, marker: '•', spans: [{ text: 'first' }] },
      { kind: 'item', depth: 1, marker: '•', spans: [{ text: 'deeper' }] },
      { kind: 'item', depth: 0, marker: '2.', spans: [{ text: 'second' }] },
      { kind: 'quote', spans: [{ text: 'said' }, { text: ' twice' }] },
      { kind: 'rule' },
      { kind: 'code', lines: ['**not bold**'] },
    ])
  })

  test('have headings without the marks that close them, and lines that end as files of Windows do', () => {
    const words = (text: string) => spansOf(text).map((span) => span.text)
    expect(['# a ##', '# a ## \t', '# a # b', '# C#', '# ##', '# a \\##'].flatMap(words)).toEqual([
      ...['a', 'a', 'a # b', 'C#', '##', 'a ##'],
    ])
    expect(readMarkdown('# a\r\n- b\r\nc')).toEqual([
      { kind: 'heading', level: 1, spans: [{ text: 'a' }] },
      { kind: 'item', depth: 0, marker: '•', spans: [{ text: 'b' }, { text: ' c' }] },
    ])
    expect(spansOf('a  \nb\\\nc')).toEqual([
      { text: 'a' },
      { text: '\n' },
      { text: 'b' },
      { text: '\n' },
      { text: 'c' },
    ])
  })

  test('have bold, italic, struck and code inside a line, and marks that mean nothing stay', () => {
    expect(spansOf('a **b *c* d** `e*f` ~~g~~ 2 * 3 snake_case_name \\*h')).toEqual([
      { text: 'a ' },
      { text: 'b ', bold: true },
      { text: 'c', bold: true, italic: true },
      { text: ' d', bold: true },
      { text: ' ' },
      { text: 'e*f', code: true },
      { text: ' ' },
      { text: 'g', struck: true },
      { text: ' 2 * 3 snake_case_name *h' },
    ])
  })

  test('link to the web alone: scripts and files are words', () => {
    expect(spansOf('[model](https://example.org/a_b "t"), https://example.org/x.')).toEqual([
      { text: 'model', link: 'https://example.org/a_b' },
      { text: ', ' },
      { text: 'https://example.org/x', link: 'https://example.org/x' },
      { text: '.' },
    ])
    for (const address of [
      'javascript:alert(1)',
      'file:///etc/passwd',
      'data:text/html,x',
      '//host/x',
      'JaVaScRiPt:x',
    ]) {
      expect(spansOf(`[go](${address})`).every((span) => span.link === undefined)).toBe(true)
    }
  })

  test('leave HTML as it is written', () => {
    const html = '<img src=x onerror=alert(1)> <b>x</b>'
    expect(spansOf(html)).toEqual([{ text: html }])
  })

  test('lose no letter of plain words, and read any text in no time', () => {
    const letters = fc.constantFrom(
      '*',
      '_',
      '`',
      '[',
      ']',
      '(',
      ')',
      '<',
      'h',
      'a',
      ' ',
      '\n',
      '~',
      '!',
      '\\',
      '#',
      '>',
      '-',
      '1.',
    )
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 60 }), (parts) => {
        readMarkdown(parts.join(''))
      }),
      { numRuns: 500 },
    )
    const [blanks, marks, dots] = [' ', '#', '.'].map((letter) => letter.repeat(19_900))
    for (const text of [
      `# a${blanks}x`,
      `# a ${marks}x`,
      `a${blanks}x\ny`,
      `# ${blanks}a\u2028b`,
      `- ${blanks}a\rb`,
      `https://${dots}x`,
    ]) {
      const times = [0, 1, 2].map(() => {
        const start = process.cpuUsage()
        readMarkdown(text)
        return process.cpuUsage(start).user / 1000
      })
      expect(Math.min(...times), text.slice(0, 4)).toBeLessThan(40)
    }
    for (const unit of ['*', '**a ', '[', '[a](', '`', '_a', '> ', '<https://', '![a](b) ', '\\', '- ', 'http://']) {
      const start = process.cpuUsage()
      readMarkdown(unit.repeat(1_000_000 / unit.length))
      expect(process.cpuUsage(start).user / 1000, unit).toBeLessThan(2000)
    }
    expect(spansOf('Old photographs, the way they were.')).toEqual([{ text: 'Old photographs, the way they were.' }])
    expect(readPlain('a\n*b*')).toEqual([
      { kind: 'paragraph', spans: [{ text: 'a' }] },
      { kind: 'paragraph', spans: [{ text: '*b*' }] },
    ])
  })
})
