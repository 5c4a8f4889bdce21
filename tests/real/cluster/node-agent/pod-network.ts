import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { bridge } from '../network.ts';

const run = promisify(execFile);

/** A pod's network namespace, kept alive by one sleeping process. */
export type PodNetwork = { pid: number; close(): void };

/** A namespace with one interface at this address, wired to the bridge. It is gone, wire included, when its process ends. */
export async function createPodNetwork(address: string): Promise<PodNetwork> {
  const pause = ['--net', 'sh', '-c', 'ip link set lo up && echo up && exec sleep infinity'];
  const keeper = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...pause], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(keeper.stdout, 'data');
  const pid = String(keeper.pid);
  const outer = `pod-${address.split('.').slice(2).join('-')}`;
  await run('ip', ['link', 'add', outer, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pid]);
  await run('ip', ['link', 'set', outer, 'master', bridge.name, 'up']);
  const inner = `ip address add ${address}/${bridge.prefixLength} dev eth0
    && ip link set eth0 up && ip route add default via ${bridge.address}`.replaceAll('\n', ' ');
  await run('nsenter', [`--net=/proc/${pid}/ns/net`, 'sh', '-c', inner]);
  return { pid: Number(pid), close: () => void keeper.kill('SIGKILL') };
}
