import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A container's log file: one for each start. */
export function containerLogFile(podFolder: string, container: string, attempt: number): string {
  return join(podFolder, `${container}.${attempt}.log`);
}

/** All that a pod's containers printed, in order of their names and starts. */
export function readPodLogs(podFolder: string): string {
  const files = listLogs(podFolder);
  return files
    .map(({ container, attempt }) => readFileSync(containerLogFile(podFolder, container, attempt), 'utf8'))
    .join('');
}

/** What a container printed since its latest start, or between the one before and that; undefined when it never started. */
export function readContainerLog(podFolder: string, container: string, previous: boolean): string | undefined {
  const attempts = listLogs(podFolder).filter((log) => log.container === container);
  const wanted = attempts.at(previous ? -2 : -1);
  return wanted && readFileSync(containerLogFile(podFolder, container, wanted.attempt), 'utf8');
}

function listLogs(podFolder: string): { container: string; attempt: number }[] {
  if (!existsSync(podFolder)) return [];
  return readdirSync(podFolder)
    .map((file) => ({ container: file.split('.')[0] ?? '', attempt: Number(file.split('.')[1]) }))
    .sort((a, b) => a.container.localeCompare(b.container) || a.attempt - b.attempt);
}
