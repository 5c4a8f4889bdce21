import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

import { endOffset, parseLoad, writeLoad } from './load.ts';

/** How long before it begins a step of the load is written. The source reads the file after the clock, so it never runs past a step it has not seen. */
const noticeMillis = 250;

/** Steers a running exactness job through `control.properties` in its volume's folder. Nothing is asked for at first: no load, no cost, no failure. */
export interface JobControl {
  /** Records per second in all partitions together. They come into being whether or not the job runs. */
  setRate(recordsPerSecond: number): void;
  /** Stops the load and says where each partition ends, and from when on a mark proves something about the drained job. */
  drain(partitions: number): { ends: number[]; sinceMillis: number };
  /** The time one record takes in the stateful operator. */
  setCostMicros(costMicros: number): void;
  /** The stateful operator throws: `times` times over all attempts and deployments, or for as long as it is asked for. A token is used up once. */
  fail(token: string, times?: number): void;
  stopFailing(): void;
  /** How often a failure asked for with `times` has been thrown. */
  failures(token: string): number;
}

/** The control of the job whose volume is bound to `folder`. What was asked of it earlier goes on: records that existed do not vanish. */
export function jobControl(folder: string): JobControl {
  const properties = readProperties(`${folder}/control.properties`);
  const steps = parseLoad(properties.get('load') ?? '');

  const write = (): void => {
    const lines = [...properties].map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(`${folder}/control.draft`, lines.join(''));
    renameSync(`${folder}/control.draft`, `${folder}/control.properties`);
  };
  const setRate = (recordsPerSecond: number): void => {
    steps.push({ sinceMillis: Date.now() + noticeMillis, recordsPerSecond });
    properties.set('load', writeLoad(steps));
    write();
  };

  return {
    setRate,
    drain(partitions) {
      setRate(0);
      const sinceMillis = steps.at(-1)?.sinceMillis ?? 0;
      const ends = Array.from({ length: partitions }, (_, partition) =>
        endOffset(steps, partition, partitions, sinceMillis),
      );
      return { ends, sinceMillis };
    },
    setCostMicros(costMicros) {
      properties.set('costMicros', String(costMicros));
      write();
    },
    fail(token, times) {
      properties.set('failToken', token);
      if (times === undefined) properties.delete('failTimes');
      else properties.set('failTimes', String(times));
      write();
    },
    stopFailing() {
      properties.delete('failToken');
      properties.delete('failTimes');
      write();
    },
    failures(token) {
      try {
        return readdirSync(`${folder}/failures`).filter((marker) => marker.startsWith(`${token}.`)).length;
      } catch {
        return 0;
      }
    },
  };
}

function readProperties(file: string): Map<string, string> {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const pairs = lines.map((line) => /^(\w+)=(.*)$/.exec(line)).filter((match) => match !== null);
  return new Map(pairs.map(([, key = '', value = '']) => [key, value]));
}
