import { pick } from './random.ts'
import type { DistributedSystem } from '@portitor/stack'

const PAUSE_MS = { min: 200, max: 900 }

/** Kills random processes, one after the other, each restarted at once; the broker and the database get their turns. */
export async function killLoop(
  system: DistributedSystem,
  options: { kills: number; random: () => number; onKill: (name: string, count: number) => void },
): Promise<number> {
  const { random } = options
  const returning: Promise<unknown>[] = []
  let kills = 0
  while (kills < options.kills) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS.min + random() * (PAUSE_MS.max - PAUSE_MS.min)))
    const roll = random()
    kills += 1
    if (roll < 0.08) {
      options.onKill('postgres', kills)
      await system.stack.engine('postgres').kill('SIGKILL')
      await system.stack.engine('postgres').restart()
    } else if (roll < 0.16) {
      options.onKill('kafka', kills)
      await system.stack.engine('kafka').kill('SIGKILL')
      await system.stack.engine('kafka').restart()
    } else {
      const victim = pick(random, system.services)
      options.onKill(victim.name, kills)
      await victim.kill('SIGKILL')
      victim.start()
      // Every few kills the victim is left to come up, so that the next one hits working processes and not only starting ones.
      if (random() < 0.3) returning.push(victim.ready())
      if (random() < 0.5) await victim.ready()
    }
  }
  await Promise.all(returning)
  for (const service of system.services) await service.ready()
  return kills
}
