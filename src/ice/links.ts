import type { IceServer } from '@vis-a-vis/protocol';

/** `Link`s of ICE servers (RFC 9725, 4.6): one for each URL. */
export function iceServerLinks(servers: readonly IceServer[]): string[] {
  return servers.flatMap(({ urls, username, credential }) =>
    urls.map((url) =>
      [
        `<${url}>; rel="ice-server"`,
        ...(username === undefined ? [] : [`username=${quoted(username)}`]),
        ...(credential === undefined
          ? []
          : [`credential=${quoted(credential)}`, 'credential-type="password"']),
      ].join('; '),
    ),
  );
}

/** RFC 9110, 5.6.4. */
function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
