export { connectAsOwner, describeWith, engineUrl, freshDatabase, type Engine } from './engines.ts'
export { until, waitMsMax } from './until.ts'
