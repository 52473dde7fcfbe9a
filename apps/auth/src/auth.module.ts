import { type DynamicModule, Inject, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { Database, dataSourceBeside } from '@portitor/postgres'
import { HealthRegistry } from '@portitor/service'
import { DataSource } from 'typeorm'
import { AccessTokens, type TokenSettings } from './access-tokens.ts'
import { AuditConsumer } from './audit.consumer.ts'
import { AuditController } from './audit.controller.ts'
import { ChangesStore } from './changes.store.ts'
import { CredentialIdentifier } from './credential-identifier.ts'
import { HeartbeatJob } from './heartbeat.job.ts'
import { IntrospectionController } from './introspection.controller.ts'
import { IntrospectionStore } from './introspection.store.ts'
import { KEY_PEPPER } from './key-hash.ts'
import { LogInStore } from './log-in.store.ts'
import { RefusedCredentialsJob } from './refused-credentials.job.ts'
import { TokenController } from './token.controller.ts'
import { type TrustedIssuer, TrustedIssuers } from './trusted-issuers.ts'
import { WorkspaceRow } from './workspace.row.ts'
import { WorkspacesController } from './workspaces.controller.ts'
import { WorkspacesStore } from './workspaces.store.ts'

/** Workspaces are made by hand and by scripts, never on a hot path: a few connections are plenty. */
const connectionsMax = 4

export interface AuthResources {
  readonly database: Database
  readonly bus: Bus
  /** `PORTITOR_KEY_PEPPER`. */
  readonly pepper: string
  readonly tokens: TokenSettings
  readonly trustedIssuers: readonly TrustedIssuer[]
}

@Module({})
export class AuthModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(DataSource) readonly source: DataSource,
    @Inject(HealthRegistry) readonly health: HealthRegistry,
  ) {}

  /** The service over resources that somebody else opens and closes. */
  static with(resources: AuthResources): DynamicModule {
    return {
      module: AuthModule,
      controllers: [WorkspacesController, IntrospectionController, TokenController, AuditController],
      providers: [
        { provide: Bus, useValue: resources.bus },
        { provide: Database, useValue: resources.database },
        { provide: KEY_PEPPER, useValue: resources.pepper },
        { provide: AccessTokens, useFactory: () => AccessTokens.open(resources.tokens) },
        { provide: TrustedIssuers, useValue: new TrustedIssuers(resources.trustedIssuers) },
        {
          provide: DataSource,
          useFactory: () =>
            dataSourceBeside(resources.database, { entities: [WorkspaceRow], connectionsMax }).initialize(),
        },
        ChangesStore,
        WorkspacesStore,
        IntrospectionStore,
        LogInStore,
        CredentialIdentifier,
        RefusedCredentialsJob,
        HeartbeatJob,
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
