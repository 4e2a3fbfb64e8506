import { killOften } from '../story/kill.ts'

/** `npm run bench:kill [COUNT]`: kills a host under load, 50 times by default, and says what was lost. */
const report = await killOften(Number(process.argv[2] ?? 50))
const { starts, lost, notOnce, broken, orphans, ...rest } = report
const sorted = [...starts].sort((a, b) => a - b)
console.log({
  ...rest,
  lost: lost.length,
  notOnce: notOnce.length,
  broken: broken.length,
  orphans: orphans.length,
  medianStart: `${Math.round(sorted[sorted.length >> 1]!)} ms`,
})
if (lost.length + notOnce.length + broken.length + orphans.length > 0 || rest.integrity !== 'ok') {
  console.log(report)
  process.exitCode = 1
}
