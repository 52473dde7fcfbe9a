import { z } from 'zod'
import * as contracts from './index.ts'
import { type Endpoint, openApiDocument, serviceEndpoints } from './index.ts'

interface Operation {
  operationId: string
  parameters: { name: string; in: string; required: boolean; schema: object; description?: string }[]
  requestBody?: { required: boolean; content: Record<string, { schema: object }> }
  responses: Record<string, { description?: string; $ref?: string; content?: Record<string, { schema: object }> }>
  security?: object[]
}

/** Every list of endpoints the contracts export, so that a new one is covered without a word here. */
const everyEndpoint = Object.entries(contracts)
  .filter(([name]) => name.endsWith('Endpoints'))
  .flatMap(([, endpoints]) => endpoints as readonly Endpoint[])

const documentOf = (endpoints: readonly Endpoint[]) => openApiDocument(endpoints, { title: 'Portitor', version: '1' })
const operationOf = (endpoint: Endpoint) =>
  documentOf([endpoint]).paths[endpoint.path]![endpoint.method.toLowerCase()] as unknown as Operation

const thing = z.object({ id: z.uuid(), size: z.int().default(1) }).meta({ id: 'Thing' })
const endpoint: Endpoint = {
  service: 'things',
  method: 'GET',
  path: '/api/v1/things/{id}/parts/{part}',
  summary: 'Read a part',
  query: z.object({ limit: z.coerce.number().int().max(500).default(50), kind: z.enum(['a', 'b']) }),
  answers: { 200: z.object({ data: z.array(thing), next_cursor: z.string().nullable() }) },
  workspace: 'required',
}

/** Every value under a key, anywhere in the document. */
function valuesOf(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [...(name === key ? [inner] : []), ...valuesOf(inner, key)])
}

