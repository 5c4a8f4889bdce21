import { ContainerRefused } from './container-refused.ts';
import type { Image } from './image.ts';
import type { Container, Pod, SecurityContext } from './objects.ts';

/** Docker's default set: what root in a container may still do. */
const defaultCapabilities =
  'chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod,audit_write,setfcap';

/** Who a container's processes are. */
export type User = { uid: number; gid: number; groups: number[] };

/** Container before pod before image, as Kubernetes has it; root is refused where the pod forbids it. */
export function chooseUser(pod: Pod, container: Container, image: Image): User {
  const ofPod = pod.spec.securityContext ?? {};
  const ofContainer = container.securityContext ?? {};
  const uid = ofContainer.runAsUser ?? ofPod.runAsUser ?? image.user ?? 0;
  const gid = ofContainer.runAsGroup ?? ofPod.runAsGroup ?? 0;
  if (uid === 0 && (ofContainer.runAsNonRoot ?? ofPod.runAsNonRoot))
    throw new ContainerRefused('CreateContainerConfigError', 'container has runAsNonRoot and image will run as root');
  const groups = [...(ofPod.fsGroup === undefined ? [] : [ofPod.fsGroup]), ...(ofPod.supplementalGroups ?? [])];
  return { uid, gid, groups };
}

/** `setpriv` options that make a process of root one of this user, with what its securityContext leaves it. */
export function privileges(
  { uid, gid, groups }: User,
  { privileged, capabilities, allowPrivilegeEscalation }: SecurityContext = {},
) {
  const dropped = capabilities?.drop?.includes('ALL') ? '-all' : `-all,${addEach(defaultCapabilities)}`;
  return [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups',
    ...(privileged ? [] : [`--bounding-set=${dropped}`, '--inh-caps=-all']),
    ...(allowPrivilegeEscalation === false ? ['--no-new-privs'] : []),
  ];
}

function addEach(capabilities: string): string {
  return capabilities.replace(/\w+/g, '+$&');
}
