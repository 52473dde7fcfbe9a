import { meterSchema, type Meter } from '@portitor/contracts'
import { checkMeter } from './check-meter.ts'
import { startMeters } from './start-meters.ts'

const pages: Meter = {
  name: 'pages',
  unit: 'page',
  event_type: 'document.read',
  aggregation: 'sum',
  value: 'pages',
  dimensions: [],
}
const refused = (changes: Partial<Meter>) => checkMeter({ ...pages, ...changes }, startMeters)
const without = (field: keyof Meter) => {
  const { [field]: _, ...rest } = pages
  return rest as Meter
}

describe('the check of a new meter', () => {
  it('M-3 accepts sums, counts, open names and parts', () => {
    expect(checkMeter(pages, startMeters)).toBeUndefined()
    expect(checkMeter({ ...without('value'), aggregation: 'count' }, startMeters)).toBeUndefined()
    expect(refused({ name: 'pages:*', name_from: 'format' })).toBeUndefined()
    expect(refused({ event_type: 'tokens.consumed', part_of: 'input_tokens' })).toBeUndefined()
  })

  it.each(['max', 'unique', 'latest'] as const)('M-3 accepts %s of a field, with an open name too', (aggregation) => {
    expect(refused({ aggregation })).toBeUndefined()
    expect(refused({ aggregation, name: 'pages:*', name_from: 'format' })).toBeUndefined()
    expect(refused({ aggregation, name: 'pages:scanned' })).toBeUndefined()
  })

  it.each(['max', 'unique', 'latest'] as const)('M-3 refuses %s of nothing, as a part or as a total', (aggregation) => {
    expect(checkMeter({ ...without('value'), aggregation }, startMeters)).toMatchObject({ field: 'value' })
    const part = { event_type: 'tokens.consumed', part_of: 'input_tokens' }
    expect(refused({ ...part, aggregation })).toMatchObject({ code: 'meter.invalid', field: 'part_of' })
    const sheets = { ...pages, name: 'sheets', aggregation }
    expect(checkMeter({ ...pages, part_of: 'sheets' }, [sheets])).toMatchObject({ field: 'part_of' })
  })

  it('M-3 refuses a name that an open meter completes, unless both add up', () => {
    const open: Meter = { ...pages, name: 'pages:*', name_from: 'format' }
    const closed: Meter = { ...pages, name: 'pages:pdf' }
    expect(checkMeter(closed, [open])).toBeUndefined()
    expect(checkMeter(open, [closed])).toBeUndefined()
    for (const aggregation of ['max', 'unique', 'latest'] as const) {
      const clash = { code: 'meter.invalid', field: 'name' }
      expect(checkMeter({ ...closed, aggregation }, [open])).toMatchObject(clash)
      expect(checkMeter(closed, [{ ...open, aggregation }])).toMatchObject(clash)
      expect(checkMeter({ ...open, aggregation }, [closed])).toMatchObject(clash)
      expect(checkMeter({ ...open, aggregation }, [{ ...closed, aggregation }])).toMatchObject(clash)
      expect(checkMeter({ ...closed, name: 'pages2:pdf', aggregation }, [open])).toBeUndefined()
    }
  })

  it.each<[string, Meter, string]>([
    ['a sum of nothing', without('value'), 'value'],
    ['a count of a field', { ...pages, aggregation: 'count' }, 'value'],
    ['an open name that nothing completes', { ...pages, name: 'pages:*' }, 'name_from'],
    ['a closed name that something completes', { ...pages, name_from: 'format' }, 'name_from'],
    ['a part of nothing', { ...pages, part_of: 'sheets' }, 'part_of'],
    ['a part of a part', { ...pages, event_type: 'tokens.consumed', part_of: 'cached_input_tokens' }, 'part_of'],
    ['a part of a count', { ...pages, event_type: 'call.completed', part_of: 'requests' }, 'part_of'],
    ['a part of what other events count', { ...pages, part_of: 'input_tokens' }, 'part_of'],
  ])('M-3 refuses %s', (_, meter, field) => {
    expect(checkMeter(meter, startMeters)).toMatchObject({ code: 'meter.invalid', field })
  })
})

describe('the start meters', () => {
  it('M-3 are each valid, given those before them', () => {
    startMeters.forEach((meter, index) => {
      expect(meterSchema.parse(meter)).toEqual(meter)
      expect(checkMeter(meter, startMeters.slice(0, index))).toBeUndefined()
    })
    expect(new Set(startMeters.map(({ name }) => name)).size).toBe(startMeters.length)
  })

  it('M-3 cover token, call, outcome and resource events', () => {
    expect(new Set(startMeters.map(({ event_type }) => event_type))).toEqual(
      new Set(['tokens.consumed', 'call.completed', 'outcome.achieved', 'resource.used']),
    )
  })

  it('M-12 know the parts of input and output', () => {
    const partsOf = (total: string) => startMeters.filter(({ part_of }) => part_of === total).map(({ name }) => name)
    expect(partsOf('input_tokens')).toEqual([
      'cached_input_tokens',
      'cache_write_input_tokens',
      'audio_input_tokens',
      'image_input_tokens',
    ])
    expect(partsOf('output_tokens')).toEqual(['reasoning_tokens', 'audio_output_tokens'])
  })
})
