import { migration } from '@portitor/postgres'

/** One event a row with its price leg and its cost leg; a leg without an amount is no transfer. */
const legs = `
    unnest(p_workspace_ids, p_effective_at, p_sources, p_event_ids, p_agent_ids, p_user_ids, p_workflows, p_models, p_providers,
      p_metadata, p_price_ids, p_price_debits, p_price_credits, p_price_amounts, p_price_versions, p_price_charges,
      p_cost_ids, p_cost_debits, p_cost_credits, p_cost_amounts, p_cost_versions)
      as e(workspace_id, effective_at, source, event_id, agent_id, user_id, workflow, model, provider,
        metadata, price_id, price_debit, price_credit, price_amount, price_version, price_charge,
        cost_id, cost_debit, cost_credit, cost_amount, cost_version),
    lateral (values
      (e.price_id, e.price_debit, e.price_credit, e.price_amount, e.price_version, 'usage.price', e.price_charge),
      (e.cost_id, e.cost_debit, e.cost_credit, e.cost_amount, e.cost_version, 'usage.cost', null)
    ) as leg(id, debit, credit, amount, version, code, charge)`

/** Inserts the transfers and moves the balances by what was really inserted. Accounts are locked in the order of their ids. */
const post = (onConflict: string) => `
  with posted as (
    insert into ledger.transfers (workspace_id, id, debit_account, credit_account, amount_nanos, effective_at, recorded_at,
      price_version, code, currency, charge, source, event_id, agent_id, user_id, workflow, model, provider, metadata)
    select e.workspace_id, leg.id, leg.debit, leg.credit, leg.amount, e.effective_at, p_recorded_at,
      leg.version, leg.code, p_currency, leg.charge, e.source, e.event_id, e.agent_id, e.user_id, e.workflow, e.model, e.provider, e.metadata
    from ${legs}
    where leg.amount is not null
    ${onConflict}
    returning workspace_id, debit_account, credit_account, amount_nanos
  ), moved as (
    select workspace_id, side.account, sum(side.debit) as debits, sum(side.credit) as credits
    from posted, lateral (values (debit_account, amount_nanos, 0::bigint), (credit_account, 0::bigint, amount_nanos)) as side(account, debit, credit)
    group by workspace_id, side.account
  )
  insert into ledger.accounts as a (workspace_id, id, currency, kind, debits_posted, credits_posted)
  select workspace_id, account, p_currency, known.kind, debits, credits
  from moved left join unnest(p_account_ids, p_account_kinds) as known(id, kind) on known.id = moved.account
  order by workspace_id, account
  on conflict (workspace_id, id) do update
    set debits_posted = a.debits_posted + excluded.debits_posted, credits_posted = a.credits_posted + excluded.credits_posted;`

/**
 * L-3 as one call a batch. Nearly every batch is new, so it is inserted without a conflict clause, which is a third
 * faster; where a transfer exists already, the whole is undone and inserted again around what is there.
 */
export const postUsageMigration = migration(
  2,
  'PostUsage',
  `
create function ledger.post_usage(
  p_recorded_at timestamptz, p_currency text,
  p_workspace_ids uuid[], p_effective_at timestamptz[], p_sources text[], p_event_ids text[],
  p_agent_ids text[], p_user_ids text[], p_workflows text[], p_models text[], p_providers text[], p_metadata json[],
  p_price_ids uuid[], p_price_debits bigint[], p_price_credits bigint[], p_price_amounts bigint[], p_price_versions int[], p_price_charges text[],
  p_cost_ids uuid[], p_cost_debits bigint[], p_cost_credits bigint[], p_cost_amounts bigint[], p_cost_versions int[],
  p_account_ids bigint[], p_account_kinds text[]
-- A plan made while the table was empty must not stay a sequential scan.
) returns void language plpgsql set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  v_differing record;
begin
  ${post('')}
exception when unique_violation then
  ${post('on conflict (workspace_id, id) do nothing')}
  -- A replay brings the same transfer again. The same id with other content is no replay and must not pass for one.
  select e.source, e.event_id, leg.code into v_differing
  from ${legs}
    cross join lateral (select * from ledger.transfers t where t.workspace_id = e.workspace_id and t.id = leg.id offset 0) t
  where leg.amount is not null
    and (t.source, t.event_id, t.code, t.charge, t.currency, t.debit_account, t.credit_account, t.amount_nanos, t.price_version)
      is distinct from (e.source, e.event_id, leg.code, leg.charge, p_currency, leg.debit, leg.credit, leg.amount, leg.version)
  limit 1;
  if found then
    raise exception 'event % of % is posted already with another % transfer', v_differing.event_id, v_differing.source, v_differing.code
      using errcode = 'unique_violation';
  end if;
end $$;
revoke execute on function ledger.post_usage from public;
grant execute on function ledger.post_usage to portitor_service;
`,
)
