import { expect, test } from 'vitest'
import { gendrModelLoader } from '../../../nodes/gendr/model-loader.ts'
import { exactModel, testContext } from '../context.ts'

test('a model is opened by its name in the setting that was asked for, by default its own', async () => {
  const asked: unknown[] = []
  const context = testContext()
  const models = {
    ...context.models,
    open: async (...question: unknown[]) => {
      asked.push(question)
      return exactModel
    },
  }
  for (const parameters of [{ model_name: 'exact', setting: 'faithful' }, {}]) {
    const parsed = gendrModelLoader.parameters.parse(parameters)
    expect(await gendrModelLoader.run({}, parsed, { ...context, models })).toEqual({ model: exactModel })
  }
  expect(asked).toEqual([
    ['exact', 'faithful'],
    ['gendr-nano', 'default'],
  ])
})
