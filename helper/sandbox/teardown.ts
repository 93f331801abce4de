// Takes away what a sandbox left on the host, made whole or in part. Each part that is gone is no error.
import { findPlaces, remove } from '../cgroup/group.ts';
import type { Hierarchy } from '../cgroup/hierarchies.ts';
import { kill } from '../cgroup/kill.ts';
import { removeRoot } from '../image/unpack.ts';
import { removeLink } from './network.ts';
import { unpin } from './pins.ts';
import type { Traces } from './records.ts';

const END_MS = 10_000;

/**
 * Its init has ended; what was not in its pid namespace ends here.
 * @throws Refusal or SysError for what withstands; the record stays then, and the next attempt goes on
 */
export async function takeAway({ id, network, cgroups, unpacked, pins }: Traces, hierarchies: readonly Hierarchy[]): Promise<void> {
  // While the network namespace goes, which the kernel takes its time for, the link is still there.
  if (network) removeLink(network.hostLink);
  if (pins !== undefined) unpin(pins);
  if (cgroups) {
    const places = findPlaces(id, hierarchies);
    await kill(places, END_MS);
    await remove(places, END_MS);
  }
  if (unpacked !== undefined) await removeRoot(unpacked);
}
