import { describeEngineLoss } from './support/engine-loss.js';

/** `test/long` has the same with more losses. */
describe('a gateway whose engine workers are lost', () => {
  describeEngineLoss({ turns: 16, kills: 3 });
});
