import { type DynamicModule, Inject, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { Database, dataSourceBeside } from '@portitor/postgres'
import { HealthRegistry } from '@portitor/service'
import { DataSource } from 'typeorm'
import { AccessTokens, type TokenSettings } from './access-tokens.ts'
import { AgentCredentialsController } from './agent-credentials.controller.ts'
import { AgentRow } from './agent.row.ts'
import { AgentsController } from './agents.controller.ts'
import { AgentsStore } from './agents.store.ts'
import { ApiKeysController } from './api-keys.controller.ts'
import { AuditConsumer } from './audit.consumer.ts'
import { AuditController } from './audit.controller.ts'
import { BudgetRow } from './budget.row.ts'
import { BudgetsController } from './budgets.controller.ts'
import { BudgetsStore } from './budgets.store.ts'
import { ChangesStore } from './changes.store.ts'
import { CredentialIdentifier } from './credential-identifier.ts'
import { CredentialRow } from './credential.row.ts'
import { CredentialsStore } from './credentials.store.ts'
import { HeartbeatJob } from './heartbeat.job.ts'
import { IntrospectionController } from './introspection.controller.ts'
import { IntrospectionStore } from './introspection.store.ts'
import { KEY_PEPPER } from './key-hash.ts'
import { LogInStore } from './log-in.store.ts'
import { MemberRow } from './member.row.ts'
import { MembersController } from './members.controller.ts'
import { MembersStore } from './members.store.ts'
import { OperatorRow } from './operator.row.ts'
import { OperatorsController } from './operators.controller.ts'
import { OperatorsStore } from './operators.store.ts'
import { OrganizationRow } from './organization.row.ts'
import { OrganizationsController } from './organizations.controller.ts'
import { PeopleStore } from './people.store.ts'
import { RefusedCredentialsJob } from './refused-credentials.job.ts'
import { RoleRow } from './role.row.ts'
import { RolesController } from './roles.controller.ts'
import { RolesStore } from './roles.store.ts'
import { TeamRow } from './team.row.ts'
import { TeamsController } from './teams.controller.ts'
import { TeamsStore } from './teams.store.ts'
import { TokenController } from './token.controller.ts'
import { type TrustedIssuer, TrustedIssuers } from './trusted-issuers.ts'
import { UserRow } from './user.row.ts'
import { WorkspaceRow } from './workspace.row.ts'
import { WorkspacesController } from './workspaces.controller.ts'
import { WorkspacesStore } from './workspaces.store.ts'

/** Identities are made by hand and by scripts, never on a hot path: a few connections are plenty. */
const connectionsMax = 4

const entities = [
  OrganizationRow,
  WorkspaceRow,
  TeamRow,
  RoleRow,
  UserRow,
  MemberRow,
  OperatorRow,
  AgentRow,
  CredentialRow,
  BudgetRow,
]
const controllers = [
  OrganizationsController,
  WorkspacesController,
  TeamsController,
  RolesController,
  MembersController,
  OperatorsController,
  ApiKeysController,
  AgentsController,
  AgentCredentialsController,
  BudgetsController,
  IntrospectionController,
  TokenController,
  AuditController,
]
const stores = [
  ChangesStore,
  WorkspacesStore,
  TeamsStore,
  RolesStore,
  PeopleStore,
  MembersStore,
  OperatorsStore,
  CredentialsStore,
  AgentsStore,
  BudgetsStore,
  IntrospectionStore,
  LogInStore,
]
const workers = [CredentialIdentifier, RefusedCredentialsJob, HeartbeatJob, AuditConsumer]

export interface AuthResources {
  readonly database: Database
  readonly bus: Bus
  /** Keys are hashed with it, so it is the same for all processes and ever after: with another one no key is known (I-3). */
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
  static with({ database, bus, pepper, tokens, trustedIssuers }: AuthResources): DynamicModule {
    return {
      module: AuthModule,
      controllers,
      providers: [
        { provide: Bus, useValue: bus },
        { provide: Database, useValue: database },
        { provide: KEY_PEPPER, useValue: pepper },
        { provide: AccessTokens, useFactory: () => AccessTokens.open(tokens) },
        { provide: TrustedIssuers, useValue: new TrustedIssuers(trustedIssuers) },
        {
          provide: DataSource,
          useFactory: () => dataSourceBeside(database, { entities, connectionsMax }).initialize(),
        },
        ...stores,
        ...workers,
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
