import swcVisitor from '@swc/core/Visitor.js'

/*
 * dependency-cruiser reads TypeScript through the visitor of @swc/core, which is older than `using` and throws on it.
 * Its declarators are those of any other declaration. Imported for its effect by .dependency-cruiser.mjs; it goes when
 * `npm run check` passes without it.
 */
// oxlint-disable-next-line no-deprecated -- dependency-cruiser still rests on it, TypeScript 7 having no API.
const { Visitor } = swcVisitor
const visitStatement = Visitor.prototype.visitStatement

Visitor.prototype.visitStatement = function (statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement)
  statement.decls = this.visitVariableDeclarators(statement.decls)
  return statement
}
