// Runs inside the sandbox, in the worker: ends a test that takes too long by what it does itself, processor time and rest together.
// A wall clock would count what other programs do with the processor; vitest's own limit is one, and so only the far end.
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { VitestTestRunner } from 'vitest/runners';
import { getFn } from 'vitest/suite';

const MOST_SECONDS = 15;
const LOOK_MILLISECONDS = 500;
const used = process.cpuUsage.bind(process);
const loop = performance.eventLoopUtilization.bind(performance);

function ownMilliseconds() {
  const { user, system } = used();
  return (user + system) / 1000 + loop().idle;
}

export default class GoldloopRunner extends VitestTestRunner {
  async runTask(test) {
    const begun = ownMilliseconds();
    let look;
    const late = new Promise((_, reject) => {
      look = setInterval(() => {
        if (ownMilliseconds() - begun > MOST_SECONDS * 1000) reject(new Error(`Test timed out: it took ${MOST_SECONDS} s of its own time`));
      }, LOOK_MILLISECONDS);
    });
    try {
      await Promise.race([getFn(test)(), late]);
    } finally {
      clearInterval(look);
    }
  }
}
