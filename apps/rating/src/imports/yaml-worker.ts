import { parentPort, workerData } from 'node:worker_threads'
import { readYaml } from './read-yaml.ts'

/*
 * The thread of `YamlReader`: it gets the text, answers once what `readYaml` says, and ends. The answer goes back as JSON
 * text, which the service's thread takes in far faster than the objects themselves.
 */
if (parentPort === null) throw new Error('this file is for a worker thread: see yaml-reader.ts')
parentPort.postMessage(JSON.stringify(readYaml(workerData as string)))
