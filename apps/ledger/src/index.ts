export { LedgerModule } from './ledger.module.ts'
/** Run them with `migrate(url, 'ledger', ledgerMigrations)` before the module starts. */
export { ledgerMigrations } from './migrations/index.ts'
// What a benchmark of the posting path needs: a rated event becomes transfers, transfers become rows and balances.
export { toTransfers, type Transfer, type UsageTransfers } from './to-transfers.ts'
export { postUsage } from './transfers.store.ts'
