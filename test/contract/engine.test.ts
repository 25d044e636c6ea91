import { Logger } from '@nestjs/common';
import { DecoderService, RemoteEngine } from '#modules/decoder';
import { FakeChatServer } from '../../modules/decoder/testing/remote/fake-chat-server.js';
import { FakeEngine } from '../../modules/decoder/testing/index.js';
import { engineContract, type Subject } from '../support/engine-contract.js';
import { TEST_MODEL } from '../support/model-folder.js';

// What every engine does, whatever it runs on: the fake for other modules' tests, the real one in its worker, and the one that
// others run, before a fake of their server.

Logger.overrideLogger(false);

const engines: [string, () => Promise<Subject>][] = [
  [
    'FakeEngine',
    async () => ({
      engine: new FakeEngine(() => ['One', ' two', ' three', '.'], { maxSessions: 3, turnEnd: true }),
      exact: true,
    }),
  ],
  [
    'DecoderService',
    async () => ({ engine: new DecoderService({ modelFolder: TEST_MODEL, maxSessions: 3 }), exact: true }),
  ],
  [
    'RemoteEngine',
    async () => {
      const server = await FakeChatServer.start({ tools: false });
      const engine = new RemoteEngine({ urls: [server.url], maxSessions: 3 });
      return { engine, exact: false, stop: () => server.kill() };
    },
  ],
];

for (const [name, create] of engines) engineContract(name, create);
