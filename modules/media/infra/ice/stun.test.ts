import fc from 'fast-check';

import {
  ATTRIBUTE,
  isAuthentic,
  mappedAddress,
  parseStun,
  requestedName,
  transactionOf,
  writeStun,
  xorAddress,
} from './stun.js';

const ID = 'b7e7a701bc34d686fa87dfae';

/** RFC 5769, 2.2 and 2.3: the answers of the test vectors. */
const RFC5769_IPV4 = Buffer.from(
  '0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643' +
    '000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96',
  'hex',
);
const RFC5769_IPV6 = Buffer.from(
  '010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179' +
    'bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c',
  'hex',
);
const PASSWORD = 'VOkJxbRl1RmTxUk/WvJxBt';

test('reads the test vectors of RFC 5769', () => {
  const four = parseStun(RFC5769_IPV4)!;
  expect([four.kind, four.id, isAuthentic(four, PASSWORD), isAuthentic(four, 'other')]).toEqual([
    'success',
    ID,
    true,
    false,
  ]);
  expect(mappedAddress(four)).toEqual({ host: '192.0.2.1', port: 32_853 });
  const six = parseStun(RFC5769_IPV6)!;
  expect(isAuthentic(six, PASSWORD)).toBe(true);
  expect(mappedAddress(six)).toEqual({ host: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 });
});

test.each(['192.0.2.1', '2001:db8:0:0:0:0:0:7'])('reads what it wrote, for %s', (host) => {
  const attributes = [[ATTRIBUTE.xorMappedAddress, xorAddress({ host, port: 40_000 }, ID)]] as const;
  const message = parseStun(writeStun({ kind: 'success', id: ID, attributes, password: 'p' }))!;
  expect(mappedAddress(message)).toEqual({ host, port: 40_000 });
  expect(isAuthentic(message, 'p')).toBe(true);
});

test('a changed byte is noticed, wherever it is before the fingerprint', () => {
  const written = writeStun({
    kind: 'request',
    id: ID,
    attributes: [[ATTRIBUTE.username, Buffer.from('ab:c')]],
    password: 'p',
  });
  for (let at = 0; at < written.length - 8; at += 1) {
    const changed = Buffer.from(written);
    changed[at] = (changed[at] ?? 0) ^ 1;
    const message = parseStun(changed);
    expect(message !== null && isAuthentic(message, 'p')).toBe(false);
  }
});

test('what follows the signature does not count', () => {
  const signed = writeStun({ kind: 'request', id: ID, attributes: [], password: 'p' }).subarray(0, 44);
  const longer = Buffer.concat([signed, Buffer.from([0, 0x25, 0, 0])]);
  longer.writeUInt16BE(longer.length - 20, 2);
  const message = parseStun(longer)!;
  expect([isAuthentic(message, 'p'), message.attributes.has(ATTRIBUTE.useCandidate)]).toEqual([true, false]);
});

test('junk is null or a message, never an exception', () => {
  const head = writeStun({ kind: 'request', id: ID, attributes: [] });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      parseStun(Buffer.from(bytes));
      const behind = Buffer.concat([head, bytes]);
      behind.writeUInt16BE(bytes.length, 2);
      const message = parseStun(behind);
      if (message) {
        mappedAddress(message);
        isAuthentic(message, 'p');
      }
    }),
  );
});

describe('whose a message is, before it is read', () => {
  const request = (user: string | null) =>
    writeStun({
      kind: 'request',
      id: ID,
      attributes: [
        [ATTRIBUTE.priority, Buffer.alloc(4)],
        ...(user === null ? [] : [[ATTRIBUTE.username, Buffer.from(user)] as const]),
      ],
      password: PASSWORD,
    });

  test('a request names the part of its user name that is ours', () => {
    expect(['ours:theirs', 'ours', ':theirs', ''].map((user) => requestedName(request(user)))).toEqual([
      'ours',
      'ours',
      '',
      '',
    ]);
    expect([requestedName(request(null)), transactionOf(request('a:b'))]).toEqual(['', null]);
  });

  test('an answer is of its transaction; an indication is of none', () => {
    for (const kind of ['success', 'error'] as const) {
      const answer = writeStun({ kind, id: ID, attributes: [] });
      expect([requestedName(answer), transactionOf(answer)]).toEqual([null, ID]);
    }
    const indication = writeStun({ kind: 'indication', id: ID, attributes: [] });
    expect([requestedName(indication), transactionOf(indication)]).toEqual([null, null]);
  });

  test('whatever its lengths claim, it is read to its end and no further', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (rest) => {
        const bytes = Buffer.concat([request(null).subarray(0, 20), rest]);
        expect(typeof requestedName(bytes)).toBe('string');
      }),
    );
  });
});
