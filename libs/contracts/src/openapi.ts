import type { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { problemSchema } from './problem.ts'
import { SchemaComponents, type JsonSchema } from './schema-components.ts'

export interface OpenApiOptions {
  readonly title: string
  readonly version: string
  /** Where the API is; the server that hands out the document unless said. */
  readonly serverUrl?: string
}

/** An OpenAPI 3.1 document, as JSON. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly servers: readonly { readonly url: string }[]
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>
}

const description = `Authenticate with an API key, an agent credential, a JWT or the operator key: as a bearer token or in \`x-api-key\` or \`apikey\`; never in a URL.
What an operation needs is its \`x-required-scope\`; \`operator\` means the whole system, \`any\` any valid credential.
JSON is snake_case. Amounts of money are decimal strings in \`*_nanos\` (10⁻⁹ units of the currency).
Lists answer \`{data, next_cursor}\`: pass \`next_cursor\` on as \`cursor\` until it is null.
Refusals are RFC 9457 problem details: \`code\` is stable and meant for programs, \`detail\` says what to do.
Every answer bears \`portitor-request-id\`; send \`x-request-id\` to choose it.`

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer' },
  xApiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
  apikey: { type: 'apiKey', in: 'header', name: 'apikey' },
}

/**
 * OpenAPI 3.1 of the endpoints, generated from the schemas that check the requests, so it cannot drift from them.
 * Throws where two endpoints claim the same method and path.
 */
export function openApiDocument(endpoints: readonly Endpoint[], options: OpenApiOptions): OpenApiDocument {
  const schemas = new SchemaComponents()
  const problem = { 'application/problem+json': { schema: schemas.refer(problemSchema, 'output') } }
  // Answers first: where the two directions of a schema differ, what is answered has the plain name.
  for (const schema of endpoints.flatMap(({ answers }) => Object.values(answers))) schemas.refer(schema, 'output')
  const paths: Record<string, Record<string, JsonSchema>> = {}
  for (const endpoint of endpoints) {
    const operations = (paths[endpoint.path] ??= {})
    const method = endpoint.method.toLowerCase()
    if (method in operations) throw new Error(`${endpoint.method} ${endpoint.path} is declared twice: remove one`)
    operations[method] = operation(endpoint, schemas)
  }
  return {
    openapi: '3.1.0',
    info: { title: options.title, version: options.version, description },
    servers: [{ url: options.serverUrl ?? '/' }],
    security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
    paths,
    components: {
      schemas: schemas.all,
      responses: { Problem: { description: 'Refused: `code` says why.', content: problem } },
      securitySchemes,
    },
  }
}

function operation(endpoint: Endpoint, schemas: SchemaComponents): JsonSchema {
  return {
    operationId: operationId(endpoint),
    tags: [endpoint.service],
    summary: endpoint.summary,
    ...(endpoint.description === undefined ? {} : { description: endpoint.description }),
    ...(endpoint.open === true ? { security: [] } : {}),
    ...(endpoint.scope === undefined ? {} : { 'x-required-scope': endpoint.scope }),
    parameters: [...pathParameters(endpoint), ...queryParameters(endpoint, schemas), ...headerParameters(endpoint)],
    ...(endpoint.body === undefined ? {} : { requestBody: requestBody(endpoint, endpoint.body, schemas) }),
    responses: {
      ...Object.fromEntries(
        Object.entries(endpoint.answers).map(([status, schema]) => [status, answer(endpoint, status, schema, schemas)]),
      ),
      default: { $ref: '#/components/responses/Problem' },
    },
  }
}

/** `getWorkspacesById`: the name of the method in generated clients, unique as method and path are. */
function operationId(endpoint: Endpoint): string {
  const words = endpoint.path
    .replace(/^\/api\/v\d+/, '')
    .split(/[^A-Za-z0-9{]+/)
    .filter((word) => word !== '')
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
  const names = words.map((word) => (word.startsWith('{') ? `By${capital(word.slice(1))}` : capital(word)))
  return endpoint.method.toLowerCase() + names.join('')
}

function pathParameters(endpoint: Endpoint): JsonSchema[] {
  return [...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters(endpoint: Endpoint, schemas: SchemaComponents): JsonSchema[] {
  if (endpoint.query === undefined) return []
  const { properties = {}, required = [] } = schemas.inline(endpoint.query, 'input') as {
    properties?: Record<string, JsonSchema>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

function headerParameters(endpoint: Endpoint): JsonSchema[] {
  const workspace = {
    name: 'x-workspace-id',
    in: 'header',
    required: false,
    description: `The workspace that is meant; not needed where the credential belongs to exactly one.${endpoint.workspace === 'optional' ? ' An operator who leaves it out means the whole system.' : ''}`,
    schema: { type: 'string', format: 'uuid' },
  }
  const others = Object.entries(endpoint.headers ?? {}).map(([name, text]) => ({
    name,
    in: 'header',
    required: false,
    description: text,
    schema: { type: 'string' },
  }))
  return endpoint.workspace === 'none' ? others : [workspace, ...others]
}

function requestBody(endpoint: Endpoint, schema: z.ZodType, schemas: SchemaComponents): JsonSchema {
  return {
    required: !schema.safeParse(undefined).success,
    content: contentOf(endpoint.bodyTypes, schemas.refer(schema, 'input')),
  }
}

function contentOf(types: readonly string[] = ['application/json'], schema: JsonSchema): JsonSchema {
  return Object.fromEntries(types.map((type) => [type, { schema }]))
}

function answer(endpoint: Endpoint, status: string, schema: z.ZodType, schemas: SchemaComponents): JsonSchema {
  const empty = schema.safeParse(undefined).success
  const meaning = {
    200: 'Done.',
    201: 'Created.',
    202: 'Accepted: durable, and worked on from here.',
    204: 'Done; there is nothing to say.',
  }[status]
  return {
    description: meaning ?? `Answer ${status}.`,
    ...(empty ? {} : { content: contentOf(endpoint.answerTypes, schemas.refer(schema, 'output')) }),
  }
}
