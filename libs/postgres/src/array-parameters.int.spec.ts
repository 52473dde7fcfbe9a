import fc from 'fast-check'
import { describeWith, freshDatabase } from '@portitor/testing'
import {
  byteaArray,
  int4Array,
  int8Array,
  jsonArray,
  textArray,
  timestampArray,
  uuidArray,
  uuidTextArray,
} from './array-parameters.ts'
import { Database } from './database.ts'
import { migrate } from './migrate.ts'

const int8Max = 2n ** 63n - 1n
/** Postgres keeps neither NUL nor half of a surrogate pair. */
const text = fc
  .oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 200 }), fc.constant('x'.repeat(60) + 'é'))
  .filter((value) => value.isWellFormed() && !value.includes('\0'))
const nullable = <Value>(value: fc.Arbitrary<Value>) =>
  fc.array(fc.option(value, { nil: null }), { minLength: 1, maxLength: 40 })
const same = <Value>(value: Value) => value

describeWith(['postgres'], 'binary array parameters', () => {
  let database: Database
  let drop: () => Promise<void>
  beforeAll(async () => {
    const fresh = await freshDatabase()
    await migrate(fresh.url, 'arrays', [])
    database = new Database({ url: fresh.url, connectionsMax: 1, applicationName: 'arrays' })
    drop = fresh.drop
  })
  afterAll(async () => {
    await database.close()
    await drop()
  })

  const back = async (type: string, parameter: Buffer | null): Promise<unknown[]> => {
    const { rows } = await database.query<{ value: unknown }>(`select value::text from unnest($1::${type}[]) value`, [
      parameter,
    ])
    return rows.map(({ value }) => value)
  }
  /** NULL instead of an array where nothing is in it; unnest beside other arrays makes the same rows of it. */
  const check = async <Value>(
    type: string,
    values: (Value | null)[],
    parameter: Buffer | null,
    shown: (value: Value) => string,
  ) => {
    if (values.every((value) => value === null)) expect(parameter).toBeNull()
    else expect(await back(type, parameter)).toEqual(values.map((value) => (value === null ? null : shown(value))))
  }
  const property = <Value>(value: fc.Arbitrary<Value>, run: (values: (Value | null)[]) => Promise<void>) =>
    fc.assert(fc.asyncProperty(nullable(value), run), { numRuns: 60 })

  it('L-3 brings text through unchanged, whatever its letters', () =>
    property(text, (values) => check('text', values, textArray(values, same), same)))

  it('brings bytes through unchanged, and text as its UTF-8', async () => {
    await property(fc.uint8Array(), (values) => {
      const bytes = values.map((value) => (value === null ? null : Buffer.from(value)))
      return check('bytea', bytes, byteaArray(bytes, same), (value) => `\\x${value.toString('hex')}`)
    })
    await property(text, (values) =>
      check('bytea', values, byteaArray(values, same), (value) => `\\x${Buffer.from(value).toString('hex')}`),
    )
  })

  it('L-3 brings amounts and account ids through unchanged', () =>
    property(fc.bigInt({ min: -int8Max - 1n, max: int8Max }), (values) =>
      check('int8', values, int8Array(values, same), String),
    ))

  it('L-3 brings versions through unchanged', () =>
    property(fc.integer(), (values) => check('int4', values, int4Array(values, same), String)))

  it('L-3 brings uuids through unchanged, from bytes and from text', () =>
    property(fc.uuid(), async (values) => {
      await check('uuid', values, uuidTextArray(values, same), same)
      const bytes = values.map((value) => (value === null ? null : Buffer.from(value.replaceAll('-', ''), 'hex')))
      await check('uuid', values, uuidArray(bytes, same), same)
    }))

  it('L-3 brings instants through to the millisecond, also before 2000', () =>
    property(fc.integer({ min: Date.UTC(1970, 0), max: Date.UTC(9999, 11) }), async (values) => {
      const { rows } = await database.query<{ value: Date | null }>(
        'select value from unnest($1::timestamptz[]) value',
        [timestampArray(values, same)],
      )
      if (values.some((value) => value !== null))
        expect(rows.map(({ value }) => value?.getTime() ?? null)).toEqual(values)
    }))

  it('L-1 brings metadata through unchanged', () =>
    property(
      fc.json().filter((value) => value.isWellFormed() && !value.includes('\\u0000')),
      (values) => check('json', values, jsonArray(values, same), same),
    ))

  it('L-3 refuses what is no uuid before it is sent', () => {
    for (const wrong of ['', 'x', '0199c1d2-7b3a-7c4e-9d21-00000000000', '0199c1d2-7b3a-7c4e-9d21-00000000000g'])
      expect(() => uuidTextArray([wrong], same)).toThrow('no uuid')
  })
})
