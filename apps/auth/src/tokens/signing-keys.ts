import { z } from 'zod'

const coordinate = z.string().regex(/^[\w-]{43}$/)
const known = { kid: z.string().min(1).max(128), use: z.literal('sig').optional() }
const p256Schema = z.object({
  ...known,
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: coordinate,
  y: coordinate,
  d: coordinate,
  alg: z.literal('ES256').default('ES256'),
})
const ed25519Schema = z.object({
  ...known,
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: coordinate,
  d: coordinate,
  alg: z.literal('EdDSA').default('EdDSA'),
})
const signingKeySchema = z.discriminatedUnion('kty', [p256Schema, ed25519Schema])
export type SigningKey = z.infer<typeof signingKeySchema>

const jwksSchema = z.object({ keys: z.array(signingKeySchema).min(1).max(16) })

const expected =
  'a JSON Web Key Set {"keys": […]} of 1 to 16 private keys, each ES256 (P-256) or EdDSA (Ed25519) with a kid of its own; the first signs'

/** `PORTITOR_JWT_KEYS`. What is wrong is told without a word of what stands in it. */
export const signingKeysSchema = z
  .string()
  .transform((text, context): SigningKey[] => {
    const refuse = (problem: string) => {
      context.addIssue({ code: 'custom', message: `${expected}; ${problem}` })
      return z.NEVER
    }
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      return refuse('it is not JSON')
    }
    const keys = jwksSchema.safeParse(json)
    if (!keys.success) return refuse(`${keys.error.issues[0]!.path.join('.') || 'it'} is missing or wrong`)
    const kids = new Set(keys.data.keys.map(({ kid }) => kid))
    return kids.size === keys.data.keys.length ? keys.data.keys : refuse('two keys have the same kid')
  })
  .describe(expected)

/** What may be published of a key. Named one by one, so that nothing private ever slips through. */
export function publicKey(key: SigningKey): Record<string, unknown> {
  const { kty, crv, x, kid, alg } = key
  return { kty, crv, x, ...(key.kty === 'EC' ? { y: key.y } : {}), kid, alg, use: 'sig' }
}
