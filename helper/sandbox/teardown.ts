// Takes away what a sandbox left on the host, made whole or in part. Each part that is gone is no error.
import { rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { remove, removeAtOnce } from '../cgroup/group.ts';
import { kill } from '../cgroup/kill.ts';
import type { Place } from '../cgroup/layout.ts';
import { removeRoot } from '../image/unpack.ts';
import { removeLink } from '../network/remove-link.ts';
import { unpin } from './pins.ts';
import type { Traces } from './records.ts';

const END_MS = 10_000;

/**
 * Ends it and takes all of it away, each part while the others go.
 * @param places its control groups, whether they are there or not
 * @param init ends its init, where there is one; what is not in its pid namespace ends by its control groups
 * @throws Refusal or SysError for what withstands; the record stays then, and the next attempt goes on
 */
export async function takeAway(
  { network, unpacked, pins }: Traces,
  places: readonly Place[],
  init: () => Promise<void> = async () => undefined,
): Promise<void> {
  const link = network && removeLink(network.hostLink);
  link?.catch(() => undefined); // it is waited for below, but maybe not at once
  await init();
  if (pins !== undefined) unpin(pins);
  if (places.length > 0) {
    const busy = places.filter(each => !removeAtOnce(each));
    if (busy.length > 0) {
      await kill(busy, END_MS);
      await remove(busy, END_MS);
    }
  }
  if (unpacked !== undefined) {
    await removeRoot(unpacked);
    for (const store of [dirname(unpacked), dirname(dirname(unpacked))]) removeIfEmpty(store);
  }
  await link;
}

/** The last one leaves nothing of the store behind. */
function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // another sandbox has its files there
  }
}
