/**
 * Writes docs/nodes.md from the node definitions and docs/routes.md from the table of routes: `npm run docs`. A test fails
 * when a file is stale.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodes } from '../nodes/index.ts'
import { describeNode, type NodeDescription, type ParameterDescription } from '../nodes/sdk/description.ts'
import { ROUTES, type Route } from '../server/protocol/routes.ts'

export function nodeReference(): string {
  const descriptions = nodes.map(({ category, node }) => describeNode(node, category))
  const categories = [...new Set(descriptions.map(({ category }) => category))]
  return [
    '# Nodes',
    '',
    'Derived from the definitions under `nodes/` by `npm run docs`; do not edit.',
    ...categories.flatMap((category) => [
      '',
      `## ${category}`,
      ...descriptions.filter((node) => node.category === category).flatMap(section),
    ]),
    '',
  ].join('\n')
}

export function routeReference(): string {
  const groups = [...new Set(ROUTES.map(({ group }) => group))]
  return [
    '# Routes',
    '',
    'Derived from `server/protocol/routes.ts` by `npm run docs`; do not edit. Each is under `/api`, and all but those marked',
    '† are without it too. `/api.html` of a host shows them with their schemas and lets you try them, `/openapi.json` tells',
    'tools.',
    ...groups.flatMap((name) => [
      '',
      `## ${name}`,
      ...table(['Route', '', 'Query'], ROUTES.filter(({ group }) => group === name).map(routeRow)),
    ]),
    '',
  ].join('\n')
}

function routeRow({ method, path, onlyApi, summary, query }: Route): string[] {
  const name = `\`${method.toUpperCase()} ${path}\`${onlyApi === true ? ' †' : ''}`
  return [
    name,
    summary,
    Object.keys(query?.shape ?? {})
      .map((one) => `\`${one}\``)
      .join(', '),
  ]
}

function section(node: NodeDescription): string[] {
  return [
    '',
    `### ${node.id}`,
    '',
    `**${node.title}.** ${node.summary}`,
    ...table(
      ['Input', 'Type', ''],
      node.inputs.map(({ name, type, required, tooltip }) => [
        `\`${name}\``,
        type,
        [required ? '' : 'Optional.', tooltip ?? ''].join(' ').trim(),
      ]),
    ),
    ...table(
      ['Parameter', 'Type', 'Default', 'Values', ''],
      node.parameters.map((parameter) => [
        `\`${parameter.name}\``,
        parameter.kind,
        parameter.default === undefined ? '' : `\`${parameter.default}\``,
        valuesOf(parameter),
        parameter.tooltip ?? '',
      ]),
    ),
    ...table(
      ['Output', 'Type', ''],
      node.outputs.map(({ name, type, list, tooltip }) => [
        `\`${name}\``,
        list ? `list of ${type}` : type,
        tooltip ?? '',
      ]),
    ),
  ]
}

function valuesOf(parameter: ParameterDescription): string {
  switch (parameter.kind) {
    case 'INT':
    case 'FLOAT':
      return `${parameter.min} … ${parameter.max}`
    case 'COMBO':
      return parameter.optionsFrom === undefined
        ? parameter.options.join(', ')
        : {
            input_images: 'pictures in the input folder',
            gendr_models: 'installed models',
            gendr_settings: 'settings of the installed models',
            upscale_models: 'installed upscalers',
            iqa_models: 'ONNX files in `models/iqa`',
          }[parameter.optionsFrom]
    default:
      return ''
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return []
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return ['', line(head), line(head.map(() => '---')), ...rows.map(line)]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(import.meta.dirname, 'nodes.md'), nodeReference())
  writeFileSync(join(import.meta.dirname, 'routes.md'), routeReference())
}
