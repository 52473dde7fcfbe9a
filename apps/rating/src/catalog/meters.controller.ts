import { isDeepStrictEqual } from 'node:util'
import { Controller, Get, Inject, Post, Res } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { createMeterSchema, listMetersQuerySchema, type Meter } from '@portitor/contracts'
import { auditMessage } from '@portitor/identity'
import { Database } from '@portitor/postgres'
import { Caller, JsonBody, ProblemException, Query } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import type { z } from 'zod'
import { lockCatalog } from './catalog-head.store.ts'
import { checkMeter } from './check-meter.ts'
import { METERS_MAX, MetersStore } from './meters.store.ts'

/** Meters as data (M-3). Operators only. */
@Controller('/api/v1/meters')
export class MetersController {
  constructor(
    @Inject(Database) readonly database: Database,
    @Inject(Bus) readonly bus: Bus,
    @Inject(MetersStore) readonly meters: MetersStore,
  ) {}

  @Get()
  async list(@Query(listMetersQuerySchema) query: z.infer<typeof listMetersQuerySchema>) {
    const found = await this.meters.list(this.database, { after: query.cursor ?? '', limit: query.limit + 1 })
    const data = found.slice(0, query.limit)
    return { data, next_cursor: found.length > query.limit ? data.at(-1)!.name : null }
  }

  /** 201 for a new meter, 200 where it exists as it is sent, 409 where it exists otherwise: rated events name it. */
  @Post()
  async create(
    @Caller() caller: Caller,
    @JsonBody(createMeterSchema) meter: Meter,
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Promise<Meter> {
    const created = await this.database.transaction(async (tx) => {
      await lockCatalog(tx)
      const existing = await this.meters.all(tx)
      const same = existing.find(({ name }) => name === meter.name)
      if (same !== undefined) {
        if (isDeepStrictEqual(same, meter)) return false
        throw new ProblemException(
          409,
          'meter.exists',
          `A meter ${meter.name} exists with another definition, and a meter never changes: choose another name.`,
        )
      }
      const refusal = checkMeter(meter, existing)
      if (refusal !== undefined) {
        const { code, field, expected } = refusal
        throw new ProblemException(400, code, `${field}: ${expected}`, { errors: [{ in: 'body', field, expected }] })
      }
      if (existing.length >= METERS_MAX)
        throw new ProblemException(409, 'meter.too_many', `There are ${METERS_MAX} meters, and no more can be kept.`)
      await this.meters.insert(tx, [meter])
      await this.bus.publish(tx, [
        auditMessage(uuidv7(), new Date(), caller, {
          service: 'rating',
          workspaceId: null,
          action: 'meter.created',
          target: `meter:${meter.name}`,
          after: meter,
        }),
      ])
      return true
    })
    if (created) this.bus.committed()
    reply.status(created ? 201 : 200)
    return meter
  }
}
