import { type DynamicModule, Module } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { Database } from '@portitor/postgres'
import { PlansClient } from './plans.client.ts'
import { SubscriptionChangesController } from './subscription-changes.controller.ts'
import { LEAD_MS, SubscriptionChanges } from './subscription-changes.ts'
import { SubscriptionsController } from './subscriptions.controller.ts'

@Module({})
export class InvoicingModule {
  /** The service over resources that somebody else opens and closes. `leadMs`: how soon a change may take effect. */
  static with(resources: { readonly database: Database; readonly bus: Bus; readonly leadMs: number }): DynamicModule {
    return {
      module: InvoicingModule,
      controllers: [SubscriptionsController, SubscriptionChangesController],
      providers: [
        { provide: Database, useValue: resources.database },
        { provide: Bus, useValue: resources.bus },
        { provide: LEAD_MS, useValue: resources.leadMs },
        PlansClient,
        SubscriptionChanges,
      ],
    }
  }
}
