import { z } from 'zod';
import { VisavisError } from '#modules/contracts';
import { reasonOf } from '../folder-files.js';

/** A model on a hub, as `hf:org/name@revision` names it. */
export interface HubId {
  readonly name: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

/** One file of a commit. */
export interface HubFile {
  readonly path: string;
  readonly bytes: number;
  /** What its content must come to: large files by their sha256, others as git counts them (sha1 of a blob). */
  readonly hash: { readonly kind: 'sha256' | 'git'; readonly hex: string };
}

export interface HubListing {
  /** 40 hex digits. */
  readonly commit: string;
  readonly files: readonly HubFile[];
}

export interface HubAccess {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** Bearer token. Never logged. */
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const PREFIX = 'hf:';
const ID = /^([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)(?:@([\w][\w./-]*))?$/;
/** Until a hub has answered, and between two pieces of a file (ms). */
export const SILENCE_MS = 30_000;

const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const listingSchema = z.object({
  sha: hex(40),
  siblings: z.array(
    z.object({
      rfilename: z.string().min(1),
      size: z.number().int().nonnegative(),
      blobId: hex(40),
      lfs: z.object({ sha256: hex(64), size: z.number().int().nonnegative() }).nullish(),
    }),
  ),
});

/**
 * @returns null where this names a folder
 * @throws `bad_config` where it names a hub's model in a way that cannot be
 */
export function parseHubId(text: string): HubId | null {
  if (!text.startsWith(PREFIX)) return null;
  const [, name, revision = 'main'] = ID.exec(text.slice(PREFIX.length)) ?? [];
  if (name !== undefined && !`${name}/${revision}`.includes('..')) return { name, revision };
  throw new VisavisError('bad_config', `${text}: must be hf:org/name or hf:org/name@revision`);
}

/** What a revision is at the moment, and what its files must be. @throws `bad_model` */
export async function listFiles(id: HubId, access: HubAccess): Promise<HubListing> {
  const revision = encodeURIComponent(id.revision);
  const url = `${access.endpoint}/api/models/${id.name}/revision/${revision}?blobs=true`;
  const response = await ask(url, access, {}).catch((cause: unknown) => {
    throw new HubError(id, reasonOf(cause), true);
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new HubError(id, refusal(response.status), response.status >= 500);
  }
  const parsed = listingSchema.safeParse(await response.json().catch(() => null));
  if (!parsed.success) throw new HubError(id, 'what the hub lists is not as its API has it');
  const { sha, siblings } = parsed.data;
  const files = siblings.map(({ rfilename, size, blobId, lfs }): HubFile => {
    if (!isInside(rfilename)) throw new HubError(id, `${JSON.stringify(rfilename)} is no path of a file`);
    return lfs
      ? { path: rfilename, bytes: lfs.size, hash: { kind: 'sha256', hex: lfs.sha256 } }
      : { path: rfilename, bytes: size, hash: { kind: 'git', hex: blobId } };
  });
  return { commit: sha, files };
}

/** A request that follows redirects, and gives up on a hub that says nothing. The token goes to the hub alone, not where it leads to. */
export function ask(url: string, access: HubAccess, headers: Record<string, string>): Promise<Response> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error('the hub does not answer')), SILENCE_MS);
  const signals = [silence.signal, ...(access.signal ? [access.signal] : [])];
  const authorization = access.token === undefined ? {} : { authorization: `Bearer ${access.token}` };
  return fetch(url, {
    headers: { ...headers, ...authorization },
    signal: AbortSignal.any(signals),
  }).finally(() => clearTimeout(timer));
}

/** What went wrong with a hub. */
export class HubError extends VisavisError {
  /** It may pass by itself: what was fetched before serves meanwhile. */
  readonly mayPass: boolean;

  constructor({ name, revision }: HubId, why: string, mayPass = false) {
    super('bad_model', `hf:${name}@${revision}: ${why}`);
    this.mayPass = mayPass;
  }
}

function refusal(status: number): string {
  if (status === 401 || status === 403) return `the hub refuses it (${status}): is a token needed?`;
  if (status === 404) return 'the hub has no such model or revision';
  return `the hub answered ${status}`;
}

/** A path that stays inside of the folder it is put in. */
function isInside(path: string): boolean {
  return (
    !/^[/\\]|[\\\0]|^[A-Za-z]:/.test(path) && !path.split('/').some((part) => part === '..' || part === '')
  );
}
