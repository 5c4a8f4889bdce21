import { listOf, objectOf, type Json, type KubeObject } from '../object.ts';
import { add, amountsOf, combine, larger, type Amounts } from '../quantity.ts';

const resourcesOf = (container: Json, which: 'requests' | 'limits'): Amounts =>
  amountsOf(objectOf(objectOf(objectOf(container)['resources'])[which]));

/**
 * What a pod asks for (or is limited to) as a whole: its containers together, or its largest init container if that
 * is more, sidecars added, overhead on top (k8s.io/component-helpers/resource.PodRequests).
 */
export const podResources = (pod: KubeObject, which: 'requests' | 'limits'): Amounts => {
  const spec = objectOf(pod['spec']);
  let running = listOf(spec['containers']).reduce<Amounts>(
    (sum, one) => combine(sum, resourcesOf(one, which), add),
    {},
  );
  let [sidecars, largestInit]: [Amounts, Amounts] = [{}, {}];
  for (const init of listOf(spec['initContainers'])) {
    const own = resourcesOf(init, which);
    if (objectOf(init)['restartPolicy'] === 'Always') {
      running = combine(running, own, add);
      sidecars = combine(sidecars, own, add);
      largestInit = combine(largestInit, sidecars, larger);
    } else {
      largestInit = combine(largestInit, combine(own, sidecars, add), larger);
    }
  }
  return combine(combine(running, largestInit, larger), amountsOf(objectOf(spec['overhead'])), add);
};
