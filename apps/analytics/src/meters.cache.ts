import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import { Bus, type Follower, type LogRecord } from '@portitor/bus'
import { catalogChangedTopic } from '@portitor/contracts'
import { MeterCatalog, type MeterIndex } from '@portitor/metering'
import { HealthRegistry, Log } from '@portitor/service'

/** How each meter aggregates (M-3), from what rating published. Ready once everything in the topic at the start has been read. */
@Injectable()
export class MetersCache implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #catalog = new MeterCatalog()
  #follower: Follower | undefined
  #caughtUp = false

  constructor(
    @Inject(Bus) private readonly bus: Bus,
    @Inject(HealthRegistry) private readonly health: HealthRegistry,
    @Inject(Log) private readonly log: Log,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.health.register('analytics.meters', () =>
      Promise.resolve(this.#caughtUp ? undefined : 'the catalogue is still being read'),
    )
    this.#follower = await this.bus.follow(catalogChangedTopic, 'analytics-meters', (record) => this.apply(record))
    this.#follower.caughtUp.then(
      () => (this.#caughtUp = true),
      (err: unknown) => this.log.error({ err }, 'the catalogue cannot be read'),
    )
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#follower?.close()
  }

  /** `undefined` as long as the meters are not known: what is only late must not be added up by mistake. */
  get index(): MeterIndex | undefined {
    return this.#caughtUp ? this.#catalog.index : undefined
  }

  private apply({ key, value, offset }: LogRecord): void {
    try {
      this.#catalog.apply(key, value?.toString() ?? null)
    } catch (err) {
      this.log.error({ err, key, offset: String(offset) }, 'a meter in the catalogue cannot be read')
    }
  }
}
