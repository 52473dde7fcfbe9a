export interface KafkaAddresses {
  /** What the broker binds to: loopback, or every interface of its container. */
  readonly host: string
  readonly port: number
  readonly controllerPort: number
  readonly logDir: string
}

/** One node as broker and controller, for tests: nothing is replicated and nothing appears by itself. */
export function kafkaSettings({ host, port, controllerPort, logDir }: KafkaAddresses): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://${host}:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': logDir,
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    // A killed broker may come back only when its former session is over (9 s where not told otherwise).
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    // A record of 1 MiB, our own limit, needs room for its key, headers and batch.
    'message.max.bytes': '2097152',
    'replica.fetch.max.bytes': '2097152',
    // Traces bear the times at which they were recorded: with a limit by age the broker would delete them at once.
    'log.retention.ms': '-1',
  }
}

/** As a `server.properties` file. */
export function toProperties(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** As options of `docker run` for the image apache/kafka. */
export function toEnvironmentOptions(settings: Record<string, string>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [
    '--env',
    `KAFKA_${name.toUpperCase().replaceAll('.', '_')}=${value}`,
  ])
}
