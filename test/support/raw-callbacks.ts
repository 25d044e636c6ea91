import ts from 'typescript';

/** A place where somebody else's event loop is handed our code as it is, or a promise is left to itself. */
export interface RawCallback {
  readonly line: number;
  readonly call: string;
}

const TIMERS = new Set(['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'nextTick']);
const LISTENING = new Set(['on', 'once', 'addListener', 'addEventListener', 'subscribe']);

/**
 * Finds the timers and listeners of a source file whose callback passes no guard, and the promises that nobody awaits.
 * Guarded is `guard.wrap(…)`, what was made by it in the same file, and a function that does nothing but call something
 * named guard. One that only settles a promise cannot throw.
 */
export function rawCallbacks(text: string): RawCallback[] {
  const source = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true);
  const wrapped = namesOfWrapped(source);
  const awaited = namesFrom(source, 'node:timers/promises');
  const found: RawCallback[] = [];
  const note = (node: ts.Node, call: string) =>
    found.push({ line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1, call });

  const visit = (node: ts.Node): void => {
    if (ts.isExpressionStatement(node) && ts.isVoidExpression(node.expression)) note(node, 'void');
    if (ts.isCallExpression(node)) {
      const name = nameOf(node.expression);
      const timer = TIMERS.has(name) && !awaited.has(name);
      const listening = LISTENING.has(name) && ts.isPropertyAccessExpression(node.expression);
      const callback = timer ? node.arguments[0] : node.arguments.at(-1);
      if ((timer || listening) && callback && !harmless(callback, wrapped)) note(node, name);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function harmless(callback: ts.Expression, wrapped: ReadonlySet<string>): boolean {
  if (ts.isCallExpression(callback)) return nameOf(callback.expression) === 'wrap';
  if (!ts.isArrowFunction(callback)) return wrapped.has(nameOf(callback));
  const { body } = callback;
  const only = ts.isBlock(body) ? onlyStatement(body) : body;
  if (!only || !ts.isCallExpression(only)) return false;
  const name = nameOf(only.expression);
  return /guard/i.test(name) || name === 'resolve' || name === 'reject';
}

function onlyStatement(block: ts.Block): ts.Expression | null {
  const [statement, ...others] = block.statements;
  return statement && others.length === 0 && ts.isExpressionStatement(statement)
    ? statement.expression
    : null;
}

/** The last part of a name: `this.#guard` is `#guard`. */
function nameOf(expression: ts.Expression): string {
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text;
  return ts.isIdentifier(expression) ? expression.text : '';
}

/** What is declared as, or set to, `….wrap(…)`. */
function namesOfWrapped(source: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  const isWrap = (node: ts.Expression | undefined) =>
    node !== undefined && ts.isCallExpression(node) && nameOf(node.expression) === 'wrap';
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && isWrap(node.initializer)) {
      names.add(node.name.text);
    }
    if (ts.isBinaryExpression(node) && isWrap(node.right)) names.add(nameOf(node.left));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

function namesFrom(source: ts.SourceFile, module: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    if ((statement.moduleSpecifier as ts.StringLiteral).text !== module) continue;
    const bindings = statement.importClause?.namedBindings;
    if (bindings && ts.isNamedImports(bindings))
      for (const { name } of bindings.elements) names.add(name.text);
  }
  return names;
}
