export { connectAsOwner, describeWith, engineUrl, freshDatabase, type Engine } from './engines.ts'
