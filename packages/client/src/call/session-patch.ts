import type { SessionPatch } from '@vis-a-vis/protocol';
import { described } from '../core/tools.js';
import type { ConnectOptions } from './options.js';

/** The session that a call begins with. @param resume the gateway is to keep it where its network goes */
export function firstSession(
  { session, instructions, tools }: ConnectOptions,
  resume: boolean,
): SessionPatch {
  return {
    ...(instructions !== undefined && { instructions }),
    ...(tools?.length && { tools: tools.map(described) }),
    ...session,
    ...(resume && { visavis: { resume, ...session?.visavis } }),
  };
}

/** Two changes as one, the later on top; groups are merged, lists and values replaced. */
export function mergePatch(former: SessionPatch, later: SessionPatch): SessionPatch {
  return merge(former, later);
}

type Group = Readonly<Record<string, unknown>>;

function merge(former: Group, later: Group): Group {
  const merged: Record<string, unknown> = { ...former };
  for (const [name, value] of Object.entries(later)) {
    const before = merged[name];
    // Another kind of turn detection has other fields: it is whole by itself.
    merged[name] =
      name !== 'turn_detection' && isGroup(before) && isGroup(value) ? merge(before, value) : value;
  }
  return merged;
}

function isGroup(value: unknown): value is Group {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
