import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { demandOf, quantumOf } from '../../lib/quota/job-demand.ts';
import { amount } from './claims.ts';

const aJob = (taskManagers: number, taskManager = amount(1, 2)) => ({
  jobManagers: amount(1, 1),
  taskManager,
  taskManagers,
});

describe('demandOf', () => {
  it('adds JobManagers and TaskManagers of all jobs', () => {
    assert.deepEqual(demandOf([aJob(3), aJob(2, amount(2, 8))]), amount(9, 24));
  });
  it('is nothing without jobs', () => assert.deepEqual(demandOf([]), amount(0)));
});

describe('quantumOf', () => {
  it('is the TaskManager where all are alike', () => assert.deepEqual(quantumOf([aJob(3), aJob(2)]), amount(1, 2)));
  it('is nothing where nobody asks for a TaskManager', () => assert.deepEqual(quantumOf([aJob(0)]), amount(0)));
  it('does not look at jobs that ask for none', () => {
    assert.deepEqual(quantumOf([aJob(0, amount(9, 9)), aJob(1)]), amount(1, 2));
  });
  it('has the shape of all TaskManagers together, and the size of the smallest', () => {
    // 2 × (1, 4) and 2 × (4, 4): ten cores to sixteen GiB, in steps of one core.
    assert.deepEqual(quantumOf([aJob(2, amount(1, 4)), aJob(2, amount(4, 4))]), {
      cpuMillis: 1000,
      memoryBytes: Math.ceil(1.6 * 1024 ** 3),
    });
  });
});
