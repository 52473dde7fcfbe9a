import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

/** How far its clock may be from ours, and how long a recorded call can be sent again. */
const toleranceSeconds = 300
/** More than any sender that rotates its secret gives. */
const signaturesMax = 16

/** `whsec_` and 24 to 64 random bytes in base64, as Standard Webhooks writes secrets. */
export const webhookSecretSchema = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/)
  .refine((text) => {
    const bytes = keyOf(text).length
    return bytes >= 24 && bytes <= 64
  })
  .describe('whsec_ and 24 to 64 random bytes in base64')

export interface SignedCall {
  readonly id: string | undefined
  readonly timestamp: string | undefined
  readonly signature: string | undefined
  readonly body: Buffer
}

interface WebhookRefusal {
  readonly code: string
  readonly detail: string
}

/**
 * Standard Webhooks: whether a call comes from who knows `secret`, and was signed within 5 minutes of `now` (milliseconds). Compared
 * in constant time. Undefined where it does; the refusal says nothing of what the signature should have been.
 */
export function verifyWebhook(call: SignedCall, secret: string, now: number): WebhookRefusal | undefined {
  const { id, timestamp, signature, body } = call
  if (id === undefined || timestamp === undefined || signature === undefined)
    return {
      code: 'webhook.signature_missing',
      detail: 'A price update is signed: send webhook-id, webhook-timestamp and webhook-signature.',
    }
  const sentAt = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : NaN
  if (!(Math.abs(now / 1000 - sentAt) <= toleranceSeconds))
    return {
      code: 'webhook.too_old',
      detail: `webhook-timestamp: expected seconds since 1970, within ${toleranceSeconds} of now. Sign the call again.`,
    }
  const expected = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest()
  const holds = signature
    .split(' ')
    .slice(0, signaturesMax)
    .some((one) => one.startsWith('v1,') && isSame(expected, Buffer.from(one.slice(3), 'base64')))
  return holds
    ? undefined
    : {
        code: 'webhook.signature_invalid',
        detail: 'webhook-signature does not fit the body, the id and the timestamp.',
      }
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice('whsec_'.length), 'base64')
}

function isSame(expected: Buffer, given: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected)
}
