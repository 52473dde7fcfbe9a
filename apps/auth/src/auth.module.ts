import { type DynamicModule, Inject, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { Database, dataSourceBeside } from '@portitor/postgres'
import { HealthRegistry } from '@portitor/service'
import { DataSource } from 'typeorm'
import { AuditConsumer } from './audit.consumer.ts'
import { AuditController } from './audit.controller.ts'
import { ChangesStore } from './changes.store.ts'
import { WorkspaceRow } from './workspace.row.ts'
import { WorkspacesController } from './workspaces.controller.ts'
import { WorkspacesStore } from './workspaces.store.ts'

/** Workspaces are made by hand and by scripts, never on a hot path: a few connections are plenty. */
const connectionsMax = 4

@Module({})
export class AuthModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(DataSource) readonly source: DataSource,
    @Inject(HealthRegistry) readonly health: HealthRegistry,
  ) {}

  /** The service over resources that somebody else opens and closes. */
  static with(resources: { readonly database: Database; readonly bus: Bus }): DynamicModule {
    return {
      module: AuthModule,
      controllers: [WorkspacesController, AuditController],
      providers: [
        { provide: Bus, useValue: resources.bus },
        { provide: Database, useValue: resources.database },
        {
          provide: DataSource,
          useFactory: () =>
            dataSourceBeside(resources.database, { entities: [WorkspaceRow], connectionsMax }).initialize(),
        },
        ChangesStore,
        WorkspacesStore,
        AuditConsumer,
      ],
    }
  }

  onModuleInit() {
    this.health.register('auth database', async () => {
      await this.source.query('select 1')
      return undefined
    })
  }

  async onApplicationShutdown() {
    await this.source.destroy()
  }
}
