/**
 * What a client whose connection the gateway has given up meets where it seeks another way for it: `not_found`. The gateway that a test has
 * knows nothing of a loss, and gives a connection up only when another takes its place.
 * @returns what restores `fetch`
 */
export function refuseRestarts(): () => void {
  const { fetch } = globalThis;
  globalThis.fetch = (target, init) => {
    const url = target instanceof Request ? target.url : String(target);
    if (!/\/v1\/realtime\/calls\/[^/]+$/.test(url)) return fetch(target, init);
    const error = { code: 'not_found', message: 'The call has no peer connection.' };
    return Promise.resolve(new Response(JSON.stringify({ error }), { status: 404 }));
  };
  return () => void (globalThis.fetch = fetch);
}
