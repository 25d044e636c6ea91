import { describeEngineLoss } from '../e2e/support/engine-loss.js';

describe('a gateway whose engine workers are lost', () => {
  describeEngineLoss({ turns: 50, kills: 8 });
});
