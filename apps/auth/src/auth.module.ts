import { type DynamicModule, Inject, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { Database, dataSourceBeside } from '@portitor/postgres'
import { HealthRegistry } from '@portitor/service'
import { DataSource } from 'typeorm'
import { AccessTokens, type TokenSettings } from './tokens/access-tokens.ts'
import { AgentCredentialsController } from './agents/agent-credentials.controller.ts'
import { AgentRow } from './agents/agent.row.ts'
import { AgentsController } from './agents/agents.controller.ts'
import { AgentsStore } from './agents/agents.store.ts'
import { AUTHENTICATION_DATABASE, authenticationDatabase } from './introspection/authentication-database.ts'
import { ApiKeysController } from './keys/api-keys.controller.ts'
import { AuditConsumer } from './audit/audit.consumer.ts'
import { AuditController } from './audit/audit.controller.ts'
import { BudgetRow } from './agents/budget.row.ts'
import { BudgetsController } from './agents/budgets.controller.ts'
import { BudgetsStore } from './agents/budgets.store.ts'
import { ChangesStore } from './changes/changes.store.ts'
import { CredentialIdentifier } from './introspection/credential-identifier.ts'
import { CredentialRow } from './keys/credential.row.ts'
import { CredentialsStore } from './keys/credentials.store.ts'
import { HeartbeatJob } from './introspection/heartbeat.job.ts'
import { IntrospectionController } from './introspection/introspection.controller.ts'
import { IntrospectionStore } from './introspection/introspection.store.ts'
import { KEY_PEPPER } from './keys/key-hash.ts'
import { LogInStore } from './introspection/log-in.store.ts'
import { MemberRow } from './people/member.row.ts'
import { MembersController } from './people/members.controller.ts'
import { MembersStore } from './people/members.store.ts'
import { OperatorRow } from './people/operator.row.ts'
import { OperatorsController } from './people/operators.controller.ts'
import { OperatorsStore } from './people/operators.store.ts'
import { OrganizationRow } from './workspaces/organization.row.ts'
import { OrganizationsController } from './workspaces/organizations.controller.ts'
import { PeopleStore } from './people/people.store.ts'
import { RefusedCredentialsJob } from './introspection/refused-credentials.job.ts'
import { RoleRow } from './people/role.row.ts'
import { RolesController } from './people/roles.controller.ts'
import { RolesStore } from './people/roles.store.ts'
import { TeamRow } from './people/team.row.ts'
import { TeamsController } from './people/teams.controller.ts'
import { TeamsStore } from './people/teams.store.ts'
import { TokenController } from './tokens/token.controller.ts'
import { type TrustedIssuer, TrustedIssuers } from './introspection/trusted-issuers.ts'
import { UserRow } from './people/user.row.ts'
import { WorkspaceRow } from './workspaces/workspace.row.ts'
import { WorkspacesController } from './workspaces/workspaces.controller.ts'
import { WorkspacesStore } from './workspaces/workspaces.store.ts'

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
    @Inject(AUTHENTICATION_DATABASE) readonly authentication: Database,
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
        { provide: AUTHENTICATION_DATABASE, useFactory: () => authenticationDatabase(database) },
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
    await this.authentication.close()
    await this.source.destroy()
  }
}
