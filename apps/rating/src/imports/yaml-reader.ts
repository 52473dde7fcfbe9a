import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { ProblemException } from '@portitor/service'
import type { ReadYaml } from './read-yaml.ts'

/** Files read at once, each on a thread of its own. */
const readersMax = 2
const readMsMax = 20_000
/** Hostile text makes the parser keep hundreds of bytes for each of its own. */
const heapMiBMax = 1_024

/** TypeScript in the sources, JavaScript where it was built: as this file itself. */
const script = new URL(`./yaml-worker${extname(import.meta.url)}`, import.meta.url)

/**
 * Reads YAML beside the service's own thread, which goes on answering: the parser takes seconds for a mebibyte that is made
 * to hurt, and memory that is then the thread's and not the service's.
 */
export class YamlReader {
  #reading = 0

  /** For specs other bounds than 20 s and 1 GiB. */
  constructor(readonly bounds = { msMax: readMsMax, heapMiBMax }) {}

  /** As `readYaml`; malformed too is what cannot be read within the bounds. Throws 503 while two files are being read. */
  async read(text: string): Promise<ReadYaml> {
    if (this.#reading >= readersMax)
      throw new ProblemException(
        503,
        'service.unavailable',
        'Other files are being read; try again.',
        {},
        { 'retry-after': '1' },
      )
    this.#reading += 1
    try {
      return await this.#aside(text)
    } finally {
      this.#reading -= 1
    }
  }

  async #aside(text: string): Promise<ReadYaml> {
    const { msMax, heapMiBMax: maxOldGenerationSizeMb } = this.bounds
    const worker = new Worker(script, { workerData: text, resourceLimits: { maxOldGenerationSizeMb } })
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<ReadYaml>((resolve, reject) => {
        const giveUp = () => resolve({ malformed: 'it takes too much to read: send less at once' })
        worker.once('message', (answer: string) => resolve(JSON.parse(answer) as ReadYaml))
        worker.once('error', (error: NodeJS.ErrnoException) =>
          error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? giveUp() : reject(error),
        )
        worker.once('exit', (code) => reject(new Error(`the reader of YAML ended with ${code} and no answer`)))
        timer = setTimeout(giveUp, msMax)
      })
    } finally {
      clearTimeout(timer)
      await worker.terminate()
    }
  }
}
