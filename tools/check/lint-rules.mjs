/*
 * The house's own lint rules, loaded by .oxlintrc.json. They judge by names: an identifier that ends in nanos, amount,
 * price or cost is money. The compiler sees to the rest, since a bigint mixes with nothing.
 */
const moneyName = /(nanos|amount|price|cost)$/i
const floats = new Set(['Number', 'parseFloat', 'parseInt', 'Number.parseFloat', 'Number.parseInt'])
const divisions = new Set(['/', '%', '/=', '%=', '**'])
const constructorParametersMax = 5

/** A float cannot hold nano-units, and a quotient is wrong until somebody names how it is rounded. */
const moneyIsBigint = {
  meta: {
    type: 'problem',
    schema: [{ type: 'object', properties: { mayDivide: { type: 'boolean' } } }],
  },
  create(context) {
    const mayDivide = context.options[0]?.mayDivide === true
    const report = (node, message) => context.report({ node, message })
    return {
      CallExpression(node) {
        if (!floats.has(dottedName(node.callee)) || !node.arguments.some(isMoney)) return
        report(
          node,
          'Money is never a float: keep the bigint, and show it with formatNanos or formatAmount of @portitor/money.',
        )
      },
      UnaryExpression(node) {
        if (node.operator !== '+' || !isMoney(node.argument)) return
        report(node, 'Money is never a float: parse it with parseNanos of @portitor/money.')
      },
      BinaryExpression(node) {
        if (mayDivide || !divisions.has(node.operator)) return
        if (isMoney(node.left) || isMoney(node.right))
          report(node, 'Only libs/money divides money, and names its rounding.')
      },
      Identifier(node) {
        if (node.typeAnnotation?.typeAnnotation.type !== 'TSNumberKeyword' || !isMoneyName(node.name)) return
        report(node, 'Money is a bigint of nano-units; in JSON a decimal text.')
      },
      TSPropertySignature(node) {
        if (node.typeAnnotation?.typeAnnotation.type !== 'TSNumberKeyword' || !isMoneyName(keyOf(node))) return
        report(node, 'Money is a bigint of nano-units; in JSON a decimal text.')
      },
    }
  },
}

/** The pure core is given the time. That it reads no other clock, .oxlintrc.json sees to. */
const timeIsAnArgument = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    return {
      NewExpression(node) {
        if (node.callee.name !== 'Date' || node.arguments.length > 0) return
        context.report({ node, message: 'The pure core reads no clock: take the time as an argument.' })
      },
    }
  },
}

/** A class that needs more does two jobs. */
const fewConstructorParameters = {
  meta: { type: 'suggestion', schema: [] },
  create(context) {
    return {
      MethodDefinition(node) {
        const count = node.value.params.length
        if (node.kind !== 'constructor' || count <= constructorParametersMax) return
        const message = `A constructor takes at most ${constructorParametersMax} dependencies, this one ${count}: split the class.`
        context.report({ node, message })
      },
    }
  },
}

/** The architecture gate reads import declarations, not `import('…').Type` in the middle of a type. */
const importsAtTheTop = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    return {
      TSImportType(node) {
        context.report({
          node,
          message: 'Import the type at the top of the file, where the architecture gate sees it.',
        })
      },
    }
  },
}

export default {
  meta: { name: 'house' },
  rules: {
    'money-is-bigint': moneyIsBigint,
    'time-is-an-argument': timeIsAnArgument,
    'few-constructor-parameters': fewConstructorParameters,
    'imports-at-the-top': importsAtTheTop,
  },
}

function isMoney(node) {
  if (node.type === 'Identifier') return isMoneyName(node.name)
  if (node.type === 'MemberExpression')
    return node.computed ? isMoneyLiteral(node.property) : isMoneyName(node.property.name)
  if (node.type === 'CallExpression') return dottedName(node.callee) === 'String' && node.arguments.some(isMoney)
  if (node.type === 'TSNonNullExpression' || node.type === 'TSAsExpression' || node.type === 'ChainExpression')
    return isMoney(node.expression)
  if (node.type === 'BinaryExpression') return isMoney(node.left) || isMoney(node.right)
  return false
}

function isMoneyLiteral(node) {
  return node.type === 'Literal' && typeof node.value === 'string' && isMoneyName(node.value)
}

/** `keyOfPrice` is money, `hasPrice` and `price.length` are not. */
function isMoneyName(name) {
  return typeof name === 'string' && moneyName.test(name) && !/^(is|has|may|can)[A-Z_]/.test(name)
}

function keyOf({ key }) {
  return key.type === 'Identifier' ? key.name : key.value
}

function dottedName(node) {
  if (node.type === 'Identifier') return node.name
  if (node.type === 'MemberExpression' && !node.computed) return `${dottedName(node.object)}.${node.property.name}`
  return ''
}
