import { expect, it, vi } from 'vitest';
import { RequestQuota } from '../../../src/thread/request-quota.js';

it('says once that the threads of a worker have been handed all it takes', () => {
  let requests = 0;
  const requestsOf = vi.fn(() => requests);
  const onReached = vi.fn();
  const quota = new RequestQuota({ limit: 3, first: 8, count: 4, scores: { requestsOf }, onReached });
  for (requests = 1; requests < 6; requests += 1) {
    quota.look();
    expect(onReached).toHaveBeenCalledTimes(requests < 3 ? 0 : 1);
  }
  expect(requestsOf).toHaveBeenCalledWith(8, 4);
});
