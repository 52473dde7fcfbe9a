import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import { Bus, type Follower, type LogRecord } from '@portitor/bus'
import { catalogChangedTopic } from '@portitor/contracts'
import { MeterCatalog, type MeterIndex } from '@portitor/metering'
import { HealthRegistry, Log } from '@portitor/service'

/** The meters as rating published them last (M-3). Ready once everything in the topic at the start has been read. */
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
    this.health.register('ingestion.meters', () => Promise.resolve(this.missing()))
    this.#follower = await this.bus.follow(catalogChangedTopic, 'meters', (record) => this.apply(record))
    this.#follower.caughtUp.then(
      () => (this.#caughtUp = true),
      (err: unknown) => this.log.error({ err }, 'the catalogue cannot be read'),
    )
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#follower?.close()
  }

  /** The index to judge by; `undefined` as long as the meters are not known. No event is refused for a meter that is only late. */
  get index(): MeterIndex | undefined {
    return this.missing() === undefined ? this.#catalog.index : undefined
  }

  private missing(): string | undefined {
    if (!this.#caughtUp) return 'the catalogue is still being read'
    return this.#catalog.isEmpty ? 'no meter has been published yet: rating does so when it starts' : undefined
  }

  private apply({ key, value, offset }: LogRecord): void {
    try {
      this.#catalog.apply(key, value?.toString() ?? null)
    } catch (err) {
      this.log.error({ err, key, offset: String(offset) }, 'a meter in the catalogue cannot be read')
    }
  }
}
