import { type RatedUsage, ratedUsageSchema } from '@portitor/contracts'

/** The events of a record of `portitor.usage.rated.v1`, not yet checked one by one. Throws where it holds none. */
export function decodeRated(value: Buffer | null): unknown[] {
  const { events } = JSON.parse(value?.toString() ?? 'null') as { events?: unknown }
  if (!Array.isArray(events) || events.length === 0) throw new Error('a record of usage.rated holds at least one event')
  return events
}

/**
 * Checks what the ledger reads of an event. The schema takes longer than all the rest of posting does in this process, so
 * it is asked only where this quick look is not content: to say what is wrong.
 */
export function checkRated(event: unknown): RatedUsage {
  return looksRated(event as RatedUsage) ? (event as RatedUsage) : ratedUsageSchema.parse(event)
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const INSTANT = /^\d{4}-(0[1-9]|1[0-2])-[0-3]\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/

function looksRated(event: RatedUsage): boolean {
  return (
    typeof event === 'object' &&
    event !== null &&
    UUID.test(event.workspace_id) &&
    isInstant(event.time) &&
    typeof event.source === 'string' &&
    typeof event.id === 'string' &&
    isCurrency(event.currency) &&
    typeof event.price_nanos === 'string' &&
    typeof event.cost_nanos === 'string' &&
    isText(event.agent_id) &&
    isText(event.user_id) &&
    isText(event.workflow) &&
    isText(event.model) &&
    isText(event.provider) &&
    isText(event.org_id) &&
    isText(event.team) &&
    isText(event.cost_center) &&
    isText(event.region) &&
    isText(event.status) &&
    isText(event.period) &&
    isText(event.billed_in) &&
    isText(event.subscription_id) &&
    (event.revision === undefined || (Number.isInteger(event.revision) && event.revision > 0)) &&
    (event.reverses === undefined || event.reverses === true) &&
    (event.agent_status === undefined || event.agent_status === 'suspended' || event.agent_status === 'revoked') &&
    Array.isArray(event.charges) &&
    event.charges.every(
      (charge) =>
        typeof charge === 'object' &&
        charge !== null &&
        (charge.side === 'price' || charge.side === 'cost') &&
        typeof charge.charge === 'string' &&
        isText(charge.plan) &&
        Number.isInteger(charge.version) &&
        charge.version > 0 &&
        typeof charge.amount_nanos === 'string',
    )
  )
}

/** A day that its month does not have would be read as one of the next month. */
function isInstant(time: unknown): boolean {
  return typeof time === 'string' && INSTANT.test(time) && new Date(time).getUTCDate() === Number(time.slice(8, 10))
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}

function isCurrency(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Z]{3}$/.test(value)
}
