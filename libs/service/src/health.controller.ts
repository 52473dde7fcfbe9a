import { Controller, Get, Inject } from '@nestjs/common'
import { HealthRegistry, notReady } from './health.ts'
import { Open } from './open.ts'

@Controller('health')
export class HealthController {
  constructor(@Inject(HealthRegistry) readonly registry: HealthRegistry) {}

  /** The process runs. Says nothing about what it depends on: restarting it would not mend that. */
  @Get('live')
  @Open()
  live() {
    return { status: 'live' }
  }

  @Get('ready')
  @Open()
  async ready() {
    const unready = await this.registry.unready()
    if (unready.length > 0) throw notReady(unready)
    return { status: 'ready' }
  }
}
