import { createHmac } from 'node:crypto';
import type { IceServer, IceServers } from '@vis-a-vis/protocol';

/** What the gateway tells clients for their ICE. It asks none of these servers itself. */
export interface IceSettings {
  readonly servers: readonly IceServer[];
  /** Shared with the TURN servers, for credentials that end; null: there is none. */
  readonly turnSecret: string | null;
  /** How long such credentials open something new (s). */
  readonly turnTtlS: number;
}

const TURN = /^turns?:/;

/** Servers for the ICE of clients: those of the settings, with credentials of a client's own where a secret is shared. */
export class ClientIce {
  /** There are no servers. */
  static readonly none = new ClientIce({ servers: [], turnSecret: null, turnTtlS: 0 });

  constructor(
    private readonly settings: IceSettings,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /**
   * For a client that may open calls.
   * @param tenant whose it is, so that a TURN server can tell its users apart
   */
  for(tenant: string | null): IceServers {
    const { servers, turnSecret, turnTtlS } = this.settings;
    const expiresAtS = Math.floor(this.nowMs() / 1000) + turnTtlS;
    let ends = false;
    const told = servers.map((server) => {
      if (turnSecret === null || !needsCredentials(server)) return server;
      ends = true;
      return { ...server, ...turnCredentials(turnSecret, expiresAtS, tenant) };
    });
    return { ice_servers: told, ice_servers_expire_at: ends ? expiresAtS : null };
  }

  /** The same, or nothing where there are no servers: for messages in which they are only a part. */
  partFor(tenant: string | null): { readonly visavis?: IceServers } {
    return this.settings.servers.length > 0 ? { visavis: this.for(tenant) } : {};
  }

  /** For whoever asks: no credentials, and no server that needs some. */
  get public(): readonly IceServer[] {
    return this.settings.servers.filter(({ urls }) => !urls.some((url) => TURN.test(url)));
  }
}

/** A TURN server without a user name of its own. */
export function needsCredentials({ urls, username }: IceServer): boolean {
  return username === undefined && urls.some((url) => TURN.test(url));
}

/**
 * Credentials as the TURN REST convention has them (draft-uberti-behave-turn-rest-00; coturn's `use-auth-secret`): the user name says until
 * when, the password proves that whoever knows the secret wrote it.
 */
export function turnCredentials(
  secret: string,
  expiresAtS: number,
  tenant: string | null,
): { readonly username: string; readonly credential: string } {
  const user = (tenant ?? 'anonymous').replaceAll(/[^\w.-]/g, '_').slice(0, 64);
  const username = `${expiresAtS}:${user}`;
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') };
}
