import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { verifyWebhook, webhookSecretSchema } from './verify-webhook.ts'

/** The example of the Standard Webhooks libraries. */
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const signed = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: '1614265330',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  body: Buffer.from('{"test": 2432232314}'),
}
const sentAt = 1_614_265_330_000

describe('the signature of a price update', () => {
  it('R-5 is that of Standard Webhooks', () => {
    expect(verifyWebhook(signed, secret, sentAt)).toBeUndefined()
    const rotated = { ...signed, signature: `v1a,AAAA v1,AAAA ${signed.signature}` }
    expect(verifyWebhook(rotated, secret, sentAt)).toBeUndefined()
  })

  it.each([
    ['another body', { body: Buffer.from('{"test": 2432232315}') }],
    ['another id', { id: 'msg_other' }],
    ['another time', { timestamp: '1614265331' }],
    ['another kind of signature', { signature: signed.signature.replace('v1,', 'v1a,') }],
    ['a cut signature', { signature: signed.signature.slice(0, 20) }],
    ['an empty signature', { signature: 'v1,' }],
    ['too many signatures before it', { signature: `${'v1,AAAA '.repeat(16)}${signed.signature}` }],
  ])('R-5 refuses %s', (_, changes) => {
    expect(verifyWebhook({ ...signed, ...changes }, secret, sentAt)?.code).toBe('webhook.signature_invalid')
  })

  it('R-5 refuses a call that was recorded and is sent later, and one from the future', () => {
    expect(verifyWebhook(signed, secret, sentAt + 300_000)).toBeUndefined()
    for (const now of [sentAt + 300_001, sentAt - 300_001])
      expect(verifyWebhook(signed, secret, now)?.code).toBe('webhook.too_old')
    for (const timestamp of ['', 'now', '1e9', '-1', '16142653300000'])
      expect(verifyWebhook({ ...signed, timestamp }, secret, sentAt)?.code).toBe('webhook.too_old')
  })

  it('R-5 refuses a call without the headers', () => {
    for (const header of ['id', 'timestamp', 'signature'])
      expect(verifyWebhook({ ...signed, [header]: undefined }, secret, sentAt)?.code).toBe('webhook.signature_missing')
  })

  it('R-5 takes what is signed with the secret, and nothing that is signed with another', () => {
    const keys = fc.uint8Array({ minLength: 24, maxLength: 64 })
    fc.assert(
      fc.property(keys, keys, fc.string(), (key, other, text) => {
        const body = Buffer.from(text)
        const mac = createHmac('sha256', key).update(`a.1000.`).update(body).digest('base64')
        const call = { id: 'a', timestamp: '1000', signature: `v1,${mac}`, body }
        const secretOf = (bytes: Uint8Array) => `whsec_${Buffer.from(bytes).toString('base64')}`
        expect(verifyWebhook(call, secretOf(key), 1_000_000)).toBeUndefined()
        if (!Buffer.from(key).equals(other))
          expect(verifyWebhook(call, secretOf(other), 1_000_000)?.code).toBe('webhook.signature_invalid')
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-5 has a secret of whsec_ and 24 to 64 bytes', () => {
    const of = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`
    for (const good of [secret, of(24), of(64)]) expect(webhookSecretSchema.parse(good)).toBe(good)
    for (const bad of [of(23), of(65), 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_', 'whsec_!'])
      expect(webhookSecretSchema.safeParse(bad).success).toBe(false)
  })
})
