import { migration } from '@portitor/postgres'

/**
 * Borders of blocks that are on their way into ClickHouse: written before the insert, removed with the step of the position.
 * So at most one a partition, and what is found here at a start was interrupted.
 */
export const blocks = migration(
  1,
  'Blocks',
  `
create table analytics.blocks (
  topic text collate "C" not null,
  partition int not null,
  id uuid not null,
  first_offset bigint not null,
  last_offset bigint not null check (last_offset >= first_offset),
  opened_at timestamptz not null default now(),
  primary key (topic, partition)
);
grant select, insert, delete on analytics.blocks to portitor_service;
`,
)
