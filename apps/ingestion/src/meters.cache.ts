import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import { Bus, type Follower, type LogRecord } from '@portitor/bus'
import { catalogChangedSchema, catalogChangedTopic, type Meter } from '@portitor/contracts'
import { indexMeters, type MeterIndex } from '@portitor/metering'
import { HealthRegistry, Log } from '@portitor/service'

/** The meters as rating published them last (M-3). Ready once everything in the topic at the start has been read. */
@Injectable()
export class MetersCache implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #meters = new Map<string, Meter>()
  #index: MeterIndex | undefined
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
    if (this.missing() !== undefined) return undefined
    return (this.#index ??= indexMeters([...this.#meters.values()]))
  }

  private missing(): string | undefined {
    if (!this.#caughtUp) return 'the catalogue is still being read'
    return this.#meters.size === 0 ? 'no meter has been published yet: rating does so when it starts' : undefined
  }

  private apply(record: LogRecord): void {
    const { key, value } = record
    if (key === null || !key.startsWith('meter:')) return
    this.#index = undefined
    if (value === null) {
      this.#meters.delete(key)
      return
    }
    try {
      const changed = catalogChangedSchema.parse(JSON.parse(value.toString()))
      if (changed.kind === 'meter') this.#meters.set(key, changed.meter)
    } catch (err) {
      // The meter stays as it was: a record nobody can read must not stop what is known to be right.
      this.log.error({ err, key, offset: String(record.offset) }, 'a meter in the catalogue cannot be read')
    }
  }
}
