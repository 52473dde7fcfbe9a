import { type BeforeApplicationShutdown, type DynamicModule, Inject, Module } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { GroupAppend } from './group-append.ts'
import { IdentityClient } from './identity.client.ts'
import { MetersCache } from './meters.cache.ts'
import { MeteringController } from './metering.controller.ts'
import { RecentEvents } from './recent-events.ts'
import { TakenIds } from './taken-ids.client.ts'

export interface IngestionResources {
  readonly bus: Bus
  /** How many accepted events are remembered to answer repeats; about 400 bytes each. 100,000 unless said. */
  readonly recentEventsMax?: number
}

const recentEventsMaxDefault = 100_000
const recentAgeMsMax = 3_600_000

/** Usage events over HTTP into the log. It has no tables of its own: what it accepted is in the log and nowhere else. */
@Module({})
export class IngestionModule implements BeforeApplicationShutdown {
  constructor(@Inject(GroupAppend) private readonly log: GroupAppend) {}

  static with({ bus, recentEventsMax = recentEventsMaxDefault }: IngestionResources): DynamicModule {
    return {
      module: IngestionModule,
      controllers: [MeteringController],
      providers: [
        { provide: Bus, useValue: bus },
        { provide: GroupAppend, useFactory: () => new GroupAppend(bus) },
        {
          provide: RecentEvents,
          useFactory: () => new RecentEvents({ eventsMax: recentEventsMax, ageMsMax: recentAgeMsMax }),
        },
        MetersCache,
        TakenIds,
        IdentityClient,
      ],
    }
  }

  /** Whoever closes the bus after this cuts nothing off (O-6). */
  async beforeApplicationShutdown(): Promise<void> {
    await this.log.drain()
  }
}
