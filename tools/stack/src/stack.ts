import { join } from 'node:path'
import { dockerAnswers } from './container.ts'
import { engineNames, type Engine, type EngineName, type Lack, type Place, type Recipe } from './engine.ts'
import { Life } from './life.ts'
import { installPackages, mayInstall } from './packages.ts'
import { recipes } from './recipes.ts'
import { sweepAbandoned } from './scratch.ts'

export interface StackOptions {
  /** All four where not told otherwise. */
  readonly engines?: readonly EngineName[]
  /** Where data and logs go and stay; a temporary folder, removed at the end, where not told otherwise. */
  readonly dir?: string
  readonly log?: (line: string) => void
}

export interface Missing extends Lack {
  readonly name: EngineName
}

export interface Stack {
  readonly engines: readonly Engine[]
  readonly missing: readonly Missing[]
  /** Where data and logs are, one folder an engine. */
  readonly dir: string
  /** `PORTITOR_TEST_…` variables for what runs. */
  readonly environment: Readonly<Record<string, string>>
  /** A started engine; throws with the remedy where it could not be had. */
  engine(name: EngineName): Engine
  /** Ends every engine and removes the temporary folders. Twice is harmless. */
  stop(): Promise<void>
}

const variables: Record<EngineName, string> = {
  kafka: 'PORTITOR_TEST_KAFKA_BROKERS',
  redis: 'PORTITOR_TEST_REDIS_URL',
  postgres: 'PORTITOR_TEST_POSTGRES_URL',
  clickhouse: 'PORTITOR_TEST_CLICKHOUSE_URL',
}

/**
 * Starts real engines and resolves when all of them answer (O-1). What cannot be had here is in `missing` with its
 * remedy; an engine that is there and fails to start stops the others and throws with the end of its log. The engines
 * end with `stop`, and also when this process is interrupted or exits.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { engines: names = engineNames, log = () => undefined } = options
  sweepAbandoned(log)
  const life = new Life(log)
  const dir = options.dir ?? life.scratch()
  const docker = dockerAnswers()
  const missing = docker ? [] : findMissing(names, log)
  const wanted = names.filter((name) => missing.every((lack) => lack.name !== name))
  const engines = await life.untilStarted(
    wanted.map((name) => start(recipes[name], { ...life.place, dir: join(dir, name) }, docker)),
  )
  return {
    engines,
    missing,
    dir,
    environment: Object.fromEntries(engines.map(({ name, url }) => [variables[name], url])),
    engine(name) {
      const engine = engines.find((candidate) => candidate.name === name)
      if (engine !== undefined) return engine
      const lack = missing.find((candidate) => candidate.name === name)
      throw new Error(`${name} does not run: ${lack === undefined ? 'it was not asked for' : describeMissing(lack)}`)
    },
    stop: () => life.end(),
  }
}

/** One line: what is missing and how to get it. */
export function describeMissing({ what, remedy }: Missing): string {
  return `${what}; ${remedy}`
}

function findMissing(names: readonly EngineName[], log: (line: string) => void): Missing[] {
  const lacking = () =>
    names.flatMap((name): Missing[] => {
      const lack = recipes[name].lack()
      return lack === undefined ? [] : [{ name, ...lack }]
    })
  const packages = lacking().flatMap((lack) => lack.packages)
  if (packages.length > 0 && mayInstall()) installPackages(packages, log)
  return lacking().filter((lack) => lack.substitute === undefined)
}

/** Where Docker answers but has no image (an offline machine), the engine may still be on the machine itself. */
async function start(recipe: Recipe, place: Place, docker: boolean): Promise<Engine> {
  const begun = Date.now()
  const engine = docker ? await startContainerOrServer(recipe, place) : await recipe.start(place)
  place.log(`${recipe.name}: ${engine.origin}, ready in ${Date.now() - begun} ms at ${engine.url}`)
  return engine
}

async function startContainerOrServer(recipe: Recipe, place: Place): Promise<Engine> {
  try {
    return await recipe.startContainer(place)
  } catch (error) {
    if (recipe.lack() !== undefined) throw error
    place.log(`${recipe.name}: no container (${String(error).split('\n')[0]}), starting it without Docker`)
    return recipe.start(place)
  }
}
