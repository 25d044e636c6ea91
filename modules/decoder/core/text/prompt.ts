import { VisavisError, type Role, type Segment } from '#modules/contracts';
import type { SpecialTokens } from '../model/model-config.js';

/*
 * <|bos|> [<|system|> text <|end|>] { <|user|> (<|frame|> visual tokens)* (<|audio|> audio tokens | text) <|end|>
 *                                     <|assistant|> answer <|end|> }*
 */

type Content = Exclude<Segment, { k: 'turn' }>;

/** The token that an edge puts into the context. @throws `bad_request` where the order of turns is broken */
export function edgeToken(
  segment: Extract<Segment, { k: 'turn' }>,
  open: Role | null,
  tokens: SpecialTokens,
): number {
  if (segment.edge === 'close') {
    if (open !== segment.role) {
      throw new VisavisError('bad_request', `a ${segment.role} turn ends, but ${describe(open)} is open`);
    }
    return tokens.end;
  }
  if (open !== null) {
    throw new VisavisError('bad_request', `a ${segment.role} turn begins while ${describe(open)} is open`);
  }
  const token = tokens[segment.role];
  if (token === undefined) {
    throw new VisavisError('bad_request', `this model knows no ${segment.role} turns`);
  }
  return token;
}

/** @throws `bad_request` where content stands outside of a turn that may hold it */
export function checkContent(segment: Content, open: Role | null): void {
  if (open === 'user' || (open !== null && segment.k === 'text')) return;
  throw new VisavisError('bad_request', `${segment.k} does not belong where ${describe(open)} is open`);
}

/** @throws `bad_request` while a turn is open */
export function checkGenerate(open: Role | null): void {
  if (open !== null)
    throw new VisavisError('bad_request', `an answer was asked for while ${describe(open)} is open`);
}

/** Text from outside, in which nothing can be taken for a special token. */
export function withoutSpecials(text: string): string {
  return text.replaceAll('<|', '< |');
}

function describe(open: Role | null): string {
  return open === null ? 'no turn' : `a ${open} turn`;
}
