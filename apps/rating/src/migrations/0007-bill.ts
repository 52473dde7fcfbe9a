import { migration } from '@portitor/postgres'

export const billMigration = migration(
  7,
  'Bill',
  `
-- The price side of one workspace's periods is what its bill sums up (B-8). The database itself shows a tenant no cost (A-9).
create index charge_counters_of_bills on rating.charge_counters (workspace_id, period) where side = 'price';
create policy tenant_price on rating.charge_counters as restrictive for select to portitor_tenant using (side = 'price');
grant select (workspace_id, side, charge, plan, period, segment, cells) on rating.charge_counters to portitor_tenant;
`,
)
