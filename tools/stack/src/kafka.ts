import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { startContainer } from './container.ts'
import type { Engine, Lack, Place, Recipe } from './engine.ts'
import { findProgram } from './find-program.ts'
import { freePorts } from './free-ports.ts'
import { kafkaJars } from './kafka-jars.ts'
import { kafkaSettings, toEnvironmentOptions, toProperties } from './kafka-settings.ts'
import { startServer } from './server.ts'

const javaMajorMin = 17
const formatMsMax = 60_000
const answerMsMax = 5_000
/** One for all: two clusters meet nowhere. Must be 16 bytes in base64url, and a random one may begin like an option. */
const clusterId = Buffer.from('portitor-stack-1').toString('base64url')
const log4j = join(import.meta.dirname, '..', 'kafka', 'log4j2.properties')

export const kafka: Recipe = {
  name: 'kafka',
  lack() {
    const [java, mvn] = [findJava(), findProgram('mvn')]
    if (java === undefined) return lacking('there is no Java 17 or newer')
    return mvn === undefined ? lacking('there is no Maven') : undefined
  },
  async start(place: Place): Promise<Engine> {
    const java = findJava() ?? 'java'
    const jars = await kafkaJars(findProgram('mvn') ?? 'mvn', place)
    const [port = 0, controllerPort = 0] = await freePorts(2)
    const logDir = join(place.dir, 'data')
    const properties = join(place.dir, 'server.properties')
    mkdirSync(place.dir, { recursive: true })
    writeFileSync(properties, toProperties(kafkaSettings({ host: '127.0.0.1', port, controllerPort, logDir })))
    const jvm = [`-Dlog4j2.configurationFile=${log4j}`, '-cp', join(jars, '*')]
    if (!existsSync(join(logDir, 'meta.properties'))) await format(java, jvm, properties, place.signal)
    const url = `127.0.0.1:${port}`
    return startServer(
      {
        name: 'kafka',
        origin: 'Apache Kafka 4.1 from Maven Central',
        url,
        command: java,
        args: ['-Xms512m', '-Xmx512m', ...jvm, 'kafka.Kafka', properties],
        ready: () => ready(url),
      },
      place,
    )
  },
  async startContainer(place: Place) {
    const [port = 0] = await freePorts(1)
    const url = `127.0.0.1:${port}`
    const settings = kafkaSettings({ host: '0.0.0.0', port, controllerPort: 9093, logDir: '/tmp/kafka-data' })
    const options = [...toEnvironmentOptions(settings), '--env', 'KAFKA_HEAP_OPTS=-Xms512m -Xmx512m']
    const image = 'apache/kafka:4.1.1'
    return startContainer(
      { name: 'kafka', image, url, port: `${port}:${port}`, options, ready: () => ready(url) },
      place,
    )
  },
}

function lacking(what: string): Lack {
  return {
    what: `${what} to run the broker's jars with`,
    remedy:
      'install both (Debian: apt-get install default-jre-headless maven; macOS: brew install maven), or start Docker',
    packages: ['default-jre-headless', 'maven'],
  }
}

function findJava(): string | undefined {
  const home = process.env['JAVA_HOME']
  return [home === undefined ? undefined : join(home, 'bin', 'java'), findProgram('java')].find((java) => {
    if (java === undefined) return false
    const version = /version "(\d+)/.exec(spawnSync(java, ['-version'], { encoding: 'utf8' }).stderr ?? '')
    return Number(version?.[1] ?? 0) >= javaMajorMin
  })
}

/** Gives the data directory its cluster id, without which the broker refuses it. */
async function format(java: string, jvm: string[], properties: string, signal: AbortSignal): Promise<void> {
  const quick = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']
  const args = [...quick, ...jvm, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties]
  await promisify(execFile)(java, args, { timeout: formatMsMax, signal })
}

/** An open port is not enough: in its first seconds the broker has no group coordinator yet, and clients stumble over that. */
async function ready(url: string): Promise<void> {
  const client = new Kafka({
    clientId: 'portitor-stack',
    brokers: [url],
    logLevel: logLevel.NOTHING,
    connectionTimeout: answerMsMax,
    requestTimeout: answerMsMax,
    retry: { retries: 0 },
  })
  const admin = client.admin()
  try {
    await admin.connect()
    // Without retries kafkajs knows no broker before it has asked for the cluster.
    await admin.describeCluster()
    await admin.describeGroups(['portitor-stack-readiness'])
  } finally {
    await admin.disconnect()
  }
}
