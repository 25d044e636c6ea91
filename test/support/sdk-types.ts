import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { REPOSITORY } from '../../tools/support/repository.js';

const FILE = join(REPOSITORY, 'test/support/sdk-types.generated.ts');
const HEAD = `import type { RealtimeServerEvent } from 'openai/resources/realtime/realtime';
declare function known<E extends RealtimeServerEvent>(event: E): void;
`;

/** Read once: libraries and the package's declarations. */
const sources = new Map<string, ts.SourceFile>();

/**
 * Events held to the types of `openai` (npm), whose parser is `JSON.parse`: what a program written against these types would
 * be wrong about. Fields that the types do not have are no error, as in TypeScript itself.
 * @returns for each event that does not fit its type, and what does not
 */
export function complaintsOfTypes(events: readonly unknown[]): string[] {
  const lines = events.map((event) => `known(${JSON.stringify(event)});\n`);
  const program = programOf(HEAD + lines.join(''));
  const source = program.getSourceFile(FILE)!;
  const before = HEAD.split('\n').length - 1;
  return program.getSemanticDiagnostics(source).map(({ start = 0, messageText }) => {
    const at = source.getLineAndCharacterOfPosition(start).line - before;
    const { type } = (events[at] ?? {}) as { type?: string };
    return `${type ?? 'no event'}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

function programOf(text: string): ts.Program {
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: true,
    // OpenAI's own service says null where the types say "may be left out": to a program both are nothing.
    strictNullChecks: false,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  host.fileExists = (name) => name === FILE || ts.sys.fileExists(name);
  host.getSourceFile = (name, version) => {
    if (name === FILE) return ts.createSourceFile(name, text, version);
    const source = sources.get(name) ?? ts.createSourceFile(name, readFileSync(name, 'utf8'), version);
    sources.set(name, source);
    return source;
  };
  return ts.createProgram([FILE], options, host);
}
