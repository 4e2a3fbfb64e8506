import { readdirSync, readFileSync } from 'node:fs'

/** What a process and all below it use; from /proc, so on Linux only. */
export interface Usage {
  /** Resident memory in MiB. */
  readonly memory: number
  /** The most that was ever resident, in MiB; of several processes the sum of what each reached. */
  readonly peak: number
  /** CPU time since the start, user and system, in ms. */
  readonly cpu: number
}

/** Clock ticks of /proc in a second; 100 on every Linux that Node runs on. */
const TICKS = 100

/** The usage of a process and its descendants together. */
export function usageOf(root: number): Usage {
  const family = new Set([root])
  const all = processes()
  for (let grown = true; grown; ) {
    grown = false
    for (const { id, parent } of all) {
      if (!family.has(parent) || family.has(id)) continue
      family.add(id)
      grown = true
    }
  }
  const members = all.filter(({ id }) => family.has(id))
  return {
    memory: members.reduce((sum, { memory }) => sum + memory, 0),
    peak: members.reduce((sum, { peak }) => sum + peak, 0),
    cpu: members.reduce((sum, { cpu }) => sum + cpu, 0),
  }
}

function processes(): readonly (Usage & { readonly id: number; readonly parent: number })[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        // The name in parentheses may hold anything; the fields after it are numbers (proc_pid_stat(5)).
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        const status = readFileSync(`/proc/${name}/status`, 'utf8')
        const mebibytes = (key: string) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? '0') / 1024
        const cpu = ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS
        return [
          { id: Number(name), parent: Number(fields[1]), memory: mebibytes('VmRSS'), peak: mebibytes('VmHWM'), cpu },
        ]
      } catch {
        // It ended between the two looks.
        return []
      }
    })
}
