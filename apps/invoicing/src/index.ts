export { invoicingVariables } from './config.ts'
export { InvoicingModule } from './invoicing.module.ts'
/** Run them with `migrate(url, 'invoicing', invoicingMigrations)` before the module starts. */
export { invoicingMigrations } from './migrations/index.ts'