describe('openApiDocument', () => {
  it('X-4 has one operation for each endpoint there is, with an id of its own', () => {
    const { paths } = documentOf(everyEndpoint)
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(operations.sort()).toEqual(everyEndpoint.map(({ method, path }) => `${method} ${path}`).sort())
    const ids = valuesOf(paths, 'operationId')
    expect(new Set(ids).size).toBe(everyEndpoint.length)
    for (const id of ids) expect(id).toMatch(/^[a-z]+[A-Za-z0-9_]+$/)
  })

  it('I-1 every operation says which scope it needs, or is open, and an open one reads', () => {
    for (const { method, path, scope, open } of everyEndpoint) {
      expect([method, path, scope === undefined]).toEqual([method, path, open === true])
      if (open === true) expect([path, method]).toEqual([path, 'GET'])
    }
  })

  it('X-4 is whole: every reference leads somewhere, every path parameter is declared, every answer described', () => {
    const document = documentOf(everyEndpoint)
    const references = valuesOf(document, '$ref') as string[]
    expect(references.length).toBeGreaterThan(0)
    for (const reference of references) {
      const found = reference
        .replace(/^#\//, '')
        .split('/')
        .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document)
      expect([reference, typeof found]).toEqual([reference, 'object'])
    }
    expect(JSON.stringify(document)).not.toMatch(/\$defs|\$schema|__schema/)
    for (const [path, methods] of Object.entries(document.paths))
      for (const operation of Object.values(methods) as unknown as Operation[]) {
        const declared = operation.parameters
          .filter((parameter) => parameter.in === 'path')
          .map(({ name }) => `{${name}}`)
        expect(declared).toEqual(path.match(/\{\w+\}/g) ?? [])
        for (const answer of Object.values(operation.responses)) expect(answer.description ?? answer.$ref).toBeTruthy()
        expect(operation.responses.default).toEqual({ $ref: '#/components/responses/Problem' })
      }
  })

  it('survives JSON, so what is served is what was generated', () => {
    const document = documentOf(everyEndpoint)
    expect(JSON.parse(JSON.stringify(document))).toEqual(document)
  })

  it('says what a call takes: path, query with defaults and bounds, workspace, further headers', () => {
    const { operationId, parameters } = operationOf({ ...endpoint, headers: { 'idempotency-key': 'Once.' } })
    expect(operationId).toBe('getThingsByIdPartsByPart')
    expect(parameters.map(({ name, in: where, required }) => [name, where, required])).toEqual([
      ['id', 'path', true],
      ['part', 'path', true],
      ['limit', 'query', false],
      ['kind', 'query', true],
      ['x-workspace-id', 'header', false],
      ['idempotency-key', 'header', false],
    ])
    expect(parameters[2]!.schema).toMatchObject({ type: 'integer', maximum: 500, default: 50 })
    expect(operationOf({ ...endpoint, workspace: 'optional' }).parameters.at(-1)).toMatchObject({
      name: 'x-workspace-id',
      required: false,
    })
    expect(operationOf({ ...endpoint, workspace: 'none' }).parameters.at(-1)).toMatchObject({ name: 'kind' })
  })

  it('takes bodies in the media types that are declared, optional where the schema says so', () => {
    const post = { ...endpoint, method: 'POST', path: '/api/v1/things' } as const
    const types = ['application/cloudevents+json', 'application/json']
    expect(operationOf({ ...post, body: thing, bodyTypes: types }).requestBody).toMatchObject({ required: true })
    expect(Object.keys(operationOf({ ...post, body: thing, bodyTypes: types }).requestBody!.content)).toEqual(types)
    expect(
      operationOf({ ...post, body: z.strictObject({ note: z.string() }).prefault({ note: '' }) }).requestBody?.required,
    ).toBe(false)
    expect(operationOf(endpoint).requestBody).toBeUndefined()
  })

  it('names schemas that name themselves, and tells what is sent from what is answered where they differ', () => {
    const { components } = documentOf([
      { ...endpoint, method: 'POST', path: '/api/v1/things', body: thing, answers: { 204: z.undefined() } },
      endpoint,
    ])
    expect(Object.keys(components.schemas!).sort()).toEqual(['Problem', 'Thing', 'ThingInput'])
    expect(components.schemas!.Thing).toMatchObject({ required: ['id', 'size'] })
    expect(components.schemas!.ThingInput).toMatchObject({ required: ['id'] })
  })

  it('does not promise that an answer never gains a field, and does refuse unknown fields of a body', () => {
    const strict = z.strictObject({ a: z.string() })
    const operation = operationOf({ ...endpoint, method: 'POST', body: strict, answers: { 200: strict } })
    expect(operation.requestBody!.content['application/json']!.schema).toHaveProperty('additionalProperties', false)
    expect(operation.responses['200']!.content!['application/json']!.schema).not.toHaveProperty('additionalProperties')
  })

  it('answers in the media types that are declared', () => {
    const { responses } = operationOf({
      ...endpoint,
      answers: { 200: z.string() },
      answerTypes: ['text/csv', 'application/x-ndjson'],
    })
    expect(Object.keys(responses['200']!.content!)).toEqual(['text/csv', 'application/x-ndjson'])
  })

  it('has no content for an answer that is empty', () => {
    expect(operationOf({ ...endpoint, answers: { 204: z.undefined() } }).responses['204']).not.toHaveProperty('content')
  })

  it('I-2 needs one of the three credentials everywhere but on open endpoints', () => {
    const { security, components } = documentOf([endpoint])
    expect(security).toEqual([{ bearer: [] }, { xApiKey: [] }, { apikey: [] }])
    expect(Object.keys(components.securitySchemes!)).toEqual(['bearer', 'xApiKey', 'apikey'])
    expect(operationOf(endpoint)).not.toHaveProperty('security')
    expect(operationOf(serviceEndpoints[0]!).security).toEqual([])
    expect(everyEndpoint.filter(({ open }) => open === true).map(({ path }) => path)).toEqual([
      '/.well-known/jwks.json',
      ...serviceEndpoints.map(({ path }) => path),
    ])
  })

  it('refuses two endpoints of one address, and two schemas of one name', () => {
    expect(() => documentOf([endpoint, endpoint])).toThrow('GET /api/v1/things/{id}/parts/{part} is declared twice')
    const twin = (name: string): Endpoint => ({
      ...endpoint,
      path: `/api/v1/${name}`,
      answers: { 200: z.object({ [name]: z.string() }).meta({ id: 'Twin' }) },
    })
    expect(() => documentOf([twin('a'), twin('b')])).toThrow('two schemas are called Twin')
  })
})
